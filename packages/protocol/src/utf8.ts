/**
 * UTF-8: proof that bytes are valid, bytes to string and back.
 * Owns the two text classes of the host, which are declared here in as little as is used of them: the package is
 * compiled without the DOM's and Node's libraries. Knows nothing of any serialization.
 */

interface Decoder {
  decode(bytes: Uint8Array): string;
}
interface Encoder {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}
declare const TextDecoder: new (label: string, options: { ignoreBOM: boolean }) => Decoder;
declare const TextEncoder: new () => Encoder;

// `ignoreBOM` keeps a leading U+FEFF: a string inside a message may begin with one.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** A view of a part of `bytes`; whatever subclass `bytes` is of, the view is a plain `Uint8Array`. */
export function viewOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);
}

/** The string that the bytes `from` to `to` spell. Invalid sequences become U+FFFD; check first where it matters. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(viewOf(bytes, from, to));
}

/**
 * Writes as much of a string as there is room for from `at` on; a lone surrogate becomes U+FFFD.
 * @returns how many UTF-16 units were read and how many bytes written
 */
export function writeUtf8(text: string, into: Uint8Array, at: number): { read: number; written: number } {
  return encoder.encodeInto(text, viewOf(into, at, into.length));
}

/** The bytes of a string, in memory of their own; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** True if the bytes `from` to `to` are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function isUtf8Run(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to) {
    if (bytes[at]! < 0x80) at++;
    else {
      at = afterSequence(bytes, at, to);
      if (at < 0) return false;
    }
  }
  return true;
}

/** The index behind the sequence of several bytes that starts at `at`; -1 if it is not valid. */
function afterSequence(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at]!;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > to) return -1;
  const second = bytes[at + 1]!;
  // The second byte alone tells overlong forms, surrogates and code points that do not exist.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return -1;
  for (let next = at + 2; next < at + length; next++) {
    if ((bytes[next]! & 0xc0) !== 0x80) return -1;
  }
  return at + length;
}
