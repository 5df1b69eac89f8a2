/**
 * What the two sides of a contract look like to the type checker. Types only.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { RegisterOptions, Registration } from '../callee.js';
import type { Invocation } from '../invocation.js';
import type { CallOptions, Chunks } from '../caller.js';
import type { ProgressiveCall, StreamOptions } from '../progressive-call.js';
import type { PublishOptions } from '../publisher.js';
import type { ReceivedEvent, SubscribeOptions, Subscription } from '../subscriber.js';
import type { ContractError } from './contract-error.js';
import type { Members, Procedure, ProcedureShape, Schema, Topic, TopicShape } from './definition.js';
import type { Params } from './uri-template.js';

/** How a contract is used by a caller or publisher. */
export interface UseOptions {
  /**
   * Check what is sent before it is sent, and results and progress when they come. Default false: the callee checks
   * arguments and results, subscribers check events, always.
   */
  readonly validate?: boolean;
}

type In<S> = S extends Schema ? StandardSchemaV1.InferInput<S> : never;
type Out<S> = S extends Schema ? StandardSchemaV1.InferOutput<S> : never;

/** What goes in: the list of arguments, the keyword arguments, or `{ args, kwargs }` where there are both. */
type Input<S> = S extends { readonly args: infer A extends Schema; readonly kwargs: infer K extends Schema }
  ? { readonly args: In<A>; readonly kwargs: In<K> }
  : S extends { readonly args: infer A extends Schema }
    ? In<A>
    : S extends { readonly kwargs: infer K extends Schema }
      ? In<K>
      : undefined;

/** The same on the other side, where the schemas have been applied. */
type Received<S> = S extends {
  readonly args: infer A extends Schema;
  readonly kwargs: infer K extends Schema;
}
  ? { readonly args: Out<A>; readonly kwargs: Out<K> }
  : S extends { readonly args: infer A extends Schema }
    ? Out<A>
    : S extends { readonly kwargs: infer K extends Schema }
      ? Out<K>
      : undefined;

// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- a URI without names
type ParamsOf<S> = S extends { readonly uri: infer U extends string } ? Params<U> : Params<''>;
type HasParams<S> = keyof ParamsOf<S> extends never ? false : true;

/** The values for the names in the URI, where it has some; what goes in, where something does; the options. */
type Given<S, I, O> =
  HasParams<S> extends true
    ? undefined extends I
      ? [params: ParamsOf<S>, input?: I, options?: O]
      : [params: ParamsOf<S>, input: I, options?: O]
    : undefined extends I
      ? [input?: I, options?: O]
      : [input: I, options?: O];

type ResultOf<S> = S extends { readonly result: infer R extends Schema } ? Out<R> : unknown;
type ProgressOf<S> = S extends { readonly progress: infer P extends Schema } ? Out<P> : unknown;
type CallInput<S> = S extends { readonly chunks: infer C extends Schema } ? Chunks<In<C>> : Input<S>;

/** How a procedure of a contract is called; keyword arguments are part of the input, the shape decides on `raw`. */
export type ContractCallOptions<S> = Omit<CallOptions, 'kwargs' | 'raw' | 'onProgress'> & {
  /** asks for progressive results; called for each */
  readonly onProgress?: (value: ProgressOf<S>) => void;
};

/** The declared errors of a procedure, as they are thrown at the caller: a union to be told apart by `uri`. */
export type DeclaredErrors<S> = S extends { readonly errors: infer E }
  ? { [U in keyof E & string]: ContractError<U, Out<E[U]>> }[keyof E & string]
  : never;

/** What `safe` resolves with. */
export type Outcome<S> =
  | { readonly ok: true; readonly value: ResultOf<S> }
  | { readonly ok: false; readonly error: DeclaredErrors<S> };

/** One procedure of a contract, for callers and for a callee that serves it alone. */
export interface ProcedureApi<S extends ProcedureShape> {
  /** Calls it. @throws what `client.call` throws; declared errors as {@link ContractError} */
  (...given: Given<S, CallInput<S>, ContractCallOptions<S>>): Promise<ResultOf<S>>;
  /** Calls it, and resolves with declared errors as well; others are thrown. */
  safe(...given: Given<S, CallInput<S>, ContractCallOptions<S>>): Promise<Outcome<S>>;
  /** True for one of the declared errors. */
  readonly isError: (thrown: unknown) => thrown is DeclaredErrors<S>;
  /** Serves it. What comes in is checked before the handler runs, what it gives before it is sent. */
  register(handler: Handler<S>, options?: RegisterOptions): Promise<Registration>;
  /** the URI, or the pattern that is registered */
  readonly uri: string;
}

