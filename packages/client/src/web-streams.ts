/**
 * @wamp/client/web-streams: the streams of the web platform as chunks of a call, and results and events as such streams.
 * Owns the conversion for hosts whose streams cannot be iterated yet; needs nothing of Node.
 */

/** A stream as an iterable, for `upload` and the option `chunks`: leaving it cancels the stream. */
export async function* chunksFrom<T>(stream: ReadableStream<T>): AsyncGenerator<T, undefined> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        isDone = true;
        return undefined;
      }
      yield value;
    }
  } finally {
    if (!isDone) await reader.cancel();
    reader.releaseLock();
  }
}

/**
 * Progressive results or events as a stream. It takes one value at a time, when somebody reads it: whatever slows the
 * iterable down, for example the credit of a call, slows its producer down. Canceling the stream leaves the iterable.
 */
export function readableFrom<T>(iterable: AsyncIterable<T>): ReadableStream<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const step = await iterator.next();
        if (step.done === true) controller.close();
        else controller.enqueue(step.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
