/**
 * Paces logins: in one turn of the host's event loop only so much time goes to peers that are not in yet, however many
 * there are. The rest waits for later turns, in order, while those who are in are served. Knows nothing of what a login is.
 * What waits is bounded by the number of handshakes: each peer waits with one step at a time.
 */
import type { Defer } from './clock.js';

export class Reception {
  readonly #defer: Defer;
  readonly #now: () => number;
  readonly #turnMs: number;
  #waiting: (() => void)[] = [];
  #next = 0;
  /** milliseconds of the current turn that are used up */
  #spentMs = 0;
  #isDeferred = false;

  /**
   * @param now milliseconds
   * @param turnMs milliseconds of one turn that may be used
   */
  constructor(defer: Defer, now: () => number, turnMs: number) {
    this.#defer = defer;
    this.#now = now;
    this.#turnMs = turnMs;
  }

  /** True if work that comes now has to wait. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#spentMs >= this.#turnMs;
  }

  /** Does the work at once, or in a later turn. What it throws at once is thrown here; later it must not throw. */
  run(work: () => void): void {
    if (this.isBusy) this.#waiting.push(work);
    else this.#work(work);
  }

  #work(work: () => void): void {
    const began = this.#now();
    try {
      work();
    } finally {
      this.#spentMs += this.#now() - began;
      if (this.#spentMs > 0 && !this.#isDeferred) this.#nextTurn();
    }
  }

  #nextTurn(): void {
    this.#isDeferred = true;
    this.#defer(() => {
      this.#spentMs = 0;
      while (this.#next < this.#waiting.length && this.#spentMs < this.#turnMs) {
        const work = this.#waiting[this.#next]!;
        this.#next += 1;
        this.#work(work);
      }
      this.#isDeferred = false;
      const isDone = this.#next === this.#waiting.length;
      if (isDone) {
        this.#waiting = [];
        this.#next = 0;
      }
      if (!isDone || this.#spentMs > 0) this.#nextTurn();
    });
  }
}
