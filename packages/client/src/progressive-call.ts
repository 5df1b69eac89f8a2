/**
 * Calls with many results, and calls with many arguments.
 * Owns the iterable sides of both; the calls themselves are OpenCalls.
 * Source: advanced profile, "Progressive Call Results", "Progressive Call Invocations".
 */
import { ErrorUri, type Dict, type Payload } from '@wamp/protocol';
import { abortable } from './abortable.js';
import { endingOf, type Caller, type CallOptions, type OpenCall } from './caller.js';
import { MAX_BUFFERED_VALUES } from './limits.js';
import { canceledBy } from './request.js';
import { toPayload } from './result.js';
import { ValueQueue } from './value-queue.js';
import { CanceledError, UsageError, WampError } from './wamp-error.js';
import { optionsFrom, payloadOf, timeoutFrom } from './wire-options.js';

/** How to call for a stream of results. */
export interface StreamOptions extends Omit<CallOptions, 'onProgress'> {
  /**
   * Most progressive results that wait for the loop; one more ends the call with `wamp.error.limit_exceeded`, because WAMP
   * has no means to slow a callee down. Default 1024.
   */
  readonly maxBuffered?: number;
}

/**
 * A call whose progressive results are iterated, once. Leaving the loop early cancels the call; an error of the call is
 * thrown by the loop and rejects `result`.
 */
export interface ProgressiveCall<P = unknown, R = unknown> extends AsyncIterable<P> {
  /** the final result; never an unhandled rejection if nobody looks at it */
  readonly result: Promise<R>;
}

/** Starts a call for progressive results. */
export function startStream<P, R>(
  caller: Caller,
  procedure: string,
  args: readonly unknown[] | undefined,
  given: StreamOptions,
): ProgressiveCall<P, R> {
  const capacity = (given as StreamOptions | null)?.maxBuffered ?? MAX_BUFFERED_VALUES;
  let call: OpenCall | undefined;
  const queue = new ValueQueue<P>(capacity, () => {
    call?.cancel(new CanceledError(['the loop over the progressive results was left']));
  });
  const onProgress = (value: unknown): void => {
    if (queue.push(value as P)) return;
    const text = `more than ${capacity} progressive results wait for the loop`;
    const error = new WampError(ErrorUri.LimitExceeded, [text]);
    queue.fail(error);
    call?.drop(error);
  };
  const result = begin(() => {
    const options = optionsFrom(given);
    call = caller.start(caller.plan(procedure, payloadOf(args, options.kwargs), { ...options, onProgress }));
    return call.answer;
  });
  result.then(
    () => queue.finish(),
    (error: unknown) => queue.fail(error),
  );
  return { result: result as Promise<R>, [Symbol.asyncIterator]: () => queue };
}

/** Turns what is thrown at the start into a rejection. */
async function begin(start: () => Promise<unknown>): Promise<unknown> {
  return start();
}

/** How to call with a stream of arguments. */
export interface UploadOptions extends CallOptions {
  /** keyword arguments of the first chunk */
  readonly kwargs?: Dict;
}

/** Chunks of one call; what the iterator returns, if anything, goes with the last message. */
export type Chunks<C> = AsyncIterable<C, unknown> | Iterable<C, unknown>;

/**
 * Calls with a stream of arguments: each chunk is sent when it is there, the end of the iteration completes the call.
 * @throws WampError `wamp.error.feature_not_supported` if the router cannot do it
 */
export async function upload(
  caller: Caller,
  procedure: string,
  chunks: Chunks<unknown>,
  given: UploadOptions,
): Promise<unknown> {
  const options = optionsFrom(given);
  if (!caller.link.router.has('dealer', 'progressive_call_invocations')) {
    throw new WampError(ErrorUri.FeatureNotSupported, [
      'the router did not announce progressive call invocations',
    ]);
  }
  timeoutFrom(options.timeoutMs);
  const { signal, scope } = endingOf(options);
  for (const each of [signal, scope]) {
    if (each?.aborted === true) throw canceledBy(each);
  }
  const source = iteratorOf(chunks as Partial<AsyncIterable<unknown> & Iterable<unknown>>);
  const leave = (): void => leaveSource(source);
  try {
    const next = abortable(Promise.resolve(source.next()), signal, canceledBy);
    const first = await abortable(next, scope, canceledBy);
    const payload = withKwargs(toPayload(first.value), options.kwargs);
    const plan = caller.plan(procedure, payload, options, leave);
    if (first.done === true) return await caller.start(plan).answer;
    const call = caller.start({ ...plan, wire: { ...plan.wire, progress: true } });
    pump(caller, call, source).catch((error: unknown) => call.drop(error));
    return await call.answer;
  } catch (error) {
    leave();
    throw error;
  }
}

async function returnTo(source: AnyIterator): Promise<void> {
  await source.return?.();
}

/** Tells the source that nobody wants more of it; generators run their `finally` blocks then. */
function leaveSource(source: AnyIterator): void {
  returnTo(source).catch(() => undefined);
}

async function pump(caller: Caller, call: OpenCall, source: AnyIterator): Promise<void> {
  for (;;) {
    await caller.link.whenWritable();
    const step = await source.next();
    // The callee may answer before the last chunk; what follows would be discarded.
    if (call.isOver) {
      leaveSource(source);
      return;
    }
    call.sendChunk(toPayload(step.value), step.done === true);
    if (step.done === true) return;
  }
}

type AnyIterator = AsyncIterator<unknown, unknown> | Iterator<unknown, unknown>;

/** @throws UsageError for what cannot be iterated */
function iteratorOf(chunks: Partial<AsyncIterable<unknown> & Iterable<unknown>>): AnyIterator {
  const iterator = chunks[Symbol.asyncIterator]?.() ?? chunks[Symbol.iterator]?.();
  if (iterator === undefined) throw new UsageError('the chunks have to be iterable');
  return iterator;
}

function withKwargs(payload: Payload, kwargs: Dict | undefined): Payload {
  return kwargs === undefined ? payload : payloadOf(payload.args, kwargs);
}
