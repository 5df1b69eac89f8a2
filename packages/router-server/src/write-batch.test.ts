import { describe, expect, it } from 'vitest';
import { WriteBatch, type Flushable } from './write-batch.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('write batch', () => {
  it('flushes every waiting link once, at the end of the turn', async () => {
    const batch = new WriteBatch();
    const flushed: string[] = [];
    for (const name of ['a', 'b', 'c']) batch.add({ flush: () => void flushed.push(name) });
    await Promise.resolve();
    expect(flushed).toEqual([]);
    await turn();
    expect(flushed).toEqual(['a', 'b', 'c']);
    await turn();
    expect(flushed).toHaveLength(3);
  });

  it('a link that waits again while the others are flushed is flushed in the next turn', async () => {
    const batch = new WriteBatch();
    let flushes = 0;
    const link: Flushable = {
      flush: () => {
        flushes += 1;
        if (flushes === 1) batch.add(link);
      },
    };
    batch.add(link);
    await turn();
    expect(flushes).toBe(1);
    await turn();
    expect(flushes).toBe(2);
  });
});
