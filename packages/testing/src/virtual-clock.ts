/**
 * Time that stands still until a test moves it. Owns the timers of a test router; knows nothing of what they are for.
 */
import type { Clock, Timer } from '@wamp/router';

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock for routers and lines whose time only passes in {@link VirtualClock.advance}. */
export class VirtualClock implements Clock {
  #now: number;
  /** in the order in which they were started */
  readonly #alarms = new Set<Alarm>();

  /** @param now milliseconds since the epoch at the beginning */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** how many timers are running */
  get timers(): number {
    return this.#alarms.size;
  }

  startTimer(callback: () => void, delayMs: number): Timer {
    const alarm = { at: this.#now + Math.max(0, delayMs), callback };
    this.#alarms.add(alarm);
    return {
      stop: () => this.#alarms.delete(alarm),
      // No process stays alive for it: the test does.
      hold: () => undefined,
    };
  }

  /**
   * Lets time pass. Timers fire in their order, each at its own time, and what they cause within the process settles
   * before the next one.
   * @param ms milliseconds; 0 only lets things settle
   */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settled();
    }
    this.#now = until;
  }

  /** The earliest of those that are due; of several the one that was started first. */
  #next(until: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.at <= until && (next === undefined || alarm.at < next.at)) next = alarm;
    }
    return next;
  }
}

/** Turns of the event loop after which everything in memory has come to rest, also after several hops. */
const TURNS = 5;

/** Lets what is under way within the process arrive. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setTimeout(resolve));
}
