/**
 * Calls with many results, and calls with many arguments.
 * Owns the iterable sides of both; the calls themselves are OpenCalls.
 * Source: advanced profile, "Progressive Call Results", "Progressive Call Invocations".
 */
import type { Dict } from '@wamp/protocol';
import { abortable } from './abortable.js';
import {
  endingOf,
  OpenCall,
  throwIfAborted,
  type CallControl,
  type CallOptions,
  type OutgoingCall,
} from './caller.js';
import type { Connection } from './connection.js';
import { MAX_BUFFERED_VALUES } from './limits.js';
import { toPayload } from './result.js';
import { FEATURE_NOT_SUPPORTED, LIMIT_EXCEEDED } from './uris.js';
import { ValueQueue } from './value-queue.js';
import { CanceledError, canceledBy, UsageError, WampError } from './wamp-error.js';
import { optionsFrom, timeoutFrom } from './wire-options.js';

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

/** How to call with a stream of arguments. */
export interface UploadOptions extends CallOptions {
  /** keyword arguments of the first chunk */
  readonly kwargs?: Dict;
}

/** Chunks of one call; what the iterator returns, if anything, goes with the last message. */
export type Chunks<C> = AsyncIterable<C, unknown> | Iterable<C, unknown>;

/** Starts a call for progressive results. */
export function startStream<P, R>(
  connection: Connection,
  procedure: string,
  args: readonly unknown[] | undefined,
  given: StreamOptions | null | undefined,
): ProgressiveCall<P, R> {
  const capacity = given?.maxBuffered ?? MAX_BUFFERED_VALUES;
  const control: CallControl = { call: undefined, left: undefined };
  const leave = (error: WampError, isNow?: boolean): void => {
    control.left = error;
    control.call?.cancel(error, isNow);
  };
  const queue = new ValueQueue<P>(capacity, () =>
    leave(new CanceledError(['the loop over the progressive results was left'])),
  );
  const onProgress = (value: unknown): void => {
    if (queue.push(value as P)) return;
    const error = new WampError(LIMIT_EXCEEDED, [
      `more than ${capacity} progressive results wait for the loop`,
    ]);
    queue.fail(error);
    leave(error, true);
  };
  const result = begin(() =>
    connection.perform({
      procedure,
      args,
      options: { ...optionsFrom(given), onProgress, control } as CallOptions,
    }),
  );
  result.then(
    () => queue.finish(),
    (error: unknown) => queue.fail(error),
  );
  return { result: result as Promise<R>, [Symbol.asyncIterator]: () => queue };
}

/** Turns what is thrown at the start into a rejection. */
export async function begin<T>(start: () => Promise<T>): Promise<T> {
  return start();
}

/**
 * Calls with a stream of arguments: each chunk is sent when it is there, the end of the iteration completes the call.
 * @throws WampError `wamp.error.feature_not_supported` if the router cannot do it
 */
export async function upload(
  connection: Connection,
  { procedure, options }: OutgoingCall,
  chunks: Chunks<unknown>,
): Promise<unknown> {
  if (!connection.session.has('dealer', 'progressive_call_invocations')) {
    throw new WampError(FEATURE_NOT_SUPPORTED, ['the router did not announce progressive call invocations']);
  }
  timeoutFrom(options.timeoutMs);
  const { signals } = endingOf(options);
  throwIfAborted(signals);
  const source = iteratorOf(chunks as Partial<AsyncIterable<unknown> & Iterable<unknown>>);
  const settled = (): void => leaveSource(source);
  try {
    const first = await signals.reduce(
      (next, signal) => abortable(next, signal, canceledBy),
      Promise.resolve(source.next()),
    );
    const { args, kwargs } = toPayload(first.value);
    const call = { procedure, args, options: { ...options, kwargs: options.kwargs ?? kwargs } };
    const isChunked = first.done !== true;
    const open = new OpenCall(connection, call, { isChunked, settled });
    if (isChunked) pump(connection, open, source).catch((error: unknown) => open.cancel(error, true));
    return await open.answer;
  } catch (error) {
    settled();
    throw error;
  }
}

/** Tells the source that nobody wants more of it; generators run their `finally` blocks then. */
function leaveSource(source: AnyIterator): void {
  begin(async () => source.return?.()).catch(() => undefined);
}

async function pump({ session }: Connection, call: OpenCall, source: AnyIterator): Promise<void> {
  for (;;) {
    await session.whenWritable();
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
