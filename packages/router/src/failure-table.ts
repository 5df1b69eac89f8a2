/**
 * How often something has failed lately, by key. Failures are forgiven steadily. Bounded: what has not failed for longest is
 * forgotten first. Knows nothing of what fails.
 */

interface Level {
  /** failures that are not forgiven yet, as of `at` */
  readonly level: number;
  /** milliseconds since the epoch */
  readonly at: number;
}

export class FailureTable {
  readonly #most: number;
  readonly #windowMs: number;
  readonly #size: number;
  readonly #levels = new Map<string, Level>();

  /**
   * @param most failures of one key before it is full
   * @param windowMs milliseconds in which so many are forgiven
   * @param size keys that are remembered
   */
  constructor(most: number, windowMs: number, size: number) {
    this.#most = most;
    this.#windowMs = windowMs;
    this.#size = size;
  }

  add(key: string, now: number): void {
    const level = this.#levelOf(key, now) + 1;
    // Behind all others: the first ones have been left alone for longest.
    this.#levels.delete(key);
    this.#levels.set(key, { level, at: now });
    if (this.#levels.size <= this.#size) return;
    const oldest = this.#levels.keys().next();
    if (oldest.done !== true) this.#levels.delete(oldest.value);
  }

  forget(key: string): void {
    this.#levels.delete(key);
  }

  /** Milliseconds until the key may fail again; 0 if it may now. */
  waitMs(key: string, now: number): number {
    const excess = this.#levelOf(key, now) - (this.#most - 1);
    return excess <= 0 ? 0 : Math.ceil((excess * this.#windowMs) / this.#most);
  }

  #levelOf(key: string, now: number): number {
    const kept = this.#levels.get(key);
    if (kept === undefined) return 0;
    return Math.max(0, kept.level - ((now - kept.at) * this.#most) / this.#windowMs);
  }
}
