/** Copying runs of bytes between buffers. */
import { viewOf } from './utf8.js';

/** Shorter runs are copied by hand: making a view costs more. */
const COPIED_BY_HAND = 64;

/** Copies the bytes `from` to `to` of `source` to `at`. */
export function copyBytes(source: Uint8Array, from: number, to: number, into: Uint8Array, at: number): void {
  const length = to - from;
  if (length > COPIED_BY_HAND) {
    into.set(length === source.length ? source : viewOf(source, from, to), at);
    return;
  }
  for (let index = 0; index < length; index++) into[at + index] = source[from + index]!;
}
