/**
 * SASLprep: one form for user names and passwords that look the same, so that it does not matter on which keyboard they are
 * typed. Owns the profile's tables; characters that Unicode 3.2 did not have yet are taken as they are.
 * Source: RFC 4013, with the tables of RFC 3454.
 */

/** Non-ASCII spaces, which become a space: C.1.2. */
const SPACES = '\\u00a0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u3000';

/** What becomes nothing: B.1. */
const NOTHING = '\\u00ad\\u034f\\u1806\\u180b-\\u180d\\u200c\\u200d\\u2060\\ufe00-\\ufe0f\\ufeff';

/** What must not be there after normalization: C.1.2 and C.2.1 to C.9. */
const PROHIBITED =
  SPACES +
  '\\u0000-\\u001f\\u007f' +
  '\\u0080-\\u009f\\u06dd\\u070f\\u180e\\u200c\\u200d\\u2028\\u2029\\u2060-\\u2063\\u206a-\\u206f' +
  '\\ufeff\\ufff9-\\ufffc\\u{1d173}-\\u{1d17a}' +
  '\\p{Co}\\p{Noncharacter_Code_Point}\\p{Cs}' +
  '\\ufffd\\u2ff0-\\u2ffb' +
  '\\u0340\\u0341\\u200e\\u200f\\u202a-\\u202e' +
  '\\u{e0001}\\u{e0020}-\\u{e007f}';

/** Characters that are written from right to left: D.1. */
const RIGHT_TO_LEFT =
  '\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a\\u066d-\\u066f' +
  '\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710\\u0712-\\u072c\\u0780-\\u07a5\\u07b1' +
  '\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44\\ufb46-\\ufbb1' +
  '\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc';

const ALL_SPACES = oneOf(SPACES, 'gu');
const ALL_NOTHING = oneOf(NOTHING, 'gu');
const HAS_PROHIBITED = oneOf(PROHIBITED, 'u');
const HAS_RIGHT_TO_LEFT = oneOf(RIGHT_TO_LEFT, 'u');
const IS_RIGHT_TO_LEFT = new RegExp(`^[${RIGHT_TO_LEFT}]$`, 'u');

/** Letters that are written from left to right; of D.2 only the letters, which are what people type. */
const HAS_LEFT_TO_RIGHT = new RegExp(`(?![${RIGHT_TO_LEFT}])\\p{L}`, 'u');

/**
 * @throws Error if the text has a character that is not allowed, or mixes directions of writing; the message does not
 *   repeat the text
 */
export function saslprep(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  const prepared = text.replace(ALL_SPACES, ' ').replace(ALL_NOTHING, '').normalize('NFKC');
  if (HAS_PROHIBITED.test(prepared)) {
    throw new Error('a user name or password has a character that must not be in it (RFC 4013)');
  }
  if (HAS_RIGHT_TO_LEFT.test(prepared)) checkDirection(prepared);
  return prepared;
}

/** RFC 3454, section 6. */
function checkDirection(text: string): void {
  const characters = Array.from(text);
  const isPure =
    !HAS_LEFT_TO_RIGHT.test(text) &&
    IS_RIGHT_TO_LEFT.test(characters[0]!) &&
    IS_RIGHT_TO_LEFT.test(characters.at(-1)!);
  if (!isPure) {
    throw new Error('a user name or password mixes directions of writing (RFC 3454, section 6)');
  }
}

function oneOf(characters: string, flags: string): RegExp {
  return new RegExp(`[${characters}]`, flags);
}
