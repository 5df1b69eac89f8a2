/**
 * Turns short runs of ASCII bytes into strings and remembers the recent ones: the URIs and keys of a session repeat, and a
 * remembered string also brings its hash for the look-up that follows.
 * Owns a fixed number of slots; two strings of one slot just displace each other.
 */
import { decodeUtf8 } from './utf8.js';

const SLOTS = 512; // a realm's working set of URIs and keys; with the longest strings 32 KB
const LONGEST = 64;

export class ShortStrings {
  readonly #slots: string[] = new Array<string>(SLOTS).fill('');

  /** The string of the bytes `from` to `to`, of which the caller knows that they are valid UTF-8. */
  read(bytes: Uint8Array, from: number, to: number): string {
    const length = to - from;
    if (length > LONGEST) return decodeUtf8(bytes, from, to);
    let hash = length;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.#slots[slot]!;
    if (known.length === length && isSame(known, bytes, from)) return known;
    const text = decodeUtf8(bytes, from, to);
    // Only ASCII has as many units as bytes. Anything else must not be remembered: `Ã©` has the units of the bytes of `é`.
    if (text.length === length) this.#slots[slot] = text;
    return text;
  }
}

function isSame(text: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  }
  return true;
}
