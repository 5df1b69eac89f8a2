/**
 * Write batching: frames for one socket within one turn of the event loop leave in one system call.
 * Owns the list of sockets that wait for the end of the turn, and the memory in which frames are gathered; knows nothing of
 * frames.
 *
 * A message that arrives in the poll phase is answered in the check phase of the same turn, so a message that waits alone
 * waits only until the sockets that were readable together with it have been served.
 */

/** Something with writes held back that go out on `flush`. */
export interface Flushable {
  /** Writes what was held back. Must not throw. */
  flush(): void;
}

/** Sizes of the memory in which a socket's frames are gathered. The last one holds what is written at once, and some more. */
const CHUNK_BYTES = [1024, 4 * 1024, 16 * 1024, 96 * 1024] as const;

/** So many bytes of each size wait to be used again; more than that is left to the garbage collector. */
const KEPT_BYTES = 1024 * 1024;

/** The largest chunk. */
export const MAX_CHUNK_BYTES: number = CHUNK_BYTES[3];

/** Sockets with held-back writes, flushed together at the end of the turn: one `setImmediate` for all of them. */
export class WriteBatch {
  #waiting: Flushable[] = [];
  #flushing: Flushable[] = [];
  readonly #free: Buffer[][] = CHUNK_BYTES.map(() => []);
  readonly #atEndOfTurn = (): void => this.#flushAll();

  /** Has `link` flushed at the end of this turn. The caller adds each link at most once between two flushes. */
  add(link: Flushable): void {
    if (this.#waiting.push(link) === 1) setImmediate(this.#atEndOfTurn);
  }

  /** Memory of at least so many bytes, {@link MAX_CHUNK_BYTES} at most. */
  takeChunk(bytes: number): Buffer {
    let size = 0;
    while (CHUNK_BYTES[size]! < bytes) size += 1;
    return this.#free[size]!.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES[size]!);
  }

  /** Takes memory back that nobody reads any more. */
  giveBack(chunk: Buffer): void {
    const free = this.#free[CHUNK_BYTES.indexOf(chunk.length)];
    if (free !== undefined && free.length * chunk.length < KEPT_BYTES) free.push(chunk);
  }

  #flushAll(): void {
    const links = this.#waiting;
    this.#waiting = this.#flushing;
    this.#flushing = links;
    for (let i = 0; i < links.length; i++) links[i]!.flush();
    links.length = 0;
  }
}
