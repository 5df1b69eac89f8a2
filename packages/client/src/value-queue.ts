/**
 * Values that arrive before anybody asks for them, bounded, for one consumer.
 * Owns the buffer between a pushing producer and an `for await` loop; knows nothing of WAMP.
 */

interface Waiter<T> {
  readonly resolve: (step: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** One consumer iterates, once; leaving the loop early calls `left`. */
export class ValueQueue<T> implements AsyncIterableIterator<T, undefined> {
  readonly #capacity: number;
  readonly #left: () => void;
  readonly #taken: (() => void) | undefined;
  #values: T[] = [];
  /** index of the first value that waits: shifting a long list would move all of it */
  #first = 0;
  #waiters: Waiter<T>[] = [];
  #isOver = false;
  #error: { readonly error: unknown } | undefined = undefined;

  /**
   * @param capacity most values that wait
   * @param left called when the consumer leaves before the end
   * @param taken called for each value that the consumer has taken
   */
  constructor(capacity: number, left: () => void, taken?: () => void) {
    this.#capacity = capacity;
    this.#left = left;
    this.#taken = taken;
  }

  /** values that wait */
  get size(): number {
    return this.#values.length - this.#first;
  }

  /** Hands a value over. False if the buffer is full; the value is dropped then. After the end it does nothing. */
  push(value: T): boolean {
    if (this.#isOver) return true;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      if (this.size >= this.#capacity) return false;
      this.#values.push(value);
      return true;
    }
    waiter.resolve({ done: false, value });
    this.#taken?.();
    return true;
  }

  /** Drops the value that has waited longest. */
  drop(): void {
    if (this.size > 0) this.#shift();
  }

  /** No value follows; what waits is still handed out. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve({ done: true, value: undefined });
  }

  /** The loop throws `error` after it has taken what waits. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    const waiters = this.#waiters.splice(0);
    if (waiters.length === 0) this.#error = { error };
    this.#isOver = true;
    for (const { reject } of waiters) reject(error);
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.size > 0) {
      const value = this.#shift();
      this.#taken?.();
      return { done: false, value };
    }
    if (!this.#isOver) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    // The error is thrown once; after that the iterator is at its end, as generators are.
    const failure = this.#error;
    this.#error = undefined;
    if (failure !== undefined) throw failure.error;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<T, undefined>> {
    const isEarly = !this.#isOver;
    this.#values = [];
    this.#first = 0;
    this.#error = undefined;
    this.finish();
    if (isEarly) this.#left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #shift(): T {
    const value = this.#values[this.#first++]!;
    if (this.#first * 2 > this.#values.length) {
      this.#values.splice(0, this.#first);
      this.#first = 0;
    }
    return value;
  }
}
