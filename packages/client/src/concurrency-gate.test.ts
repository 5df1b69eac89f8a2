import { describe, expect, it } from 'vitest';
import { ConcurrencyGate } from './concurrency-gate.js';

describe('a concurrency gate', () => {
  it('starts as many as may run, and the others in order as they finish', () => {
    const started: number[] = [];
    const gate = new ConcurrencyGate<number>(2, (item) => started.push(item));
    for (let i = 1; i <= 4; i++) gate.enter(i);
    expect(started).toEqual([1, 2]);
    gate.leave();
    expect(started).toEqual([1, 2, 3]);
    gate.leave();
    gate.leave();
    gate.enter(5);
    expect(started).toEqual([1, 2, 3, 4, 5]);
  });

  it('does not start what was given up while it waited', () => {
    const started: number[] = [];
    const gate = new ConcurrencyGate<number>(1, (item) => started.push(item));
    for (let i = 1; i <= 3; i++) gate.enter(i);
    gate.giveUp(2);
    gate.leave();
    expect(started).toEqual([1, 3]);
  });

  it('works off a long queue of what is done at once', () => {
    let done = 0;
    const gate: ConcurrencyGate<number> = new ConcurrencyGate(1, (item) => {
      done += 1;
      if (item > 0) gate.leave();
    });
    for (let i = 0; i < 100_000; i++) gate.enter(i);
    expect(done).toBe(1);
    gate.leave();
    expect(done).toBe(100_000);
  });
});
