/**
 * Waiting that a signal can end. Owns the listener's life; decides nothing.
 */

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
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    let over = false;
    const onAbort = (): void => {
      over = true;
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the refusal is an error
      reject(refusal(signal));
    };
    promise.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        if (over) late?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed through as it came
        reject(error);
      },
    );
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
