/**
 * How many of a registration's invocations run at a time. Routers that know the `concurrency` option refuse the
 * others, or queue them; this is for those that do not.
 * Owns the count and the queue; runs nothing by itself and does not know what an invocation is.
 */
export class ConcurrencyGate<T> {
  readonly #most: number;
  readonly #start: (item: T) => void;
  readonly #waiting = new Set<T>();
  #running = 0;
  #isStarting = false;

  /**
   * @param most how many run at a time
   * @param start starts one; `leave` has to be called once for each when it is done. Must not throw.
   */
  constructor(most: number, start: (item: T) => void) {
    this.#most = most;
    this.#start = start;
  }

  /** Starts it now, or when its turn comes. */
  enter(item: T): void {
    this.#waiting.add(item);
    this.#startNext();
  }

  /** One that was started is done. */
  leave(): void {
    this.#running -= 1;
    this.#startNext();
  }

  /** It is not to be started any more; without effect if it has been. */
  giveUp(item: T): void {
    this.#waiting.delete(item);
  }

  #startNext(): void {
    // What is done at once leaves from within `start`: a loop, so that a long queue of such needs no deep stack.
    if (this.#isStarting) return;
    this.#isStarting = true;
    for (const item of this.#waiting) {
      if (this.#running >= this.#most) break;
      this.#waiting.delete(item);
      this.#running += 1;
      this.#start(item);
    }
    this.#isStarting = false;
  }
}
