/** A clock that stands still until a test moves it. */
import type { Clock, Timer } from '../src/clock.js';

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #now: number;
  readonly #alarms = new Set<Alarm>();
  /** how many timers were ever started */
  started = 0;
  /** timers that would keep a process alive */
  readonly held = new Set<Timer>();

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** how many timers are running */
  get running(): number {
    return this.#alarms.size;
  }

  startTimer(callback: () => void, delayMs: number): Timer {
    this.started += 1;
    const alarm = { at: this.#now + delayMs, callback };
    this.#alarms.add(alarm);
    const timer: Timer = {
      stop: () => {
        this.#alarms.delete(alarm);
        this.held.delete(timer);
      },
      hold: (held) => {
        if (held) this.held.add(timer);
        else this.held.delete(timer);
      },
    };
    this.held.add(timer);
    return timer;
  }

  /** Moves the time on and fires what is due, earliest first. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#alarms].filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#alarms.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }
}