/** The same for a procedure with progressive results. */
export interface StreamingApi<S extends ProcedureShape> extends ProcedureApi<S> {
  /** Calls it for its progressive results: to be iterated; `.result` is the final one. Leaving the loop cancels the call. */
  stream(
    ...given: Given<S, Input<S>, Omit<StreamOptions, 'kwargs' | 'raw'>>
  ): ProgressiveCall<ProgressOf<S>, ResultOf<S>>;
}

/** One topic of a contract. */
export interface TopicApi<S extends TopicShape> {
  publish(...given: Given<S, Input<S>, Omit<PublishOptions, 'kwargs'>>): Promise<number | undefined>;
  /** Events that do not fit the schema go to the client's `onError`, not to the handler. */
  subscribe(
    handler: (input: Received<S>, event: ContractEvent<S>) => unknown,
    options?: Omit<SubscribeOptions, 'match'>,
  ): Promise<Subscription>;
  readonly uri: string;
}

export interface ContractEvent<S> extends ReceivedEvent {
  /** the values of the names in the topic's URI */
  readonly params: ParamsOf<S>;
}

/** A contract from the side of the caller: an object of the same shape. */
export type Api<M> = {
  readonly [K in keyof M]: M[K] extends Procedure<infer S>
    ? S extends { readonly progress: Schema; readonly chunks?: never }
      ? StreamingApi<S>
      : ProcedureApi<S>
    : M[K] extends Topic<infer S>
      ? TopicApi<S>
      : M[K] extends Members
        ? Api<M[K]>
        : never;
};

/** What a handler of a contract learns of its invocation. */
export interface ContractInvocation<S> extends Omit<Invocation, 'progress' | 'chunks'> {
  /** the values of the names in the procedure's URI */
  readonly params: ParamsOf<S>;
  /** Sends a progressive result, checked. @returns false if the caller wants none, or nobody waits any more */
  readonly progress: (value: S extends { readonly progress: infer P } ? In<P> : never) => Promise<boolean>;
  /** Throws one of the declared errors at the caller. */
  readonly fail: <U extends ErrorUris<S>>(uri: U, data: ErrorInput<S, U>) => never;
}

type ErrorUris<S> = S extends { readonly errors: infer E } ? keyof E & string : never;
type ErrorInput<S, U extends string> = S extends { readonly errors: infer E }
  ? U extends keyof E
    ? In<E[U]>
    : never
  : never;

type Returned<S> = S extends { readonly result: infer R extends Schema } ? In<R> : unknown;
type HandlerInput<S> = S extends { readonly chunks: infer C extends Schema }
  ? AsyncIterable<Out<C>>
  : Received<S>;
type Yielding<S> = S extends { readonly progress: infer P extends Schema }
  ? AsyncGenerator<In<P>, Returned<S>, undefined> | Generator<In<P>, Returned<S>, undefined>
  : never;

/** Serves a procedure of a contract. With `progress`, a generator yields the progressive results. */
export type Handler<S> = (
  input: HandlerInput<S>,
  invocation: ContractInvocation<S>,
) => Returned<S> | Promise<Returned<S>> | Yielding<S>;

/** A handler that is registered with options. */
export interface HandlerWithOptions<S> {
  readonly handler: Handler<S>;
  readonly options: Omit<RegisterOptions, 'match'>;
}

type OnlyTopics<M> = M extends Topic
  ? true
  : M extends Procedure
    ? false
    : false extends { [K in keyof M]: OnlyTopics<M[K]> }[keyof M]
      ? false
      : true;

/** A handler for every procedure of a contract. */
export type Handlers<M> = {
  readonly [K in keyof M as OnlyTopics<M[K]> extends true ? never : K]: M[K] extends Procedure<infer S>
    ? Handler<S> | HandlerWithOptions<S>
    : Handlers<M[K]>;
};
