/**
 * From an address to a client: opens the transport and joins the realm, within a time.
 * Owns the options of a client and the attempt's end; the handshake's messages are in handshake.ts.
 */
import { openRawSocket } from '#raw-socket';
import { openWebSocket } from '#web-socket';
import { abortable } from './abortable.js';
import { Client } from './client.js';
import { ClientSession, type ClientTransport } from './client-session.js';
import { Connection, type Dial } from './connection.js';
import { Handshake, type Authenticator, type SessionToken } from './handshake.js';
import { CLOSE_TIMEOUT_MS, HANDSHAKE_TIMEOUT_MS, MAX_FRAME_BYTES } from './limits.js';
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
export async function connect(target: ConnectTarget, options: ConnectOptions): Promise<Client> {
  const realm = realmFrom(options);
  const plan = reconnectFrom(options.reconnect);
  if (plan !== undefined && isTransport(target)) {
    throw new UsageError(
      'a transport can be used once; to reconnect, the target has to be an address or a function',
    );
  }
  const report = reporter(options.onError);
  const ignore = guarded(options.onIgnored);
  const { closeTimeoutMs = CLOSE_TIMEOUT_MS, passthru: layer = NO_PASSTHRU } = options;
  const dial: Dial = async (roles, signal, replaces) => {
    const attempt = new Attempt(signal, options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS);
    try {
      const transport = await attempt.within(openTransport(target, options, attempt.signal), (late) => {
        late.terminate('nobody waits for this connection any more');
      });
      const session = new ClientSession(transport, { closeTimeoutMs, report, ignore }, roles);
      const joined = session.join(new Handshake(realm, listOf(options.auth), replaces));
      attempt.whenOver((reason) => session.abandon(reason));
      await joined;
      return session;
    } finally {
      attempt.over();
    }
  };
  const connection = new Connection({ dial, plan, layer, report, ignore });
  const client = new Client(connection, realm);
  await connection.open(client.roles(), signalFrom(options.signal), options.replaces);
  return client;
}

/** The bounds of one attempt: its time and the application's signal, as one signal whose reason is the error to throw. */
class Attempt {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(outer: AbortSignal | undefined, timeoutMs: number) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#controller.abort(new TimeoutError([`no session within ${timeoutMs} ms`]));
    }, timeoutMs);
    if (outer?.aborted === true) this.#onAbort();
    outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  within<T>(promise: Promise<T>, late: (value: T) => void): Promise<T> {
    return abortable(promise, this.signal, (signal) => signal.reason, late);
  }

  /** Calls back once if time or signal end the attempt, at once if they have. */
  whenOver(listener: (reason: WampError) => void): void {
    const onAbort = (): void => listener(this.signal.reason as WampError);
    if (this.signal.aborted) onAbort();
    else this.signal.addEventListener('abort', onAbort, { once: true });
  }

  over(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    if (this.#outer !== undefined) this.#controller.abort(canceledBy(this.#outer));
  };
}

async function openTransport(
  target: ConnectTarget,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<ClientTransport> {
  if (isTransport(target)) return target;
  if (signal.aborted) throw signal.reason as WampError;
  try {
    if (typeof target === 'function') return await target(signal);
    const serializers = options.serializers ?? [json()];
    if (serializers.length === 0) throw new UsageError('at least one serializer has to be offered');
    const maxFrameBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    const address = addressOf(target);
    const open = /^ws/i.test(address) ? openWebSocket : openRawSocket;
    return await open(address, { serializers, signal, maxFrameBytes });
  } catch (cause) {
    if (cause instanceof WampError) throw cause;
    const where = typeof target === 'function' ? 'the router' : String(target);
    throw new ConnectionError(`${where} cannot be reached: ${messageOf(cause)}`, { cause });
  }
}

function realmFrom(options: unknown): string {
  const realm =
    typeof options === 'object' && options !== null && 'realm' in options ? options.realm : undefined;
  if (typeof realm === 'string') return realm;
  throw new UsageError("options.realm is missing: connect(target, { realm: 'realm1' })");
}

function isTransport(target: unknown): target is ClientTransport {
  return (
    typeof target === 'object' && target !== null && 'open' in target && typeof target.open === 'function'
  );
}

function addressOf(target: unknown): string {
  if (typeof target === 'string' || target instanceof URL) {
    const address = String(target);
    if (/^(wss?:\/\/|rss?:\/\/|unix:)/i.test(address)) return address;
  }
  throw new UsageError(
    `a target is a ws:// or wss:// address, a transport or a function, not ${shown(target)}`,
  );
}

/** For options that take one thing or several. */
function listOf<T extends object>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as readonly T[]) : [given as T];
}

/** What reports errors must not throw into the session's work either. */
function reporter(onError: ConnectOptions['onError']): (error: unknown, origin: ErrorOrigin) => void {
  if (onError === undefined) return reportByDefault;
  return (error, origin) => {
    try {
      onError(error, origin);
    } catch (second) {
      reportByDefault(second, origin);
    }
  };
}

function guarded(onIgnored: ConnectOptions['onIgnored']): (sentence: string) => void {
  return (sentence) => {
    try {
      onIgnored?.(sentence);
    } catch (error) {
      reportByDefault(error, { where: 'event', uri: 'onIgnored' });
    }
  };
}

function reportByDefault(error: unknown, origin: ErrorOrigin): void {
  if (origin.where === 'invocation') return;
  try {
    if (typeof reportError === 'function') reportError(error);
    else console.error(`@wamp/client: ${failureAt(origin)}`, error);
  } catch {
    // what throws when it is printed has nothing to say
  }
}

function failureAt({ where, uri }: ErrorOrigin): string {
  if (where === 'registration' || where === 'subscription') return `the ${where} of ${uri} did not come back`;
  return `the ${where} handler of ${uri} threw`;
}
