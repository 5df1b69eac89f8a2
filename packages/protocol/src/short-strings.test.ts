import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShortStrings } from './short-strings.js';

const encodeUtf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('ShortStrings', () => {
  it('reads what the bytes say, whatever was read before', () => {
    const strings = new ShortStrings();
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 80 }), { maxLength: 4 }), (texts) => {
        for (const text of [...texts, ...texts]) {
          const bytes = encodeUtf8(`[${text}]`);
          expect(strings.read(bytes, 1, bytes.length - 1)).toBe(text);
        }
      }),
    );
  });

  it('does not take the units of one string for the bytes of another', () => {
    // `Ã©` is U+00C3 U+00A9, and `é` is the bytes C3 A9. Tried in every slot, by strings of the same length.
    const strings = new ShortStrings();
    for (let code = 0x80; code < 0x800; code++) {
      const text = String.fromCharCode(code);
      const bytes = encodeUtf8(text);
      const units = encodeUtf8(String.fromCharCode(...bytes));
      strings.read(units, 0, units.length);
      expect(strings.read(bytes, 0, bytes.length)).toBe(text);
    }
  });
});
