import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineQueue, type Timed } from './deadline-queue.js';

const item = (): Timed => ({ deadline: 0, heapIndex: -1 });

describe('DeadlineQueue', () => {
  it('is empty at first', () => {
    const queue = new DeadlineQueue();
    expect([queue.size, queue.earliest, queue.due(Infinity)]).toEqual([0, undefined, undefined]);
  });

  it('tells the earliest deadline and gives nothing before it is due', () => {
    const queue = new DeadlineQueue();
    const [late, early] = [item(), item()];
    queue.arm(late, 20);
    queue.arm(early, 10);
    expect(queue.earliest).toBe(10);
    expect(queue.due(9)).toBeUndefined();
    expect(queue.due(10)).toBe(early);
    expect(queue.size).toBe(2);
  });

  it('moves an armed item to another deadline, later or earlier', () => {
    const queue = new DeadlineQueue();
    const [one, two] = [item(), item()];
    queue.arm(one, 10);
    queue.arm(two, 20);
    queue.arm(one, 30);
    expect(queue.earliest).toBe(20);
    queue.arm(one, 5);
    expect(queue.due(5)).toBe(one);
    expect(queue.size).toBe(2);
  });

  it('disarming twice, or what was never armed, does nothing', () => {
    const queue = new DeadlineQueue();
    const [one, two] = [item(), item()];
    queue.arm(one, 10);
    queue.disarm(two);
    queue.disarm(one);
    queue.disarm(one);
    expect(queue.size).toBe(0);
    expect(one.heapIndex).toBe(-1);
  });

  it('behaves like a sorted list, whatever is armed, moved and disarmed', () => {
    const step = fc.record({
      which: fc.nat({ max: 15 }),
      at: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const queue = new DeadlineQueue<Timed>();
        const items = Array.from({ length: 16 }, item);
        const armed = new Map<Timed, number>();
        for (const { which, at } of steps) {
          const one = items[which]!;
          if (at === undefined) {
            queue.disarm(one);
            armed.delete(one);
          } else {
            queue.arm(one, at);
            armed.set(one, at);
          }
          expect(queue.size).toBe(armed.size);
          expect(queue.earliest).toBe(armed.size === 0 ? undefined : Math.min(...armed.values()));
        }
        const order: number[] = [];
        for (let due = queue.due(50); due !== undefined; due = queue.due(50)) {
          order.push(armed.get(due)!);
          queue.disarm(due);
        }
        expect(order).toEqual([...armed.values()].sort((one, two) => one - two));
      }),
    );
  });
});
