/**
 * Values that arrive before anybody asks for them, bounded, for one consumer.
 * Owns the buffer between a pushing producer and an `for await` loop; knows nothing of WAMP.
 */

interface Waiter<T> {
  readonly resolve: (step: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type End = { readonly error: unknown } | 'done';

/** One consumer iterates, once; leaving the loop early calls `left`. */
export class ValueQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #capacity: number;
  readonly #left: () => void;
  #values: T[] = [];
  #waiters: Waiter<T>[] = [];
  #end: End | undefined = undefined;

  /**
   * @param capacity most values that wait
   * @param left called when the consumer leaves before the end
   */
  constructor(capacity: number, left: () => void) {
    this.#capacity = capacity;
    this.#left = left;
  }

  /** Hands a value over. False if the buffer is full; the value is dropped then. After the end it does nothing. */
  push(value: T): boolean {
    if (this.#end !== undefined) return true;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value });
    else if (this.#values.length >= this.#capacity) return false;
    else this.#values.push(value);
    return true;
  }

  /** No value follows; what waits is still handed out. */
  finish(): void {
    this.#close('done');
  }

  /** The loop throws `error` after it has taken what waits. */
  fail(error: unknown): void {
    this.#close({ error });
  }

  #close(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (end === 'done') waiter.resolve({ done: true, value: undefined });
      else waiter.reject(end.error);
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ done: false, value: this.#values.shift() as T });
    const end = this.#end;
    if (end === undefined) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    if (end === 'done') return Promise.resolve({ done: true, value: undefined });
    // The error is thrown once; after that the iterator is at its end, as generators are.
    this.#end = 'done';
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed through as it came
    return Promise.reject(end.error);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const early = this.#end === undefined;
    this.#values = [];
    this.#close('done');
    this.#end = 'done';
    if (early) this.#left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
