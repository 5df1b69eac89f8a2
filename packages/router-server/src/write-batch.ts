/**
 * Write batching: frames for one socket within one turn of the event loop leave in one system call.
 * Owns the list of sockets that wait for the end of the turn; knows nothing of frames.
 *
 * A message that arrives in the poll phase is answered in the check phase of the same turn, so a message that waits alone
 * waits only until the sockets that were readable together with it have been served.
 */

/** Something with writes held back that go out on `flush`. */
export interface Flushable {
  /** Writes what was held back. Must not throw. */
  flush(): void;
}

/** Sockets with held-back writes, flushed together at the end of the turn: one `setImmediate` for all of them. */
export class WriteBatch {
  #waiting: Flushable[] = [];
  #flushing: Flushable[] = [];
  readonly #atEndOfTurn = (): void => this.#flushAll();

  /** Has `link` flushed at the end of this turn. The caller adds each link at most once between two flushes. */
  add(link: Flushable): void {
    if (this.#waiting.push(link) === 1) setImmediate(this.#atEndOfTurn);
  }

  #flushAll(): void {
    const links = this.#waiting;
    this.#waiting = this.#flushing;
    this.#flushing = links;
    for (let i = 0; i < links.length; i++) links[i]!.flush();
    links.length = 0;
  }
}
