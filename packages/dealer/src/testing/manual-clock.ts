/** A clock that moves only when it is told to. */
export class ManualClock {
  #now: number;

  /** @param start milliseconds since the epoch; default a fixed moment in 2023 */
  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  /** milliseconds since the epoch */
  get now(): number {
    return this.#now;
  }

  /** Moves on by some milliseconds. @throws RangeError if that were backwards */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('a clock does not go backwards');
    this.#now += ms;
  }
}
