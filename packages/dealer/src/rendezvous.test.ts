import { describe, expect, it } from 'vitest';
import { hashInteger, hashKey, weigh } from './rendezvous.js';

describe('rendezvous hashing', () => {
  it('strings, numbers, booleans and bytes are keys, other values are not', () => {
    for (const key of ['', 'a', 0, 1.5, true, new Uint8Array([1])]) expect(hashKey(key)).toBeTypeOf('number');
    for (const key of [undefined, null, [], {}, 1n]) expect(hashKey(key)).toBeUndefined();
  });

  it('equal keys hash alike, different ones differently', () => {
    expect(hashKey('customer-1')).toBe(hashKey(['customer', 1].join('-')));
    expect(hashKey(new Uint8Array([1, 2]))).toBe(hashKey(new Uint8Array([1, 2])));
    const hashes = ['a', 'b', 'ab', 'ba', 1, '1', true, new Uint8Array([1]), new Uint8Array([1, 0])].map(
      hashKey,
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('session ids that differ only in their high bits have different seeds', () => {
    expect(hashInteger(1)).not.toBe(hashInteger(1 + 2 ** 32));
    expect(hashInteger(2 ** 53)).not.toBe(hashInteger(2 ** 52));
  });

  it('keys are spread evenly over callees', () => {
    const seeds = [11, 22, 33, 44].map(hashInteger);
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < 4000; index += 1) {
      const key = hashKey(`key-${index}`)!;
      const weights = seeds.map((seed) => weigh(key, seed));
      counts[weights.indexOf(Math.max(...weights))]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('a weight is an unsigned 32-bit integer', () => {
    for (const seed of [0, -1, 2 ** 31, 12345]) {
      const weight = weigh(hashKey('x')!, seed);
      expect(Number.isInteger(weight) && weight >= 0 && weight < 2 ** 32).toBe(true);
    }
  });
});
