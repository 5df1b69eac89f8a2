import { describe, expect, it } from 'vitest';
import { saslprep } from './saslprep.js';

describe('AUTH-021: SASLprep', () => {
  it.each([
    // RFC 4013, section 3
    ['a soft hyphen becomes nothing', 'I\u00adX', 'IX'],
    ['ASCII stays', 'user', 'user'],
    ['case is kept', 'USER', 'USER'],
    ['a feminine ordinal becomes a letter', '\u00aa', 'a'],
    ['a roman numeral becomes letters', '\u2168', 'IX'],
    ['composed and decomposed letters are the same', 'Mu\u0308ller', 'M\u00fcller'],
    ['a no-break space is a space', 'a\u00a0b', 'a b'],
    ['right to left, with digits inside', '\u0627\u0031\u0628', '\u0627\u0031\u0628'],
    ['younger characters are taken as they are', 'pass\u{1f511}', 'pass\u{1f511}'],
    ['nothing at all', '', ''],
  ])('%s', (_, text, prepared) => {
    expect(saslprep(text)).toBe(prepared);
  });

  it.each([
    // RFC 4013, section 3
    ['a control character', '\u0007'],
    ['right to left that ends with a digit', '\u0627\u0031'],
    ['both directions', '\u0627a\u0627'],
    ['a private character', 'a\ue000'],
    ['half a surrogate pair', 'a\ud800'],
    ['a tag', 'a\u{e0041}'],
    ['a noncharacter', 'a\ufdd0'],
    ['a mark of direction', 'a\u200e'],
  ])('%s is not allowed, and is not repeated in the error', (_, text) => {
    expect(() => saslprep(text)).toThrow(/^a user name or password [\x20-\x7e]*$/);
  });
});
