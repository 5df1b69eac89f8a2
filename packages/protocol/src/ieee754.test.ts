import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFloat16, readFloat32, readFloat64, writeFloat64 } from './ieee754.js';

describe('floating-point numbers as bytes', () => {
  it('are what Node writes and reads', () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), (double, float) => {
        const bytes = Buffer.alloc(13);
        bytes.writeDoubleBE(double, 1);
        bytes.writeFloatBE(float, 9);
        expect(readFloat64(bytes, 1)).toBe(double);
        expect(readFloat32(bytes, 9)).toBe(float);
        const into = new Uint8Array(9);
        writeFloat64(double, into, 1);
        if (!Number.isNaN(double)) expect(Buffer.from(into.subarray(1))).toEqual(bytes.subarray(1, 9));
      }),
    );
  });

  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc400, -4],
    [0x7bff, 65_504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
    [0x3555, 0.333251953125],
  ])('half precision %i', (bits, value) => {
    expect(readFloat16(new Uint8Array([0, bits >> 8, bits & 255]), 1)).toBe(value);
  });
});
