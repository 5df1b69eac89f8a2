/**
 * Base64 with padding (RFC 4648, section 4), by hand: `Buffer` is not everywhere, and `btoa` wants strings of bytes.
 */
import { decodeUtf8 } from './utf8.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 61; // =

const DIGITS = new Uint8Array(64);
const VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value++) {
  DIGITS[value] = ALPHABET.charCodeAt(value);
  VALUES[ALPHABET.charCodeAt(value)] = value;
}

/** How many characters {@link writeBase64} writes for so many bytes. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Writes the base64 characters of `bytes` as ASCII at `at`; there must be room. Gives the index behind them. */
export function writeBase64(bytes: Uint8Array, into: Uint8Array, at: number): number {
  let out = at;
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const second = left > 1 ? bytes[index + 1]! : 0;
    const third = left > 2 ? bytes[index + 2]! : 0;
    const group = (bytes[index]! << 16) | (second << 8) | third;
    into[out] = DIGITS[group >>> 18]!;
    into[out + 1] = DIGITS[(group >>> 12) & 63]!;
    into[out + 2] = left > 1 ? DIGITS[(group >>> 6) & 63]! : PAD;
    into[out + 3] = left > 2 ? DIGITS[group & 63]! : PAD;
    out += 4;
  }
  return out;
}

/**
 * Reads base64 from index `from` of `text` to its end. Bits that the last digit has too many are ignored.
 * @returns undefined if it is not base64 with its padding
 */
export function readBase64(text: string, from: number): Uint8Array | undefined {
  const digits = text.length - from;
  if (digits % 4 !== 0) return undefined;
  let padding = 0;
  while (padding < 2 && padding < digits && text.charCodeAt(text.length - 1 - padding) === PAD) padding++;
  const bytes = new Uint8Array((digits / 4) * 3 - padding);
  let out = 0;
  for (let index = from; index < text.length; index += 4) {
    const isLast = index + 4 === text.length;
    let group = 0;
    for (let digit = 0; digit < 4; digit++) {
      const code = text.charCodeAt(index + digit);
      const isPad = isLast && digit >= 4 - padding;
      const value = isPad ? 0 : code < 128 ? VALUES[code]! : -1;
      if (value < 0) return undefined;
      group = (group << 6) | value;
    }
    // Writes behind the end (the padding's bytes) have no effect on a typed array.
    bytes[out++] = group >>> 16;
    bytes[out++] = group >>> 8;
    bytes[out++] = group;
  }
  return bytes;
}

/** Base64 text of the bytes, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const digits = new Uint8Array(base64Length(bytes.length));
  writeBase64(bytes, digits, 0);
  return decodeUtf8(digits, 0, digits.length);
}

/** The bytes of a base64 text; undefined if it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  return readBase64(text, 0);
}
