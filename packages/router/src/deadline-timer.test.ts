import { expect, it } from 'vitest';
import { ManualClock } from '../test/manual-clock.fixture.js';
import { DeadlineTimer, type DeadlineWatch } from './deadline-timer.js';

interface Set {
  readonly clock: ManualClock;
  readonly all: DeadlineTimer;
  readonly timer: DeadlineWatch;
  readonly fired: number[];
  deadline: number | undefined;
}

function make(): Set {
  const clock = new ManualClock(1_000);
  const fired: number[] = [];
  const all = new DeadlineTimer(clock);
  const timer = all.watch(() => {
    fired.push(clock.now());
    if (set.deadline !== undefined && set.deadline <= clock.now()) set.deadline = undefined;
    timer.update(set.deadline);
  });
  const set: Set = { clock, all, timer, fired, deadline: undefined };
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

it('wakes too early once, for a deadline that went away, and then serves at the right time', () => {
  const set = make();
  set.timer.update(2_000);
  set.timer.update(undefined);
  set.timer.update((set.deadline = 5_000));
  set.clock.advance(10_000);
  expect(set.fired).toEqual([5_000]);
  expect(set.clock.started).toBe(2);
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
  set.all.stop();
  expect(set.clock.running).toBe(0);
});

it('a deadline that has passed, or that is further away than a timer reaches, is no trouble', () => {
  const set = make();
  set.timer.update((set.deadline = 500));
  set.clock.advance(1);
  expect(set.fired).toEqual([1_001]);
  set.timer.update((set.deadline = 1_001 + 2 ** 31 + 500));
  set.clock.advance(2 ** 31 - 1);
  expect(set.fired).toHaveLength(1);
  expect(set.deadline).toBeDefined();
  set.clock.advance(1_000);
  expect(set.deadline).toBeUndefined();
});

it('serves all realms with one timer, each at its own time and only then', () => {
  const clock = new ManualClock(1_000);
  const timer = new DeadlineTimer(clock);
  const fired: [string, number][] = [];
  const realm = (name: string): DeadlineWatch => {
    const watch = timer.watch(() => {
      fired.push([name, clock.now()]);
      watch.update(undefined);
    });
    return watch;
  };
  const [one, two, three] = [realm('one'), realm('two'), realm('three')];
  one.update(3_000);
  two.update(2_000);
  three.update(2_000);
  expect(clock.running).toBe(1);
  clock.advance(5_000);
  expect(fired).toEqual([
    ['two', 2_000],
    ['three', 2_000],
    ['one', 3_000],
  ]);
  expect(clock.running).toBe(0);
});

it('holds the process as long as any realm has a deadline', () => {
  const clock = new ManualClock(1_000);
  const timer = new DeadlineTimer(clock);
  const [one, two] = [timer.watch(() => undefined), timer.watch(() => undefined)];
  one.update(2_000);
  two.update(3_000);
  one.update(undefined);
  expect(clock.held.size).toBe(1);
  two.update(undefined);
  expect(clock.held.size).toBe(0);
});

it('a realm whose deadline moved away while others were served is served later', () => {
  const clock = new ManualClock(1_000);
  const timer = new DeadlineTimer(clock);
  const fired: number[] = [];
  const moved = timer.watch(() => {
    fired.push(clock.now());
    moved.update(undefined);
  });
  const first = timer.watch(() => {
    moved.update(2_500);
    first.update(undefined);
  });
  first.update(2_000);
  moved.update(2_000);
  clock.advance(5_000);
  expect(fired).toEqual([2_500]);
});
