/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What an application holds: one client of one realm, with all four roles.
 * Owns the public methods and their types; connection.ts is what stands behind them.
 */
import type { Dict } from '@wamp/protocol';
import type { InvocationHandler, RegisterOptions, Registration } from './callee.js';
import type { CallOptions, Chunks } from './caller.js';
import type { SessionEnd } from './client-session.js';
import type { Service } from './contract/binding.js';
import type { Api, Handlers, UseOptions } from './contract/contract-types.js';
import type { Contract, Members } from './contract/definition.js';
import type { SessionToken } from './handshake.js';
import type { ProgressiveCall, StreamOptions, UploadOptions } from './progressive-call.js';
import type { PublishOptions } from './publisher.js';
import type { Result } from './result.js';
import type { EventHandler, EventSubscription, SubscribeOptions, Subscription } from './subscriber.js';

/** `open` from `connect` on, `reconnecting` between two sessions, `closing` after close(), `closed` at the end. */
export type ClientStatus = 'open' | 'reconnecting' | 'closing' | 'closed';

/** How a client is: at the moment, and, in `for await`, from the moment on with every change until it is closed. */
export interface StatusFeed extends AsyncIterable<ClientStatus> {
  readonly current: ClientStatus;
}

/** Bounds of `drain`. */
export interface DrainOptions {
  /** Longest time for what runs, in milliseconds; then the client is closed all the same. Default: no end. */
  readonly timeoutMs?: number;
  /** ends the waiting, too */
  readonly signal?: AbortSignal;
}

export interface Client extends AsyncDisposable {
  /** WELCOME.Session; another one after reconnecting */
  readonly sessionId: number;

  /** the realm that was joined */
  readonly realm: string;

  /** WELCOME.Details: the router's roles and features, and the identity it granted (`authid`, `authrole`, …). */
  readonly details: Dict;

  /**
   * What lets a later client replace this session at once, see `ConnectOptions.replaces`; undefined if the router gives
   * no tokens. A secret: whoever has it can end this session.
   */
  readonly sessionToken: SessionToken | undefined;

  readonly status: StatusFeed;

  /** Resolves when the session is over, whoever ended it, and no other follows; never rejects. */
  readonly closed: Promise<SessionEnd>;

  /**
   * Calls a procedure.
   * @returns the result: the single positional value, `undefined` if there is none, else a `Result`; with `raw` always a `Result`
   * @throws WampError with the URI of the ERROR; CanceledError, TimeoutError, ConnectionLostError, UsageError
   */
  call(procedure: string, args: readonly unknown[], options: CallOptions & { raw: true }): Promise<Result>;
  call<T = unknown>(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<T>;

  /**
   * Calls a procedure for progressive results: `for await (const value of client.stream(…))`. Leaving the loop cancels the
   * call; `.result` is the promise of the final result. With the option `chunks` the arguments are a stream, too.
   */
  stream<P = unknown, R = unknown>(
    procedure: string,
    args?: readonly unknown[],
    options?: StreamOptions,
  ): ProgressiveCall<P, R>;

  /**
   * Calls a procedure with a stream of arguments. Each value of `chunks` is sent as soon as it is there; the end of the
   * iteration completes the call. If `chunks` throws, the call is canceled and rejects with that error.
   * @throws WampError `wamp.error.feature_not_supported` if router or callee cannot take chunks, and what `call` throws
   */
  upload<T = unknown>(procedure: string, chunks: Chunks<unknown>, options?: UploadOptions): Promise<T>;

  /**
   * Serves a procedure.
   * @throws WampError with the URI of the ERROR, for example `wamp.error.procedure_already_exists`; CanceledError,
   * ConnectionLostError, UsageError
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => a + b` needs no annotations
  register<A extends readonly unknown[] = any[], R = unknown>(
    procedure: string,
    handler: InvocationHandler<A, R>,
    options?: RegisterOptions,
  ): Promise<Registration>;

  /**
   * Receives the events of a topic. A session may subscribe several handlers to one topic.
   * @throws WampError with the URI of the ERROR; CanceledError, ConnectionLostError, UsageError
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => …` needs no annotations
  subscribe<A extends readonly unknown[] = any[]>(
    topic: string,
    handler: EventHandler<A>,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** Receives the events of a topic in a loop: `for await (const event of await client.subscribe(topic))`. */
  subscribe(topic: string, options?: SubscribeOptions): Promise<EventSubscription>;

  /**
   * Publishes an event.
   * @returns the publication id with `acknowledge: true`, else `undefined` as soon as the event is on its way
   * @throws WampError with the URI of the ERROR if acknowledged; CanceledError, ConnectionLostError, UsageError
   */
  publish(
    topic: string,
    args: readonly unknown[] | undefined,
    options: PublishOptions & { acknowledge: true },
  ): Promise<number>;
  publish(topic: string, args?: readonly unknown[], options?: PublishOptions): Promise<number | undefined>;

  /**
   * A contract of `@wamp/client/contract` as an object of the same shape, whose members call, register, publish and
   * subscribe, with the contract's types.
   * @throws UsageError if the contract has a `uri` that is none
   */
  use<M extends Members>(contract: Contract<M>, options?: UseOptions): Api<M>;

  /**
   * Registers a handler for every procedure of a contract, or none if one of them is refused.
   * @throws UsageError if a handler is missing, and what `register` throws
   */
  serve<M extends Members>(contract: Contract<M>, handlers: Handlers<M>): Promise<Service>;

  /**
   * Gives all registrations back, lets the running handlers and pending calls finish, then closes. For the end of a process
   * whose work others take over.
   */
  drain(options?: DrainOptions): Promise<void>;

  /**
   * Leaves the realm with GOODBYE, waits for the router's within bounds, and closes the connection. What is pending rejects
   * with ConnectionLostError, running handlers find their signal aborted. While the client is reconnecting, it gives that
   * up. Idempotent; rejects for nothing but options that are none (UsageError).
   * @param options.signal cuts the connection at once when aborted
   */
  close(options?: { readonly signal?: AbortSignal }): Promise<void>;
}
