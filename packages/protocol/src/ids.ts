/**
 * WAMP ids: their range, random ids of global scope, and the sequential counter of session scope.
 */

/** The largest legal id, 2^53. Note that `Number.isSafeInteger(MAX_ID)` is false although the id is legal. */
export const MAX_ID = 2 ** 53;

/** True for an integer in 1..2^53. Source: WAMP basic profile "IDs". */
export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ID;
}

/** A source of uniformly distributed unsigned 32-bit integers; must be cryptographically strong for a router. */
export type RandomUint32 = () => number;

/**
 * Draws an id of global scope: uniform over 1..2^53.
 * @param random32 the source of randomness
 */
export function randomId(random32: RandomUint32): number {
  const high = random32() >>> 11; // 21 bits
  const low = random32() >>> 0; // 32 bits
  return high * 0x1_0000_0000 + low + 1;
}

/** The id that follows `id` in a session-scope sequence: one more, and 1 after 2^53. */
export function nextId(id: number): number {
  return id >= MAX_ID ? 1 : id + 1;
}

/** Counter of session scope: 1, 2, 3, … 2^53, 1. One per direction and session. */
export class IdSequence {
  #last: number;

  /** @param last the id that counts as already used; 0 for a new session */
  constructor(last = 0) {
    this.#last = last;
  }

  /** The id that was given out last; 0 if none was. */
  get last(): number {
    return this.#last;
  }

  /** Takes the next id. */
  next(): number {
    this.#last = nextId(this.#last);
    return this.#last;
  }
}
