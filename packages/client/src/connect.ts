/**
 * From an address to a client: opens the transport and joins the realm, within a time.
 * Owns the options of a client and the attempt's end; the handshake's messages are in handshake.ts.
 */
import { openRawSocket } from '#raw-socket';
import { openWebSocket } from '#web-socket';
import { abortable, listen } from './abortable.js';
import type { Client } from './client.js';
import { ClientSession, type ClientTransport } from './client-session.js';
import { Connection, type Dial } from './connection.js';
import { handshakeFor, type Authenticator, type SessionToken } from './handshake.js';
import { CLOSE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, MAX_FRAME_BYTES } from './limits.js';
import type { Middleware } from './middleware.js';
import { NO_PASSTHRU, type PayloadLayer } from './payload-layer.js';
import { reconnectFrom, type ReconnectOptions } from './reconnect.js';
import type { ErrorOrigin } from './request.js';
import { json } from './serializers/json.js';
import type { Offer } from './transports/open-options.js';
import { canceledBy, ConnectionError, messageOf, TimeoutError, UsageError, WampError } from './wamp-error.js';
import { shown, signalFrom } from './wire-options.js';

/** Opens a transport; the signal is aborted when nobody waits for it any more. */
export type TransportFactory = (signal: AbortSignal) => Promise<ClientTransport>;

/**
 * An address (`ws://`, `wss://`, and on Node for RawSocket `rs://host:port`, `rss://host:port`, `unix:/path`), a transport that is not open
 * yet, or a function that makes one.
 */
export type ConnectTarget = string | URL | ClientTransport | TransportFactory;

/** How a session is reached; of several targets the next one is tried where one fails. */
export type ConnectTargets = ConnectTarget | readonly ConnectTarget[];

export interface ConnectOptions {
  readonly realm: string;
  /** Serializers to offer to the router, the preferred one first. Default `[json()]`. */
  readonly serializers?: readonly Offer[];
  /** Ways to authenticate, the preferred one first. Default: none, which routers take as `anonymous`. */
  readonly auth?: Authenticator | readonly Authenticator[];
  /**
   * `sessionToken` of an earlier client of this application whose link was lost: the router ends that session before this
   * one begins, so that its registrations are free at once. A router that does not know it, or not any more, ignores it.
   */
  readonly replaces?: SessionToken;
  /**
   * Come back when the session ends by anything but close(), with all registrations and subscriptions. The target has to be
   * an address or a function. Only an ABORT that any further attempt would get as well ends the client: a protocol violation,
   * no such realm, not authorized, not authenticated. Default false.
   */
  readonly reconnect?: boolean | ReconnectOptions;
  /** Payload passthru mode; `passthru(…codecs)` and `wampPassthru()` of `@wamp/client/passthru` make one. */
  readonly passthru?: PayloadLayer;
  /** Gives the first attempt up; it has no effect once a session was established. */
  readonly signal?: AbortSignal;
  /** What stands around calls and invocations, the outermost first; see `@wamp/client/middleware`. */
  readonly middleware?: readonly Middleware[];
  /** Longest time until a session is established, in milliseconds, for each attempt. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** Longest time that close() waits for the router, in milliseconds. Default 5000. */
  readonly closeTimeoutMs?: number;
  /** Longest message accepted over WebSocket, in bytes; on Node only, browsers bring their own limit. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /**
   * Told of what application code threw where nobody waits for it: event handlers, progress callbacks, revocation
   * callbacks, and invocation handlers (whose caller gets the error too, if it is no WampError).
   * So is the refusal of a registration or subscription that was to come back after
   * reconnecting. Default: `reportError` where the host has it (browsers), else `console.error`; errors of invocation handlers are
   * left to their caller.
   */
  readonly onError?: (error: unknown, origin: ErrorOrigin) => void;
  /** Told of messages that were ignored, for logs; for example the late answer to a call that was canceled. */
  readonly onIgnored?: (sentence: string) => void;
}

/**
 * Connects to a router and joins a realm.
 * @throws WampError with the reason URI of the router's ABORT; ConnectionError if the router cannot be reached, with the
 * cause; TimeoutError after `handshakeTimeoutMs`; CanceledError if the signal is aborted; UsageError for a target that is none or
 * cannot be used again with `reconnect`, or without a realm
 */
