/** What came of things: those that happened, one by one, and those that failed. */
import { expect } from 'vitest';
import { Failure } from './interop-peer.fixture.js';

/** Waits for a number of things to have happened. */
export class Tally<T> {
  readonly seen: T[] = [];
  #waiting: (() => void)[] = [];
  readonly add = (thing: T): void => {
    this.seen.push(thing);
    for (const wake of this.#waiting.splice(0)) wake();
  };
  async reach(count: number): Promise<readonly T[]> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.seen;
  }
}

/** The failure that some work ends with; a failure of the test if it does not. */
export const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return error as Failure;
  }
  throw new Error('it should have failed');
};
