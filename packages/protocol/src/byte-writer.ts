/** Memory that grows while a frame or a payload is written, and is used again for the next one. Knows no format. */
import { copyBytes } from './copy-bytes.js';
import { viewOf, writeUtf8 } from './utf8.js';

const FIRST_BYTES = 512;
/** Memory above this is given back after use, so that one large message does not cost its size for ever. */
const KEPT_BYTES = 64 * 1024;
/** From here on the memory itself is handed out instead of a copy. */
const GIVEN_AWAY_BYTES = 16 * 1024;
/** Shorter strings are written by hand: the host's encoder needs a view. */
const SHORT_STRING = 64;

export class ByteWriter {
  bytes = new Uint8Array(FIRST_BYTES);
  length = 0;

  /** Starts anew. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
  }

  /** Makes room for so many more bytes. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(viewOf(this.bytes, 0, this.length));
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.bytes[this.length++] = value >>> 8;
    this.bytes[this.length++] = value;
  }

  /** The lowest 32 bits of an integer, big-endian; a negative one as two's complement. */
  uint32(value: number): void {
    this.reserve(4);
    this.bytes[this.length++] = value >>> 24;
    this.bytes[this.length++] = value >>> 16;
    this.bytes[this.length++] = value >>> 8;
    this.bytes[this.length++] = value;
  }

  /** An integer in -2^53..2^53 as eight bytes, big-endian, two's complement. */
  int64(value: number): void {
    this.uint32(Math.floor(value / 0x1_0000_0000));
    this.uint32(value);
  }

  /** The lowest 64 bits of an integer. */
  bigInt64(value: bigint): void {
    this.uint32(Number(BigInt.asUintN(32, value >> 32n)));
    this.uint32(Number(BigInt.asUintN(32, value)));
  }

  copy(from: Uint8Array): void {
    this.reserve(from.length);
    copyBytes(from, 0, from.length, this.bytes, this.length);
    this.length += from.length;
  }

  /** Characters that are known to be ASCII. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let index = 0; index < text.length; index++) this.bytes[this.length++] = text.charCodeAt(index);
  }

  /** A string as UTF-8, without any mark of its length; a lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    if (this.shortAscii(text)) return;
    this.reserve(text.length);
    const { read, written } = writeUtf8(text, this.bytes, this.length);
    this.length += written;
    if (read === text.length) return;
    // It is not all ASCII: what is left takes three bytes per unit at most.
    const rest = text.slice(read);
    this.reserve(rest.length * 3);
    this.length += writeUtf8(rest, this.bytes, this.length).written;
  }

  /** Writes a string if it is short and ASCII; if not, nothing is written and false comes back. */
  shortAscii(text: string): boolean {
    const length = text.length;
    if (length > SHORT_STRING) return false;
    this.reserve(length);
    const { bytes, length: start } = this;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[start + index] = code;
    }
    this.length = start + length;
    return true;
  }

  /** What was written, in memory of its own. */
  taken(): Uint8Array {
    if (this.length < GIVEN_AWAY_BYTES) return this.bytes.slice(0, this.length);
    const taken = viewOf(this.bytes, 0, this.length);
    this.bytes = new Uint8Array(FIRST_BYTES);
    this.length = 0;
    return taken;
  }
}
