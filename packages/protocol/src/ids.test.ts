import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSequence, isId, MAX_ID, nextId, randomId } from './ids.js';

describe('isId', () => {
  it('admits integers from 1 to 2^53, both included', () => {
    for (const id of [1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER, MAX_ID]) expect(isId(id)).toBe(true);
  });

  it('refuses everything else', () => {
    for (const value of [0, -1, 1.5, MAX_ID + 2, NaN, Infinity, '1', 1n, null, undefined, true, [1]]) {
      expect(isId(value)).toBe(false);
    }
  });
});

describe('randomId', () => {
  const drawing = (...numbers: number[]) => {
    let at = 0;
    return () => numbers[at++]!;
  };

  it('reaches both ends of the range', () => {
    expect(randomId(drawing(0, 0))).toBe(1);
    expect(randomId(drawing(0xffff_ffff, 0xffff_ffff))).toBe(MAX_ID);
  });

  it('takes 21 bits from the first number and 32 from the second', () => {
    expect(randomId(drawing(1 << 11, 0))).toBe(2 ** 32 + 1);
    expect(randomId(drawing(0x7ff, 5))).toBe(6);
  });

  it('always gives an id', () => {
    const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(fc.property(uint32, uint32, (a, b) => isId(randomId(drawing(a, b)))));
  });
});

describe('IdSequence', () => {
  it('counts from 1', () => {
    const ids = new IdSequence();
    expect(ids.last).toBe(0);
    expect([ids.next(), ids.next(), ids.next()]).toEqual([1, 2, 3]);
    expect(ids.last).toBe(3);
  });

  it('starts over at 1 behind 2^53', () => {
    const ids = new IdSequence(MAX_ID - 1);
    expect([ids.next(), ids.next(), ids.next()]).toEqual([MAX_ID, 1, 2]);
    expect(nextId(MAX_ID)).toBe(1);
    expect(nextId(1)).toBe(2);
  });
});
