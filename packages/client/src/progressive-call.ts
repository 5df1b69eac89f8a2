/**
 * Calls with many results, and calls with many arguments.
 * Owns the iterable sides of both; the calls themselves are OpenCalls.
 * Source: advanced profile, "Progressive Call Results", "Progressive Call Invocations".
 */
import { abortable } from './abortable.js';
import {
  OpenCall,
  signalsOf,
  throwIfAborted,
  timeoutOf,
  type CallOptions,
  type Chunks,
  type InternalCallOptions,
  type LoopControl,
  type OutgoingCall,
} from './caller.js';
import type { ClientSession } from './client-session.js';
import type { Connection } from './connection.js';
import { CREDIT_WINDOW, MAX_BUFFERED_VALUES } from './limits.js';
import { toPayload } from './result.js';
import { FEATURE_NOT_SUPPORTED, LIMIT_EXCEEDED } from './uris.js';
import { ValueQueue } from './value-queue.js';
import { CanceledError, canceledBy, UsageError, WampError } from './wamp-error.js';
import { optionsFrom } from './wire-options.js';

/** How to call for a stream of results. */
export interface StreamOptions extends Omit<CallOptions, 'onProgress'> {
  /**
   * Most progressive results that wait for the loop. Where router and callee know credit (those of this toolkit do), the
   * callee waits for the loop; else one more ends the call with `wamp.error.limit_exceeded`, because WAMP has no means to
   * slow a callee down. Default 1024.
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
export type UploadOptions = Omit<CallOptions, 'chunks'>;

/** Starts a call for progressive results. */
export function startStream<P, R>(
  connection: Connection,
  procedure: string,
  args: readonly unknown[] | undefined,
  given: StreamOptions | null | undefined,
): ProgressiveCall<P, R> {
  const capacity = given?.maxBuffered ?? MAX_BUFFERED_VALUES;
  const loop: LoopControl = { left: undefined, window: Math.min(capacity, CREDIT_WINDOW), call: undefined };
  const leave = (error: WampError, isNow?: boolean): void => {
    loop.left = error;
    loop.call?.cancel(error, isNow);
  };
  // Asked for by halves, so that there is always something on its way.
  const step = Math.ceil(loop.window / 2);
  let taken = 0;
  const queue = new ValueQueue<P>(
    capacity,
    () => leave(new CanceledError(['the loop was left'])),
    () => {
      taken += 1;
      if (taken % step === 0) loop.call?.grant(step);
    },
  );
  const onProgress = (value: unknown): void => {
    if (queue.push(value as P)) return;
    const error = new WampError(LIMIT_EXCEEDED, [`more than ${capacity} results wait for the loop`]);
    queue.fail(error);
    leave(error, true);
  };
  const result = begin(() => {
    const options: InternalCallOptions = { ...optionsFrom(given), onProgress, loop };
    return connection.perform({ procedure, args, options });
  });
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

/** Sends a call, whatever it is made of. */
export function perform(connection: Connection, call: OutgoingCall): Promise<unknown> {
  const { options } = call;
  const send = (): Promise<unknown> =>
    options.chunks ? upload(connection, call, options.chunks) : new OpenCall(connection, call).answer;
  return connection.ready(options)?.then(send) ?? send();
}

/**
 * Calls with a stream of arguments: each chunk is sent when it is there, the end of the iteration completes the call.
 * @throws WampError `wamp.error.feature_not_supported` if the router cannot do it
 */
async function upload(
  connection: Connection,
  { procedure, options }: OutgoingCall,
  chunks: Chunks<unknown>,
): Promise<unknown> {
  const { session } = connection;
  if (!session.has('dealer', 'progressive_call_invocations')) {
    throw new WampError(FEATURE_NOT_SUPPORTED, ['the router takes no chunks']);
  }
  timeoutOf(options);
  const signals = signalsOf(options);
  throwIfAborted(signals);
  const source = iteratorOf(chunks as Partial<AsyncIterable<unknown> & Iterable<unknown>>);
  // Generators run their `finally` blocks when nobody wants more of them.
  const leave = (): void => void begin(async () => source.return?.()).catch(() => undefined);
  try {
    let next = Promise.resolve(source.next());
    for (const signal of signals) next = abortable(next, signal, canceledBy);
    const first = await next;
    const { args, kwargs } = toPayload(first.value);
    const call = { procedure, args, options: { ...options, kwargs: options.kwargs ?? kwargs } };
    const open = new OpenCall(connection, call, first.done ? undefined : leave);
    if (!first.done) pump(session, open, source, leave).catch((error: unknown) => open.cancel(error, true));
    return await open.answer;
  } catch (error) {
    leave();
    throw error;
  }
}

async function pump(
  session: ClientSession,
  call: OpenCall,
  source: AnyIterator,
  leave: () => void,
): Promise<void> {
  for (;;) {
    await session.whenWritable();
    const { value, done = false } = await source.next();
    // The callee may answer before the last chunk; what follows would be discarded.
    if (call.isOver) {
      leave();
      return;
    }
    call.sendChunk(toPayload(value), done);
    if (done) return;
  }
}

type AnyIterator = AsyncIterator<unknown, unknown> | Iterator<unknown, unknown>;

/** @throws UsageError for what cannot be iterated */
function iteratorOf(chunks: Partial<AsyncIterable<unknown> & Iterable<unknown>>): AnyIterator {
  const iterator = chunks[Symbol.asyncIterator]?.() ?? chunks[Symbol.iterator]?.();
  if (iterator === undefined) throw new UsageError('the chunks have to be iterable');
  return iterator;
}
