/**
 * The sessions of one client, one after the other: which one is current, whether another follows, and when.
 * Owns the loop, its delays and the client's end; opens no transports itself and knows nothing of what roles restore.
 */
import type { OutgoingCall } from './caller.js';
import type { ClientSession, SessionEnd, SessionRoles, SessionStatus } from './client-session.js';
import { tokenOf, type SessionToken } from './handshake.js';
import { MAX_TIMER_MS } from './limits.js';
import type { PayloadLayer } from './payload-layer.js';
import { longestDelay, type ReconnectPlan } from './reconnect.js';
import type { ErrorOrigin } from './request.js';
import {
  CANNOT_AUTHENTICATE,
  CLOSE_REALM,
  NETWORK_FAILURE,
  NO_SUCH_REALM,
  NOT_AUTHORIZED,
  PROTOCOL_VIOLATION,
} from './uris.js';
import {
  CanceledError,
  ConnectionError,
  messageOf,
  TimeoutError,
  UsageError,
  WampError,
} from './wamp-error.js';

/** `open` from `connect` on, `reconnecting` between two sessions, `closing` after close(), `closed` at the end. */
export type ClientStatus = Exclude<SessionStatus, 'joining'> | 'reconnecting';

/** What a connection tells the roles: what its sessions do, and that another session has taken the former one's place. */
export interface LastingRoles extends Omit<SessionRoles, 'statusChanged'> {
  /** A new session is open: what is still wanted of the former ones is to be asked for again. Must not throw. */
  sessionRestored(): void;
}

/** Opens a transport and joins. @throws what `connect` does */
export type Dial = (
  roles: SessionRoles,
  signal: AbortSignal | undefined,
  replaces: SessionToken | undefined,
) => Promise<ClientSession>;

export interface ConnectionOptions {
  readonly dial: Dial;
  /** undefined: the client ends with its first session */
  readonly plan: ReconnectPlan | undefined;
  readonly layer: PayloadLayer;
  readonly report: (error: unknown, origin: ErrorOrigin) => void;
  readonly ignore: (sentence: string) => void;
}

/** With what reason there is no use in another attempt, because the next one would be refused like this one. */
function isHopeless(uri: string): boolean {
  return (
    uri === PROTOCOL_VIOLATION ||
    uri === NO_SUCH_REALM ||
    uri === NOT_AUTHORIZED ||
    uri.startsWith('wamp.error.authentication_')
  );
}

export class Connection {
  /** The session that is open, or was until a new one is; only after `open`. */
  session!: ClientSession;
  /** Resolves when no session follows any more; never rejects. */
  closed!: Promise<SessionEnd>;
  readonly layer: PayloadLayer;
  /** Something of the application threw where nobody waits for it. */
  readonly report: ConnectionOptions['report'];
  /** Something of no consequence was ignored. */
  readonly ignore: ConnectionOptions['ignore'];
  /** Performs a call, whatever it is made of. */
  perform!: (call: OutgoingCall) => Promise<unknown>;
  readonly #dial: Dial;
  readonly #plan: ReconnectPlan | undefined;
  /** aborted by close() */
  readonly #left = new AbortController();
  #isOver = false;
  #attempts = 0;

  constructor({ dial, plan, layer, report, ignore }: ConnectionOptions) {
    this.#dial = dial;
    this.#plan = plan;
    this.layer = layer;
    this.report = report;
    this.ignore = ignore;
  }

  get status(): ClientStatus {
    const { status, end } = this.session;
    if (status === 'closed' && this.#mayReturn(end)) return 'reconnecting';
    return status === 'joining' ? 'open' : status;
  }

  /** Joins for the first time. @throws what `connect` does */
  async open(
    roles: LastingRoles,
    signal: AbortSignal | undefined,
    replaces: SessionToken | undefined,
  ): Promise<void> {
    const all: SessionRoles & LastingRoles = { ...roles, statusChanged: () => undefined };
    this.session = await this.#dial(all, signal, replaces);
    this.closed = this.#follow(all);
  }

  async close(signal: AbortSignal | undefined): Promise<void> {
    this.#left.abort();
    await this.session.leave(signal);
    await this.closed;
  }

  #mayReturn(end: SessionEnd | undefined): boolean {
    const isLast = this.#plan === undefined || this.#isOver || this.#left.signal.aborted;
    return !isLast && end !== undefined && !isHopeless(end.reason);
  }

  async #follow(roles: SessionRoles & LastingRoles): Promise<SessionEnd> {
    let since = performance.now();
    let end = await this.session.ended;
    while (this.#mayReturn(end)) {
      if (performance.now() - since > longestDelay(this.#plan!, this.#attempts)) this.#attempts = 0;
      const next = await this.#nextSession(roles, end);
      if ('reason' in next) {
        end = next;
        break;
      }
      this.session = next;
      since = performance.now();
      if (this.#left.signal.aborted) await next.leave();
      else roles.sessionRestored();
      end = await next.ended;
    }
    this.#isOver = true;
    return end;
  }

  /** Tries until there is a session, or until there is no use in it. */
  async #nextSession(roles: SessionRoles, lost: SessionEnd): Promise<ClientSession | SessionEnd> {
    const { signal } = this.#left;
    const { sessionId, details } = this.session;
    let end = lost;
    while (this.#mayReturn(end) && this.#attempts < this.#plan!.maxAttempts) {
      await elapsed(Math.random() * longestDelay(this.#plan!, this.#attempts), signal);
      if (signal.aborted) break;
      this.#attempts += 1;
      try {
        return await this.#dial(roles, signal, tokenOf(sessionId, details));
      } catch (error) {
        end = endBy(error);
      }
    }
    if (!signal.aborted) return end;
    return {
      by: 'client',
      reason: CLOSE_REALM,
      message: 'closed while there was no session',
      wasClean: false,
    };
  }
}

/** An attempt that failed, as the end of the client. */
function endBy(error: unknown): SessionEnd {
  const message = messageOf(error);
  const isAnswer =
    error instanceof WampError &&
    !(error instanceof ConnectionError || error instanceof TimeoutError || error instanceof CanceledError);
  if (!isAnswer) return { by: 'connection', reason: NETWORK_FAILURE, message, wasClean: false };
  const by = error instanceof UsageError || error.uri === CANNOT_AUTHENTICATE ? 'client' : 'router';
  return { by, reason: error.uri, message, wasClean: false };
}

/** Never rejects; over at once when the signal is aborted. */
function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(ms, MAX_TIMER_MS));
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
