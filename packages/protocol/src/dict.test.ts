import { describe, expect, it } from 'vitest';
import { EMPTY_DICT, isDict } from './dict.js';

describe('isDict', () => {
  it('is true for objects that are neither lists nor bytes', () => {
    for (const value of [{}, { a: 1 }, Object.create(null), EMPTY_DICT]) expect(isDict(value)).toBe(true);
  });

  it('is false for anything else', () => {
    for (const value of [
      null,
      undefined,
      [],
      'a',
      1,
      true,
      new Uint8Array(1),
      new DataView(new ArrayBuffer(1)),
    ]) {
      expect(isDict(value)).toBe(false);
    }
  });
});

describe('EMPTY_DICT', () => {
  it('cannot be filled', () => {
    expect(() => {
      (EMPTY_DICT as Record<string, unknown>)['a'] = 1;
    }).toThrow(TypeError);
  });
});
