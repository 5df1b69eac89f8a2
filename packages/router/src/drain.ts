/**
 * The orderly end of a router whose clients are to go on elsewhere, or here after a restart: no new calls, and each session
 * ends as soon as none of its calls runs, at the latest when the time is up.
 * Owns the keys of the extension and the order of things; what a session's end looks like is the session's business.
 *
 * Peers that know nothing of it see their transport close (WebSocket: 1012, "Service Restart") without GOODBYE, because
 * clients in the field take GOODBYE as a reason not to come back. Those that say `x_drain` in HELLO get a GOODBYE which tells
 * that the router has answered every call that reached it, so that what is unanswered can safely be called again.
 */
import type { Clock } from './clock.js';

/** HELLO.Details: `true`: the client knows what {@link DRAINED_KEY} means. */
export const DRAIN_KEY = 'x_drain';

/**
 * Details of GOODBYE: `true`: calls of this session that are unanswered were not routed. Details of ERROR to a CALL: this one
 * was not routed.
 */
export const DRAINED_KEY = 'x_drained';

/** A session on its way out. */
export interface DrainingSession {
  /** From now on new calls are refused. */
  beginDrain(): void;
  /** True if no call of this session runs, neither as caller nor as callee. */
  readonly isIdle: boolean;
  /** Ends the session, whatever state it is in; does nothing if it has ended. */
  depart(): void;
}

/** How often it is looked whether a session has become idle: nobody notices this delay, and nothing is counted per call. */
const LOOK_MS = 20;

export class Drain {
  readonly #clock: Clock;
  readonly #endsAt: number;
  #waiting: DrainingSession[];
  #interrupted = 0;

  /** @param timeoutMs how long running calls may take */
  constructor(sessions: readonly DrainingSession[], clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#endsAt = clock.now() + timeoutMs;
    this.#waiting = [...sessions];
  }

  /** Sessions that were ended although a call of theirs was running. */
  get interrupted(): number {
    return this.#interrupted;
  }

  /** @param done called when no session is left, once */
  start(done: () => void): void {
    // All of them first: the end of one session must not make another one's call fail that has not been refused yet.
    for (const session of this.#waiting) session.beginDrain();
    this.#look(done);
  }

  #look(done: () => void): void {
    const isTimeUp = this.#clock.now() >= this.#endsAt;
    const busy: DrainingSession[] = [];
    for (const session of this.#waiting) {
      if (session.isIdle) session.depart();
      else busy.push(session);
    }
    this.#waiting = busy;
    if (isTimeUp) this.#interrupt();
    if (this.#waiting.length === 0) done();
    else this.#clock.startTimer(() => this.#look(done), LOOK_MS);
  }

  #interrupt(): void {
    for (const session of this.#waiting) {
      // The end of another session may have ended this one's calls.
      if (!session.isIdle) this.#interrupted += 1;
      session.depart();
    }
    this.#waiting = [];
  }
}
