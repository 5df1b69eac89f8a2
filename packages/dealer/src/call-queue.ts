/**
 * Calls of one registration that wait for a free slot, first in, first out.
 * A call that is canceled, timed out or abandoned leaves at once from the count and a little later from the array: the
 * array never holds more than twice the waiting calls plus a constant. Must not decide who may wait.
 */
import type { Invocation } from './invocation.js';
import { CallState } from './invocation-lifecycle.js';

/** Ended calls that may lie in the array before it is tidied, however few are waiting. */
const SLACK = 32;

export class CallQueue<Owner> {
  #calls: Invocation<Owner>[] = [];
  #head = 0;
  #size = 0;
  /** true while somebody is emptying the queue; calls that leave meanwhile need not start that again */
  isDraining = false;

  /** How many calls wait. */
  get size(): number {
    return this.#size;
  }

  push(invocation: Invocation<Owner>): void {
    this.#calls.push(invocation);
    this.#size += 1;
  }

  /** The call that has waited longest; it stays in the queue. */
  first(): Invocation<Owner> | undefined {
    if (this.#size === 0) return undefined;
    let first = this.#calls[this.#head]!;
    while (first.state !== CallState.Queued) {
      this.#head += 1;
      first = this.#calls[this.#head]!;
    }
    return first;
  }

  /** To be called once for a call of this queue whose state is no longer Queued. */
  left(): void {
    this.#size -= 1;
    if (this.#calls.length > 2 * this.#size + SLACK) this.#tidy();
  }

  #tidy(): void {
    this.#calls = this.#calls.filter((invocation) => invocation.state === CallState.Queued);
    this.#head = 0;
  }
}
