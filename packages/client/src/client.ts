/// <reference lib="esnext.disposable" preserve="true" />
/**
 * What an application holds: one client of one realm, with all four roles.
 * Owns the public methods and their types; each role does its own work.
 */
import type { Dict } from '@wamp/protocol';
import { Callee, type InvocationHandler, type RegisterOptions, type Registration } from './callee.js';
import { OpenCall, type CallOptions } from './caller.js';
import type { SessionEnd } from './client-session.js';
import type { ClientStatus, Connection, LastingRoles } from './connection.js';
import type { Service } from './contract/binding.js';
import type { Api, Handlers, UseOptions } from './contract/contract-types.js';
import type { Contract, Members } from './contract/definition.js';
import { tokenOf, type SessionToken } from './handshake.js';
import {
  begin,
  startStream,
  upload,
  type Chunks,
  type ProgressiveCall,
  type StreamOptions,
  type UploadOptions,
} from './progressive-call.js';
import { publish, type PublishOptions } from './publisher.js';
import type { Result } from './result.js';
import { Subscriber, type EventHandler, type SubscribeOptions, type Subscription } from './subscriber.js';
import { optionsFrom, signalFrom } from './wire-options.js';

export class Client {
  readonly #connection: Connection;
  readonly #callee: Callee;
  readonly #subscriber: Subscriber;
  readonly #realm: string;

  /** @internal use `connect` */
  constructor(connection: Connection, realm: string) {
    this.#connection = connection;
    this.#realm = realm;
    this.#callee = new Callee(connection);
    this.#subscriber = new Subscriber(connection);
    connection.perform = async (call) => new OpenCall(connection, call, {}).answer;
  }

  /** @internal the side that sessions call */
  roles(): LastingRoles {
    const callee = this.#callee;
    const subscriber = this.#subscriber;
    return {
      invocation: (message) => callee.invocation(message),
      interrupt: (message) => callee.interrupt(message),
      event: (message) => subscriber.event(message),
      registrationRevoked: (details) => callee.revoked(details),
      subscriptionRevoked: (details) => subscriber.revoked(details),
      sessionEnded: (error) => {
        callee.sessionEnded(error);
        subscriber.sessionEnded();
      },
      sessionRestored: () => {
        callee.restore();
        subscriber.restore();
      },
    };
  }

  /** WELCOME.Session; another one after reconnecting */
  get sessionId(): number {
    return this.#connection.session.sessionId;
  }

  /** the realm that was joined */
  get realm(): string {
    const assigned = this.details['realm'];
    return typeof assigned === 'string' ? assigned : this.#realm;
  }

  /** WELCOME.Details: the router's roles and features, and the identity it granted (`authid`, `authrole`, …). */
  get details(): Dict {
    return this.#connection.session.details;
  }

  /**
   * What lets a later client replace this session at once, see `ConnectOptions.replaces`; undefined if the router gives
   * no tokens. A secret: whoever has it can end this session.
   */
  get sessionToken(): SessionToken | undefined {
    return tokenOf(this.sessionId, this.details);
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  /** Resolves when the session is over, whoever ended it, and no other follows; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#connection.closed;
  }

  /**
   * Calls a procedure.
   * @returns the result: the single positional value, `undefined` if there is none, else a `Result`; with `raw` always a `Result`
   * @throws WampError with the URI of the ERROR; CanceledError, TimeoutError, ConnectionLostError, UsageError
   */
  call(procedure: string, args: readonly unknown[], options: CallOptions & { raw: true }): Promise<Result>;

  call<T = unknown>(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<T>;
  async call(procedure: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.#connection.perform({ procedure, args, options: optionsFrom(options) });
  }

  /**
   * Calls a procedure for progressive results: `for await (const value of client.stream(…))`. Leaving the loop cancels the
   * call; `.result` is the promise of the final result.
   */
  stream<P = unknown, R = unknown>(
    procedure: string,
    args?: readonly unknown[],
    options?: StreamOptions,
  ): ProgressiveCall<P, R> {
    return startStream<P, R>(this.#connection, procedure, args, options);
  }

  /**
   * Calls a procedure with a stream of arguments. Each value of `chunks` is sent as soon as it is there; the end of the
   * iteration completes the call. If `chunks` throws, the call is canceled and rejects with that error.
   * @throws WampError `wamp.error.feature_not_supported` if router or callee cannot take chunks, and what `call` throws
   */
  async upload<T = unknown>(procedure: string, chunks: Chunks<unknown>, options?: UploadOptions): Promise<T> {
    const call = { procedure, args: undefined, options: optionsFrom(options) };
    return upload(this.#connection, call, chunks) as Promise<T>;
  }

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
  ): Promise<Registration> {
    return begin(() =>
      this.#callee.register(procedure, handler as unknown as InvocationHandler, optionsFrom(options)),
    );
  }

  /**
   * Receives the events of a topic. A session may subscribe several handlers to one topic.
   * @throws WampError with the URI of the ERROR; CanceledError, ConnectionLostError, UsageError
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => …` needs no annotations
  subscribe<A extends readonly unknown[] = any[]>(
    topic: string,
    handler: EventHandler<A>,
    options?: SubscribeOptions,
  ): Promise<Subscription> {
    return begin(() =>
      this.#subscriber.subscribe(topic, handler as unknown as EventHandler, optionsFrom(options)),
    );
  }

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
  async publish(
    topic: string,
    args?: readonly unknown[],
    options?: PublishOptions,
  ): Promise<number | undefined> {
    return publish(this.#connection, topic, args, optionsFrom(options));
  }

  /**
   * A contract of `@wamp/client/contract` as an object of the same shape, whose members call, register, publish and
   * subscribe, with the contract's types.
   * @throws UsageError if the contract has a `uri` that is none
   */
  use<M extends Members>(contract: Contract<M>, options?: UseOptions): Api<M> {
    return contract.use(this, options);
  }

  /**
   * Registers a handler for every procedure of a contract, or none if one of them is refused.
   * @throws UsageError if a handler is missing, and what `register` throws
   */
  serve<M extends Members>(contract: Contract<M>, handlers: Handlers<M>): Promise<Service> {
    return contract.serve(this, handlers);
  }

  /**
   * Leaves the realm with GOODBYE, waits for the router's within bounds, and closes the connection. What is pending rejects
   * with ConnectionLostError, running handlers find their signal aborted. While the client is reconnecting, it gives that
   * up. Idempotent; rejects for nothing but options that are none (UsageError).
   * @param options.signal cuts the connection at once when aborted
   */
  async close(options?: { readonly signal?: AbortSignal }): Promise<void> {
    await this.#connection.close(signalFrom(optionsFrom(options).signal));
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
