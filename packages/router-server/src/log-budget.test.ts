import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogBudget } from './log-budget.js';

describe('the budget of log lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('admits so many lines of a kind in a second, and tells once how many it left out', () => {
    const told: [string, number][] = [];
    const budget = new LogBudget(3, (event, count) => told.push([event, count]));
    const admitted = (event: string, lines: number): number =>
      Array.from({ length: lines }, () => budget.admits(event)).filter(Boolean).length;
    expect(admitted('session_joined', 10)).toBe(3);
    expect(admitted('session_left', 2)).toBe(2);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([['session_joined', 7]]);
    expect(admitted('session_joined', 3)).toBe(3);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(1);
    expect(budget.suppressed).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('0 is no limit', () => {
    const budget = new LogBudget(0, () => undefined);
    for (let i = 0; i < 10_000; i++) expect(budget.admits('x')).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
