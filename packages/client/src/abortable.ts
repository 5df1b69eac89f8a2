/**
 * Waiting that a signal can end. Owns the listener's life; decides nothing.
 */

/**
 * Calls back once when the signal is aborted, at once if it is.
 * @returns what ends it
 */
export function listen(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return () => signal?.removeEventListener('abort', onAbort);
}

/**
 * Settles as `promise` does, or rejects with `refusal()` as soon as `signal` is aborted.
 * @param late receives a value that comes after that
 */
export function abortable<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  refusal: (signal: AbortSignal) => unknown,
  late?: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const unlisten = listen(signal, () => {
      isOver = true;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the refusal is an error
      reject(refusal(signal!));
    });
    promise
      .then((value) => {
        if (isOver) late?.(value);
        else resolve(value);
      }, reject)
      .finally(unlisten);
  });
}
