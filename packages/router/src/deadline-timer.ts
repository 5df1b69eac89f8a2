/**
 * One timer for the earliest of many deadlines. Started anew only when an earlier deadline comes up; a deadline that went
 * away leaves it running, and it finds nothing to do. Knows nothing of calls.
 */
import { MAX_TIMER_MS, type Clock, type Timer } from './clock.js';

export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #timer: Timer | undefined = undefined;
  /** when the running timer fires, epoch ms; Infinity without one */
  #firesAt = Infinity;
  /** false while there is no deadline, so that a leftover timer does not keep a process alive */
  #held = true;

  /** @param expire called when a deadline may have passed; it has to end with `update` */
  constructor(clock: Clock, expire: () => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** Takes note of the earliest deadline, epoch ms; undefined if there is none. To be called after every dispatch. */
  update(earliest: number | undefined): void {
    if (earliest === undefined) {
      if (this.#held && this.#timer !== undefined) this.#hold(false);
      return;
    }
    if (earliest < this.#firesAt) this.#start(earliest);
    else if (!this.#held) this.#hold(true);
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #hold(held: boolean): void {
    this.#held = held;
    this.#timer?.hold(held);
  }

  #start(deadline: number): void {
    this.#timer?.stop();
    const delayMs = Math.min(Math.max(Math.ceil(deadline - this.#clock.now()), 1), MAX_TIMER_MS);
    this.#firesAt = deadline;
    this.#held = true;
    this.#timer = this.#clock.startTimer(() => {
      this.#timer = undefined;
      this.#firesAt = Infinity;
      this.#expire();
    }, delayMs);
  }
}
