/**
 * The one door to the host's time, timers and randomness. Everything else in this package has them handed in.
 * Owns the defaults, which exist in Node and in browsers alike; must not know what they are used for.
 */
import type { RandomUint32 } from '@wamp/protocol';

/** A timer that was started and has not fired yet. */
export interface Timer {
  /** Stops it; the callback will not come. Does nothing after it fired. */
  stop(): void;
  /** Whether the host's process has to stay alive for it; true at first. A host without that notion ignores it. */
  hold(held: boolean): void;
}

/** Time and timers, as the router needs them. */
export interface Clock {
  /** Milliseconds since the epoch; never goes backwards. */
  now(): number;
  /**
   * Calls back once, after `delayMs` milliseconds or a little later, never synchronously.
   * @param delayMs 0..2^31-1
   */
  startTimer(callback: () => void, delayMs: number): Timer;
}

/**
 * Does work in a later turn of the host's event loop, behind the input that has arrived by then. What is handed over first
 * is done first.
 */
export type Defer = (work: () => void) => void;

/** The longest delay that every host's timers can measure, in milliseconds; more would fire at once in Node. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

declare const performance: { readonly timeOrigin: number; now(): number };
declare const crypto: { getRandomValues(array: Uint32Array): Uint32Array };
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(handle: unknown): void;
/** Only in Node, Deno and Bun. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/** What Node's timer handles can do and a browser's numbers cannot. */
interface RefCounted {
  ref(): void;
  unref(): void;
}

class HostTimer implements Timer {
  readonly #handle: unknown;

  constructor(callback: () => void, delayMs: number) {
    this.#handle = setTimeout(callback, delayMs);
  }

  stop(): void {
    clearTimeout(this.#handle);
  }

  hold(held: boolean): void {
    const handle = this.#handle;
    if (typeof handle !== 'object' || handle === null) return;
    if (held) (handle as RefCounted).ref();
    else (handle as RefCounted).unref();
  }
}

/** The host's clock. The time of day is read once, at the start; from there on the monotonic clock counts. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),
  startTimer: (callback: () => void, delayMs: number): Timer => new HostTimer(callback, delayMs),
});

/** The host's next turn. Browsers have none but a timer's, which they delay by some milliseconds. */
export const systemDefer: Defer = (work) => {
  if (typeof setImmediate === 'function') setImmediate(work);
  else setTimeout(work, 0);
};

/** How many random numbers are drawn from the host at a time: a call costs about as much as 256 numbers do. */
const POOL = 256;

/** The host's cryptographic randomness, one unsigned 32-bit integer per call. */
export function systemRandom32(): RandomUint32 {
  const pool = new Uint32Array(POOL);
  let next = POOL;
  return () => {
    if (next >= POOL) {
      crypto.getRandomValues(pool);
      next = 0;
    }
    const value = pool[next]!;
    // A number that was given out stays nowhere.
    pool[next] = 0;
    next += 1;
    return value;
  };
}