export async function connect(target: ConnectTargets, options: ConnectOptions): Promise<Client> {
  const { realm, onError, onIgnored } = (options as ConnectOptions | null | undefined) ?? {
    realm: undefined,
  };
  if (typeof realm !== 'string') {
    throw new UsageError("options.realm is missing: connect(target, { realm: 'realm1' })");
  }
  const plan = reconnectFrom(options.reconnect);
  const targets = listOf(target);
  if (plan !== undefined && targets.some(isTransport)) {
    throw new UsageError(
      'to reconnect, the target has to be an address or a function: a transport can be used once',
    );
  }
  const connection = new Connection({
    dial: dialer(targets, options, plan?.resume === true),
    realm,
    plan,
    layer: options.passthru ?? NO_PASSTHRU,
    middleware: options.middleware ?? [],
    closeTimeoutMs: options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS,
    report: (error, where, uri) => guarded(() => (onError ?? reportByDefault)(error, { where, uri })),
    ignore: (sentence) => guarded(() => onIgnored?.(sentence)),
  });
  const signal = signalFrom(options.signal);
  for (let left = targets.length; ; left--) {
    try {
      await connection.open(signal, options.replaces);
      return connection;
    } catch (error) {
      // Each of several targets has its chance; what a router answered the next one would answer too.
      if (left <= 1 || !(error instanceof ConnectionError || error instanceof TimeoutError)) throw error;
    }
  }
}

/** Makes the function that opens one session after the other, of one target after the other. */
function dialer(targets: readonly ConnectTarget[], options: ConnectOptions, isResumable: boolean): Dial {
  const { realm, auth = [], handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
  let next = 0;
  return async (host, signal, replaces, former) => {
    const controller = new AbortController();
    const attempt = controller.signal;
    const timer = setTimeout(
      () => controller.abort(new TimeoutError([`no session within ${handshakeTimeoutMs} ms`])),
      handshakeTimeoutMs,
    );
    const unlisten = listen(signal, () => controller.abort(canceledBy(signal!)));
    try {
      const transport = await abortable(
        openTransport(targets[next++ % targets.length], options, attempt),
        attempt,
        ({ reason }) => reason,
        (late) => late.terminate('not wanted any more'),
      );
      const link = isResumable
        ? new (await import('./resume.js')).ResumableLink(transport, () => host.linkLost(session))
        : undefined;
      const session: ClientSession = new ClientSession(link ?? transport, host);
      session.link = link;
      const resumes = link && (former?.received ?? true);
      const handshake = handshakeFor(realm, listOf(auth), replaces, resumes, !!options.reconnect);
      const welcomed = handshake.welcomed.bind(handshake);
      handshake.welcomed = (details) => {
        welcomed(details);
        if (link?.welcomed(details, former)) session.link = former;
      };
      const joined = session.join(handshake);
      listen(attempt, () => session.abandon(attempt.reason));
      await joined;
      return session;
    } finally {
      clearTimeout(timer);
      unlisten();
    }
  };
}

async function openTransport(
  target: ConnectTarget | undefined,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<ClientTransport> {
  if (isTransport(target)) return target;
  if (signal.aborted) throw signal.reason as WampError;
  try {
    if (typeof target === 'function') return await target(signal);
    const { serializers = [json()], maxFrameBytes = MAX_FRAME_BYTES } = options;
    if (serializers.length === 0) throw new UsageError('at least one serializer has to be offered');
    const address = typeof target === 'string' || target instanceof URL ? String(target) : '';
    const open = /^wss?:\/\//i.test(address)
      ? openWebSocket
      : /^(rss?|unix):/i.test(address)
        ? openRawSocket
        : undefined;
    if (open) return await open(address, { serializers, signal, maxFrameBytes });
  } catch (cause) {
    if (cause instanceof WampError) throw cause;
    const where = typeof target === 'function' ? 'the router' : String(target);
    throw new ConnectionError(`${where} cannot be reached: ${messageOf(cause)}`, { cause });
  }
  throw new UsageError(
    `a target is a ws:// or wss:// address, a transport or a function, not ${shown(target)}`,
  );
}

function isTransport(target: unknown): target is ClientTransport {
  return typeof (target as ClientTransport | null | undefined)?.open === 'function';
}

/** For options that take one thing or several. */
function listOf<T>(given: T | readonly T[]): readonly T[] {
  return Array.isArray(given) ? (given as readonly T[]) : [given as T];
}

function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    reportByDefault(error, { where: 'event', uri: 'onError' });
  }
}

function reportByDefault(error: unknown, { where, uri }: ErrorOrigin): void {
  if (where === 'invocation') return;
  try {
    if (typeof reportError === 'function') reportError(error);
    else console.error(`@wamp/client: ${where} of ${uri}`, error);
  } catch {
    // what throws when it is printed has nothing to say
  }
}
