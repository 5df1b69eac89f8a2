/**
 * What stands behind a client: its sessions, one after the other, which one is current, whether another follows, and when.
 * Owns the loop, its delays and the client's end, and hands everything else on to the roles; opens no transports itself.
 */
import { type Dict } from '@wamp/protocol';
import { listen } from './abortable.js';
import {
  Callee,
  register,
  type InvocationHandler,
  type LocalRegistration,
  type RegisterOptions,
  type Registration,
} from './callee.js';
import { signalsOf, timeoutOf, type CallOptions, type Chunks, type OutgoingCall } from './caller.js';
import type { Client, ClientStatus, DrainOptions, StatusFeed } from './client.js';
import type { ClientSession, SessionEnd, SessionHost } from './client-session.js';
import type { Service } from './contract/binding.js';
import type { Api, Handlers, UseOptions } from './contract/contract-types.js';
import type { Contract, Members } from './contract/definition.js';
import { tokenOf, type SessionToken } from './handshake.js';
import type { EventList, InterruptList, InvocationList, RevocationList } from './inbound-message.js';
import { MAX_RESUME_DELAY_MS, MAX_TIMER_MS, MAX_WAITING } from './limits.js';
import { REGISTER, SUBSCRIBE, UNSUBSCRIBED } from './message-codes.js';
import type { Middleware } from './middleware.js';
import type { PayloadLayer } from './payload-layer.js';
import {
  begin,
  perform,
  startStream,
  type ProgressiveCall,
  type StreamOptions,
  type UploadOptions,
} from './progressive-call.js';
import { publish, type PublishOptions } from './publisher.js';
import { longestDelay, type ReconnectPlan } from './reconnect.js';
import type { ResumableLink } from './resume.js';
import { StandingTable } from './standing.js';
import {
  deliver,
  subscribe,
  type EventHandler,
  type EventSubscription,
  type LocalSubscription,
  type SubscribeOptions,
} from './subscriber.js';
import {
  CANNOT_AUTHENTICATE,
  CLOSE_REALM,
  LIMIT_EXCEEDED,
  NETWORK_FAILURE,
  NO_SUCH_REALM,
  NOT_AUTHORIZED,
  PROTOCOL_VIOLATION,
} from './uris.js';
import { ValueQueue } from './value-queue.js';
import {
  CanceledError,
  canceledBy,
  ConnectionError,
  messageOf,
  TimeoutError,
  UsageError,
  WampError,
} from './wamp-error.js';
import { optionsFrom, signalFrom, timeoutFrom } from './wire-options.js';

/** What becomes of a request that is made while there is no session. */
export type OfflinePolicy = 'wait' | 'fail';

/**
 * Opens a transport and joins.
 * @param former what is left of the session to go on with. If that could be, the session that is returned has this `link`, and
 * is nothing else
 * @throws what `connect` does
 */
export type Dial = (
  host: SessionHost,
  signal: AbortSignal | undefined,
  replaces: SessionToken | undefined,
  former?: ResumableLink,
) => Promise<ClientSession>;

export interface ConnectionOptions {
  readonly dial: Dial;
  readonly realm: string;
  /** undefined: the client ends with its first session */
  readonly plan: ReconnectPlan | undefined;
  readonly layer: PayloadLayer;
  readonly middleware: readonly Middleware[];
  readonly closeTimeoutMs: number;
  readonly report: SessionHost['report'];
  readonly ignore: SessionHost['ignore'];
}

/** With what reason there is no use in another attempt, because the next one would be refused like this one. */
function isHopeless(uri: string): boolean {
  return (
    [PROTOCOL_VIOLATION, NO_SUCH_REALM, NOT_AUTHORIZED].includes(uri as never) ||
    uri.startsWith('wamp.error.authentication_')
  );
}

export class Connection implements Client, SessionHost {
  /** The session that is open, or was until a new one is; only after `open`. */
  session!: ClientSession;
  closed!: Promise<SessionEnd>;
  readonly closeTimeoutMs: number;
  readonly layer: PayloadLayer;
  readonly middleware: readonly Middleware[];
  readonly report: SessionHost['report'];
  readonly ignore: SessionHost['ignore'];
  readonly status: StatusFeed & { current: ClientStatus };
  readonly registrations = new StandingTable<LocalRegistration>(this, REGISTER);
  readonly subscriptions = new StandingTable<LocalSubscription>(this, SUBSCRIBE);
  readonly callee = new Callee(this);
  /** Performs a call, whatever it is made of, through the middleware. */
  readonly perform: (call: OutgoingCall) => Promise<unknown>;
  readonly #dial: Dial;
  readonly #realm: string;
  readonly #plan: ReconnectPlan | undefined;
  /** aborted by close() */
  readonly #left = new AbortController();
  readonly #watchers = new Set<ValueQueue<ClientStatus>>();
  /** what waits for a session; called when there is one, or when none will be any more */
  readonly #waiting = new Set<() => void>();
  #isOver = false;
  #attempts = 0;
  #isResuming = false;
  /** the session that the router had instead of the one that was to be resumed */
  #instead: ClientSession | undefined = undefined;

