/**
 * One timer for the earliest deadline of all realms of a router. Started anew only when an earlier deadline comes up; a
 * deadline that went away leaves it running, and it finds nothing to do. Knows nothing of calls.
 */
import { MAX_TIMER_MS, type Clock, type Timer } from './clock.js';

/** One realm's place at the timer. */
export interface DeadlineWatch {
  /** Takes note of the realm's earliest deadline, epoch ms; undefined if there is none. To be called after every dispatch. */
  update(earliest: number | undefined): void;
}

export class DeadlineTimer {
  readonly #clock: Clock;
  /** the realms that have a deadline */
  readonly #waiting = new Set<Watch>();
  #timer: Timer | undefined = undefined;
  /** when the running timer fires, epoch ms; Infinity without one */
  #firesAt = Infinity;
  /** false while there is no deadline, so that a leftover timer does not keep a process alive */
  #isHeld = true;
  #isFiring = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param expire called when the realm's deadline has passed; it has to end with `update` */
  watch(expire: () => void): DeadlineWatch {
    return new Watch(expire, (watch) => {
      this.#changed(watch);
    });
  }

  stop(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #changed(watch: Watch): void {
    if (watch.earliest === Infinity) this.#waiting.delete(watch);
    else this.#waiting.add(watch);
    // When all that is due has been served, the timer is set once.
    if (!this.#isFiring) this.#set(watch.earliest);
  }

  #set(earliest: number): void {
    if (earliest < this.#firesAt) this.#start(earliest);
    else this.#hold(this.#waiting.size > 0);
  }

  #hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#timer?.hold(isHeld);
  }

  #start(deadline: number): void {
    this.#timer?.stop();
    const delayMs = Math.min(Math.max(Math.ceil(deadline - this.#clock.now()), 1), MAX_TIMER_MS);
    this.#firesAt = deadline;
    this.#isHeld = true;
    this.#timer = this.#clock.startTimer(() => {
      this.#fire();
    }, delayMs);
  }

  #fire(): void {
    this.#timer = undefined;
    this.#firesAt = Infinity;
    const now = this.#clock.now();
    this.#isFiring = true;
    for (const watch of [...this.#waiting]) if (watch.earliest <= now) watch.expire();
    this.#isFiring = false;
    let earliest = Infinity;
    for (const watch of this.#waiting) earliest = Math.min(earliest, watch.earliest);
    if (earliest !== Infinity) this.#start(earliest);
  }
}

class Watch implements DeadlineWatch {
  readonly expire: () => void;
  /** epoch ms; Infinity without a deadline */
  earliest = Infinity;
  readonly #changed: (watch: Watch) => void;

  constructor(expire: () => void, changed: (watch: Watch) => void) {
    this.expire = expire;
    this.#changed = changed;
  }

  update(earliest: number | undefined): void {
    const deadline = earliest ?? Infinity;
    if (deadline === this.earliest) return;
    this.earliest = deadline;
    this.#changed(this);
  }
}
