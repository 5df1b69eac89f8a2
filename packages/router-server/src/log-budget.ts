/**
 * How many log lines of one kind are written in a second: a peer that can cause a line must not be able to fill the disk,
 * or to bury all other lines. What is left out is counted, and the count is written once the second is over.
 * Owns the counting; writes nothing itself.
 */

const WINDOW_MS = 1_000;

/** Told how many lines of one kind were left out in the last second. */
export type TellSuppressed = (event: string, count: number) => void;

export class LogBudget {
  readonly #linesPerSecond: number;
  readonly #tell: TellSuppressed;
  /** lines of the present second by kind; kinds are the few names of log events */
  readonly #asked = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined = undefined;
  #suppressed = 0;

  /** @param linesPerSecond of each kind; 0 is no limit */
  constructor(linesPerSecond: number, tell: TellSuppressed) {
    this.#linesPerSecond = linesPerSecond;
    this.#tell = tell;
  }

  /** Lines that were left out since the beginning. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** @returns whether a line of this kind may be written now */
  admits(event: string): boolean {
    if (this.#linesPerSecond === 0) return true;
    this.#timer ??= setTimeout(() => this.endWindow(), WINDOW_MS).unref();
    const asked = (this.#asked.get(event) ?? 0) + 1;
    this.#asked.set(event, asked);
    if (asked <= this.#linesPerSecond) return true;
    this.#suppressed += 1;
    return false;
  }

  /** Tells what was left out, and begins anew; also to be called at the end of the process. */
  endWindow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const asked = [...this.#asked];
    this.#asked.clear();
    for (const [event, count] of asked) {
      if (count > this.#linesPerSecond) this.#tell(event, count - this.#linesPerSecond);
    }
  }
}
