import { expect, it } from 'vitest';
import { systemClock, systemRandom32 } from './clock.js';

it('the time is that of the day, in milliseconds, and never goes backwards', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
  let last = systemClock.now();
  for (let n = 0; n < 10_000; n += 1) {
    const now = systemClock.now();
    expect(now >= last).toBe(true);
    last = now;
  }
});

it('timers call back once, later, and not after they were stopped', async () => {
  const fired: string[] = [];
  systemClock.startTimer(() => fired.push('stopped'), 1).stop();
  await new Promise<void>((resolve) => {
    systemClock.startTimer(() => {
      fired.push('kept');
      resolve();
    }, 5);
    expect(fired).toEqual([]);
  });
  expect(fired).toEqual(['kept']);
});

it('a timer that is not held fires all the same while the process lives', async () => {
  await new Promise<void>((resolve) => {
    const timer = systemClock.startTimer(resolve, 2);
    timer.hold(false);
    timer.hold(true);
  });
});

it('random numbers fill 32 bits and differ between sources', () => {
  const [one, other] = [systemRandom32(), systemRandom32()];
  const numbers = Array.from({ length: 1_000 }, () => one());
  expect(new Set(numbers).size).toBeGreaterThan(990);
  expect(Math.max(...numbers)).toBeGreaterThan(2 ** 31);
  expect(numbers.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
  expect(other()).not.toBe(numbers[0]);
});
