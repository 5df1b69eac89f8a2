/**
 * The events that one session has not got because it reads too slowly: tells the operator when that begins, and from time
 * to time how it goes on. Must not decide what is dropped.
 */
import type { Timer } from './clock.js';
import { tell } from './observer.js';
import type { RouterContext } from './router-context.js';
import type { SessionInfo } from './session-info.js';

export class EventLosses {
  readonly #context: RouterContext;
  readonly #session: SessionInfo;
  #total = 0;
  #untold = 0;
  #timer: Timer | undefined = undefined;

  constructor(context: RouterContext, session: SessionInfo) {
    this.#context = context;
    this.#session = session;
  }

  /** One more event is lost. */
  add(): void {
    this.#total += 1;
    this.#untold += 1;
    if (this.#timer === undefined) this.#report();
  }

  /** The session has ended. */
  end(): void {
    this.#timer?.stop();
    this.#timer = undefined;
    if (this.#untold > 0) this.#tell();
  }

  /** Tells, and again after a while if more is lost by then. */
  #report(): void {
    this.#timer = undefined;
    if (this.#untold === 0) return;
    this.#tell();
    this.#timer = this.#context.clock.startTimer(() => {
      this.#report();
    }, this.#context.limits.lossReportMs);
    this.#timer.hold(false);
  }

  #tell(): void {
    const lost = this.#untold;
    this.#untold = 0;
    tell(this.#context.observer, (observer) => observer.eventsLost?.(this.#session, lost, this.#total));
  }
}
