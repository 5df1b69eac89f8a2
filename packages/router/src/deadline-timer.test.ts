import { expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.fixture.js';
import { DeadlineTimer } from './deadline-timer.js';

interface Set {
  readonly clock: ManualClock;
  readonly timer: DeadlineTimer;
  readonly fired: number[];
  deadline: number | undefined;
}

function make(): Set {
  const clock = new ManualClock(1_000);
  const fired: number[] = [];
  const timer = new DeadlineTimer(clock, () => {
    fired.push(clock.now());
    if (set.deadline !== undefined && set.deadline <= clock.now()) set.deadline = undefined;
    timer.update(set.deadline);
  });
  const set: Set = { clock, timer, fired, deadline: undefined };
  return set;
}

it('fires at the deadline, not before', () => {
  const set = make();
  set.timer.update((set.deadline = 1_500));
  set.clock.advance(499);
  expect(set.fired).toEqual([]);
  set.clock.advance(1);
  expect(set.fired).toEqual([1_500]);
});

it('is started anew only for an earlier deadline', () => {
  const set = make();
  for (const deadline of [2_000, 2_000, 3_000, 2_000, 9_000]) set.timer.update(deadline);
  expect(set.clock.started).toBe(1);
  set.timer.update((set.deadline = 1_500));
  expect(set.clock.started).toBe(2);
  expect(set.clock.running).toBe(1);
  set.clock.advance(600);
  expect(set.fired).toEqual([1_500]);
});

it('fires too early once, for a deadline that went away, and then at the right time', () => {
  const set = make();
  set.timer.update(2_000);
  set.timer.update(undefined);
  set.timer.update((set.deadline = 5_000));
  set.clock.advance(10_000);
  expect(set.fired).toEqual([2_000, 5_000]);
  expect(set.clock.running).toBe(0);
});

it('does not hold the process while there is no deadline', () => {
  const set = make();
  set.timer.update(2_000);
  expect(set.clock.held.size).toBe(1);
  set.timer.update(undefined);
  expect(set.clock.held.size).toBe(0);
  set.timer.update(3_000);
  expect(set.clock.held.size).toBe(1);
  set.timer.stop();
  expect(set.clock.running).toBe(0);
});

it('a deadline that has passed, or that is further away than a timer reaches, is no trouble', () => {
  const set = make();
  set.timer.update((set.deadline = 500));
  set.clock.advance(1);
  expect(set.fired).toEqual([1_001]);
  set.timer.update((set.deadline = 1_001 + 2 ** 31 + 500));
  set.clock.advance(2 ** 31 - 1);
  expect(set.fired).toHaveLength(2);
  expect(set.deadline).toBeDefined();
  set.clock.advance(1_000);
  expect(set.deadline).toBeUndefined();
});
