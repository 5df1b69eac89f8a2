/**
 * The sessions of one client, one after the other: which one is current, whether another follows, and when.
 * Owns the loop, its delays and the client's end; opens no transports itself and knows nothing of what roles restore.
 */
import { CloseUri, ErrorUri } from '@wamp/protocol';
import type { ClientSession, SessionEnd, SessionRoles, SessionStatus } from './client-session.js';
import { tokenOf, type SessionToken } from './handshake.js';
import { MAX_TIMER_MS } from './limits.js';
import type { SessionSource } from './request.js';
import {
  CanceledError,
  ConnectionError,
  messageOf,
  TimeoutError,
  UsageError,
  WampError,
} from './wamp-error.js';
import { optionsFrom, shown, signalFrom } from './wire-options.js';

/** How a client comes back that has lost its session. */
export interface ReconnectOptions {
  /** Most that the first attempt waits, in milliseconds; doubled with each further one. Default 200. */
  readonly minDelayMs?: number;
  /** Most that any attempt waits, in milliseconds. Default 30000. */
  readonly maxDelayMs?: number;
  /**
   * Attempts after which the client gives up. A session that lasts longer than the next delay might have been starts the
   * count anew. Default: no end.
   */
  readonly maxAttempts?: number;
}

/** `open` from `connect` on, `reconnecting` between two sessions, `closing` after close(), `closed` at the end. */
export type ClientStatus = Exclude<SessionStatus, 'joining'> | 'reconnecting';

/** What a session calls, and what is told when another has taken its place. */
export interface LastingRoles extends SessionRoles {
  /** A new session is open: what is still wanted of the former ones is to be asked for again. Must not throw. */
  sessionRestored(): void;
}

/** Opens a transport and joins. @throws what `connect` does */
export type Dial = (
  roles: SessionRoles,
  signal: AbortSignal | undefined,
  replaces: SessionToken | undefined,
) => Promise<ClientSession>;

/** With what reason there is no use in another attempt, because the next one would be refused like this one. */
const HOPELESS: ReadonlySet<string> = new Set<string>([
  ErrorUri.ProtocolViolation,
  ErrorUri.NoSuchRealm,
  ErrorUri.NotAuthorized,
  ErrorUri.AuthenticationDenied,
  ErrorUri.AuthenticationFailed,
  ErrorUri.AuthenticationRequired,
]);

/** @throws UsageError for what is no such option */
export function reconnectFrom(given: unknown): Required<ReconnectOptions> | undefined {
  if (given === undefined || given === null || given === false) return undefined;
  if (given !== true && typeof given !== 'object') {
    throw new UsageError(`reconnect has to be true, false or an object, not ${shown(given)}`);
  }
  const options: ReconnectOptions = given === true ? {} : given;
  const minDelayMs = atLeast(1, 'minDelayMs', options.minDelayMs ?? 200);
  const maxDelayMs = atLeast(minDelayMs, 'maxDelayMs', options.maxDelayMs ?? Math.max(30_000, minDelayMs));
  const maxAttempts = atLeast(1, 'maxAttempts', options.maxAttempts ?? Infinity);
  return { minDelayMs, maxDelayMs, maxAttempts };
}

function atLeast(least: number, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= least) return value;
  throw new UsageError(`reconnect.${name} has to be a number from ${least} on, not ${shown(value)}`);
}

/** Longest delay before an attempt, in milliseconds; `attempt` counts from 0. */
export function longestDelay(plan: Required<ReconnectOptions>, attempt: number): number {
  return Math.min(plan.minDelayMs * 2 ** attempt, plan.maxDelayMs, MAX_TIMER_MS);
}

export class Connection implements SessionSource {
  readonly #dial: Dial;
  readonly #plan: Required<ReconnectOptions> | undefined;
  /** aborted by close() */
  readonly #left = new AbortController();
  #session!: ClientSession;
  #closed!: Promise<SessionEnd>;
  #isOver = false;
  #attempts = 0;