  constructor({ dial, realm, plan, layer, middleware, closeTimeoutMs, report, ignore }: ConnectionOptions) {
    this.#dial = dial;
    this.#realm = realm;
    this.#plan = plan;
    this.layer = layer;
    this.middleware = middleware;
    this.closeTimeoutMs = closeTimeoutMs;
    this.report = report;
    this.ignore = ignore;
    this.perform = middleware.reduceRight<Connection['perform']>(
      (next, { call: around }) => (around ? (call) => around(call, next) : next),
      (call) => perform(this, call),
    );
    this.status = {
      current: 'open',
      [Symbol.asyncIterator]: () => {
        const queue = new ValueQueue<ClientStatus>(16, () => this.#watchers.delete(queue));
        queue.push(this.status.current);
        if (this.status.current === 'closed') queue.finish();
        else this.#watchers.add(queue);
        return queue;
      },
    };
  }

  get sessionId(): number {
    return this.session.sessionId;
  }

  get realm(): string {
    const { realm } = this.details;
    return typeof realm === 'string' ? realm : this.#realm;
  }

  get details(): Dict {
    return this.session.details;
  }

  get sessionToken(): SessionToken | undefined {
    return tokenOf(this.sessionId, this.details);
  }

  call<T>(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<T> {
    return begin(() => this.perform({ procedure, args, options: optionsFrom(options) })) as Promise<T>;
  }

  stream<P, R>(procedure: string, args?: readonly unknown[], options?: StreamOptions): ProgressiveCall<P, R> {
    return startStream<P, R>(this, procedure, args, options);
  }

  upload<T>(procedure: string, chunks: Chunks<unknown>, options?: UploadOptions): Promise<T> {
    return begin(() => this.call(procedure, undefined, { ...optionsFrom(options), chunks }));
  }

  register(procedure: string, handler: unknown, options?: RegisterOptions): Promise<Registration> {
    return begin(() => register(this, procedure, handler as InvocationHandler, optionsFrom(options)));
  }

  subscribe(topic: string, given: unknown, options?: SubscribeOptions): Promise<EventSubscription> {
    const isLoop = typeof given === 'object' || given === undefined;
    return begin(() =>
      isLoop
        ? subscribe(this, topic, undefined, optionsFrom(given as SubscribeOptions))
        : subscribe(this, topic, given as EventHandler, optionsFrom(options)),
    );
  }

  publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<never> {
    return begin(() => publish(this, topic, args, optionsFrom(options))) as Promise<never>;
  }

  use<M extends Members>(contract: Contract<M>, options?: UseOptions): Api<M> {
    return contract.use(this, options);
  }

  serve<M extends Members>(contract: Contract<M>, handlers: Handlers<M>): Promise<Service> {
    return contract.serve(this, handlers);
  }

  async drain(given?: DrainOptions): Promise<void> {
    const { timeoutMs, signal } = optionsFrom(given);
    const stop = new AbortController();
    const unlisten = listen(signalFrom(signal), () => stop.abort());
    const work = async (): Promise<void> => {
      for (const one of this.registrations.wanted) one.unregister().catch(() => undefined);
      await this.session.whenIdle();
      await this.callee.whenIdle();
      await this.session.whenIdle();
    };
    await Promise.race([work(), elapsed(timeoutFrom(timeoutMs) || MAX_TIMER_MS, stop.signal)]);
    unlisten();
    stop.abort();
    await this.close();
  }

  async close(options?: { readonly signal?: AbortSignal }): Promise<void> {
    const signal = signalFrom(optionsFrom(options).signal);
    this.#left.abort();
    const left = this.session.leave(signal);
    // What has lost its connection by now does not wait for another one to say GOODBYE.
    this.session.link?.seal();
    await left;
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Joins for the first time. @throws what `connect` does */
  async open(signal: AbortSignal | undefined, replaces: SessionToken | undefined): Promise<void> {
    this.session = await this.#dial(this, signal, replaces);
    this.closed = this.#follow();
  }

  /**
   * A promise to wait for where a request has to wait for a session; undefined if it may be sent now.
   * @param isUnrouted true for a call that the present session's router did not route; then the promise is that of the next
   * session, and undefined means that there is nothing to wait for
   * @throws WampError `wamp.error.limit_exceeded` if too many wait
   */
  ready(
    options: Pick<CallOptions, 'offline' | 'signal' | 'timeoutMs' | 'within'>,
    isUnrouted = false,
  ): Promise<void> | undefined {
    const { current } = this.status;
    if (current !== 'reconnecting' && !(isUnrouted && current === 'open')) return undefined;
    const policy = options.offline ?? (isUnrouted ? 'wait' : this.#plan?.offline);
    if (!this.#plan || policy !== 'wait') return undefined;
    if (this.#waiting.size >= MAX_WAITING)
      throw new WampError(LIMIT_EXCEEDED, ['too many requests wait for a session']);
    const signals = signalsOf(options);
    const ms = Math.min(timeoutOf(options) || MAX_TIMER_MS, MAX_TIMER_MS);
    return new Promise((resolve, reject) => {
      const unlisteners: (() => void)[] = [];
      const over = (error?: WampError): void => {
        clearTimeout(timer);
        this.#waiting.delete(over);
        for (const unlisten of unlisteners) unlisten();
        if (error === undefined) resolve();
        else reject(error);
      };
      const timer = setTimeout(() => over(new TimeoutError([`no session within ${ms} ms`])), ms);
      this.#waiting.add(over);
      for (const signal of signals) unlisteners.push(listen(signal, () => over(canceledBy(signal))));
    });
  }

  event(message: EventList): void {
    deliver(this, message);
  }

  invocation(message: InvocationList): void {
    this.callee.invocation(message);
  }

  interrupt([, request, options]: InterruptList): void {
    this.callee.openOf(request)?.interrupt(options);
  }

  revoked([code, , details]: RevocationList): void {
    if (code === UNSUBSCRIBED) this.subscriptions.revoked(details.subscription, details);
    else this.registrations.revoked(details.registration, details);
  }

  sessionEnded(error: WampError): void {
    this.registrations.sessionEnded();
    this.subscriptions.sessionEnded();
    this.callee.sessionEnded(error);
  }

  statusChanged(): void {
    // Until there is a session nobody asks, and one that is dialed meanwhile does not count yet.
    const session = this.session as ClientSession | undefined;
    if (session === undefined) return;
    const { status, end, link } = session;
    const isAway = status === 'open' && link?.isDetached === true;
    const mayReturn = isAway || (status === 'closed' && this.#mayReturn(end));
    const next = mayReturn ? 'reconnecting' : (status as ClientStatus);
    if (next !== 'reconnecting') for (const resume of this.#waiting) resume();
    if (next === this.status.current) return;
    this.status.current = next;
    for (const queue of this.#watchers) {
      if (!queue.push(next)) {
        queue.drop();
        queue.push(next);
      }
      if (next === 'closed') queue.finish();
    }
  }

  linkLost(session: ClientSession): boolean {
    if (session !== this.session || session.status !== 'open' || this.#left.signal.aborted) return false;
    if (!this.#isResuming) void this.#resume(session, session.link!);
    return true;
  }

  /** Tries to go on with a session over another connection, as long as the router waits for it. */
  async #resume(session: ClientSession, link: ResumableLink): Promise<void> {
    const { signal } = this.#left;
    const plan = this.#plan!;
    let lostAt = performance.now();
    let attempts = 0;
    this.#isResuming = true;
    await Promise.resolve();
    this.statusChanged();
    const isAway = (): boolean => link.isDetached;
    while (isAway()) {
      await elapsed(Math.random() * Math.min(longestDelay(plan, attempts), MAX_RESUME_DELAY_MS), signal);
      if (signal.aborted || attempts >= plan.maxAttempts || performance.now() - lostAt > link.windowMs) {
        link.end('the connection was lost for too long');
      }
      if (!isAway()) break;
      attempts += 1;
      try {
        const next = await this.#dial(this, signal, this.sessionToken, link);
        if (next.link === link) {
          session.details = next.details;
          attempts = 0;
          lostAt = performance.now();
          this.statusChanged();
        } else {
          this.#instead = next;
          link.end('the router has not kept the session');
        }
      } catch (error) {
        const { reason, message } = endBy(error);
        if (isHopeless(reason)) link.end(message);
      }
    }
    this.#isResuming = false;
  }

  #mayReturn(end: SessionEnd | undefined): boolean {
    const isLast = this.#plan === undefined || this.#isOver || this.#left.signal.aborted;
    return !isLast && end !== undefined && !isHopeless(end.reason);
  }

  async #follow(): Promise<SessionEnd> {
    let since = performance.now();
    let end = await this.session.ended;
    while (this.#mayReturn(end)) {
      if (performance.now() - since > longestDelay(this.#plan!, this.#attempts)) this.#attempts = 0;
      const next = await this.#nextSession(end);
      if ('reason' in next) {
        end = next;
        break;
      }
      this.session = next;
      since = performance.now();
      if (this.#left.signal.aborted) await next.leave();
      else {
        this.registrations.restore();
        this.subscriptions.restore();
        this.statusChanged();
      }
      end = await next.ended;
    }
    this.#isOver = true;
    this.statusChanged();
    for (const { ended } of this.subscriptions.wanted) ended?.();
    return end;
  }

  /** Tries until there is a session, or until there is no use in it. */
  async #nextSession(lost: SessionEnd): Promise<ClientSession | SessionEnd> {
    const { signal } = this.#left;
    const { sessionToken } = this;
    let end = lost;
    const instead = this.#instead;
    this.#instead = undefined;
    if (instead?.status === 'open') return instead;
    while (this.#mayReturn(end) && this.#attempts < this.#plan!.maxAttempts) {
      await elapsed(Math.random() * longestDelay(this.#plan!, this.#attempts), signal);
      if (signal.aborted) break;
      this.#attempts += 1;
      try {
        return await this.#dial(this, signal, sessionToken);
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
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, Math.min(ms, MAX_TIMER_MS));
    listen(signal, over);
  });
}
