import { describe, expect, it } from 'vitest';
import { ValueQueue } from './value-queue.js';

async function all<T>(queue: ValueQueue<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of queue) seen.push(value);
  return seen;
}

describe('a value queue', () => {
  it('hands out what waits, then what comes, then ends', async () => {
    const queue = new ValueQueue<number>(10, () => undefined);
    queue.push(1);
    const seen = all(queue);
    await Promise.resolve();
    queue.push(2);
    queue.finish();
    queue.push(3);
    expect(await seen).toEqual([1, 2]);
  });

  it('refuses what does not fit, but never a value that somebody waits for', async () => {
    const queue = new ValueQueue<number>(1, () => undefined);
    expect(queue.push(1)).toBe(true);
    expect(queue.push(2)).toBe(false);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    const waiting = [queue.next(), queue.next()];
    expect(queue.push(3)).toBe(true);
    expect(queue.push(4)).toBe(true);
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 3 },
      { done: false, value: 4 },
    ]);
  });

  it('throws its error once, behind the values, and to everybody who waits', async () => {
    const trouble = new Error('no');
    const queue = new ValueQueue<number>(10, () => undefined);
    queue.push(1);
    queue.fail(trouble);
    expect(await queue.next()).toEqual({ done: false, value: 1 });
    await expect(queue.next()).rejects.toBe(trouble);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    const other = new ValueQueue<number>(10, () => undefined);
    const waiting = other.next();
    other.fail(trouble);
    await expect(waiting).rejects.toBe(trouble);
  });

  it('tells when the consumer leaves early, and only then', async () => {
    let left = 0;
    const queue = new ValueQueue<number>(10, () => (left += 1));
    queue.push(1);
    for await (const value of queue) {
      expect(value).toBe(1);
      break;
    }
    await queue.return();
    expect(left).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    const ended = new ValueQueue<number>(10, () => (left += 1));
    ended.finish();
    await all(ended);
    await ended.return();
    expect(left).toBe(1);
  });
});