  /** @param plan undefined: the client ends with its first session */
  constructor(dial: Dial, plan: Required<ReconnectOptions> | undefined) {
    this.#dial = dial;
    this.#plan = plan;
  }

  /** The session that is open, or was until a new one is; only after `open`. */
  get current(): ClientSession {
    return this.#session;
  }

  /** Resolves when no session follows any more; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#closed;
  }

  get status(): ClientStatus {
    const { status, end } = this.#session;
    if (status === 'closed' && this.#mayReturn(end)) return 'reconnecting';
    return status === 'joining' ? 'open' : status;
  }

  /** Joins for the first time. @throws what `connect` does */
  async open(
    roles: LastingRoles,
    signal: AbortSignal | undefined,
    replaces: SessionToken | undefined,
  ): Promise<void> {
    this.#session = await this.#dial(roles, signal, replaces);
    this.#closed = this.#plan === undefined ? this.#session.ended : this.#follow(this.#plan, roles);
  }

  /** @throws UsageError for a signal that is none */
  async close(options: { readonly signal?: AbortSignal }): Promise<void> {
    signalFrom(optionsFrom(options).signal);
    this.#left.abort();
    await this.#session.leave(options);
    await this.#closed;
  }

  #mayReturn(end: SessionEnd | undefined): boolean {
    const isLast = this.#plan === undefined || this.#isOver || this.#left.signal.aborted;
    return !isLast && end !== undefined && !HOPELESS.has(end.reason);
  }

  async #follow(plan: Required<ReconnectOptions>, roles: LastingRoles): Promise<SessionEnd> {
    let since = performance.now();
    let end = await this.#session.ended;
    while (this.#mayReturn(end)) {
      if (performance.now() - since > longestDelay(plan, this.#attempts)) this.#attempts = 0;
      const next = await this.#nextSession(plan, roles, end);
      if ('reason' in next) {
        end = next;
        break;
      }
      this.#session = next;
      since = performance.now();
      if (this.#left.signal.aborted) await next.leave({});
      else roles.sessionRestored();
      end = await next.ended;
    }
    this.#isOver = true;
    return end;
  }

  /** Tries until there is a session, or until there is no use in it. */
  async #nextSession(
    plan: Required<ReconnectOptions>,
    roles: LastingRoles,
    lost: SessionEnd,
  ): Promise<ClientSession | SessionEnd> {
    const { signal } = this.#left;
    const { sessionId, details } = this.#session;
    const replaces = tokenOf(sessionId, details);
    let end = lost;
    while (this.#mayReturn(end) && this.#attempts < plan.maxAttempts) {
      await elapsed(Math.random() * longestDelay(plan, this.#attempts), signal);
      if (signal.aborted) break;
      this.#attempts += 1;
      try {
        return await this.#dial(roles, signal, replaces);
      } catch (error) {
        end = endBy(error);
      }
    }
    return signal.aborted ? LEFT : end;
  }
}

/** close() came between two sessions. */
const LEFT: SessionEnd = Object.freeze({
  by: 'client',
  reason: CloseUri.CloseRealm,
  message: 'closed while there was no session',
  wasClean: false,
});

/** An attempt that failed, as the end of the client. */
function endBy(error: unknown): SessionEnd {
  const isAnswer =
    error instanceof WampError &&
    !(error instanceof ConnectionError || error instanceof TimeoutError || error instanceof CanceledError);
  if (!isAnswer) {
    const message = messageOf(error);
    return { by: 'connection', reason: ErrorUri.NetworkFailure, message, wasClean: false };
  }
  const by = error instanceof UsageError || error.uri === ErrorUri.CannotAuthenticate ? 'client' : 'router';
  return { by, reason: error.uri, message: error.message, wasClean: false };
}

/** Never rejects; over at once when the signal is aborted. */
function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
