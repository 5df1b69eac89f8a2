import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, isUtf8Run } from './utf8.js';
import { isUtf8 } from 'node:buffer';

const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('isUtf8Run', () => {
  it('agrees with the host on any bytes', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => encodeUtf8(text)),
      fc.uint8Array({ min: 0x80, max: 0xff, minLength: 1, maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const bytes = new Uint8Array(Buffer.concat(pieces));
        expect(isUtf8Run(bytes, 0, bytes.length)).toBe(isUtf8(bytes));
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the host on every lead and second byte', () => {
    for (let lead = 0x80; lead < 0x100; lead++) {
      for (let second = 0; second < 0x100; second++) {
        for (const rest of [[], [0x80], [0x80, 0x80], [0x80, 0x41], [0x41]]) {
          const bytes = new Uint8Array([lead, second, ...rest]);
          if (isUtf8Run(bytes, 0, bytes.length) !== isUtf8(bytes))
            expect.fail(`differs for ${String(bytes)}`);
        }
      }
    }
  });

  it('looks at its part only', () => {
    const bytes = new Uint8Array([0xff, 0x41, 0xc3, 0xa9, 0xff]);
    expect(isUtf8Run(bytes, 1, 4)).toBe(true);
    expect(isUtf8Run(bytes, 1, 3)).toBe(false);
    expect(isUtf8Run(bytes, 1, 5)).toBe(false);
  });
});

describe('decodeUtf8', () => {
  it('keeps a byte order mark', () => {
    expect(decodeUtf8(new Uint8Array([0x41, 0xef, 0xbb, 0xbf, 0x42]), 1, 5)).toBe('\ufeffB');
  });
});
