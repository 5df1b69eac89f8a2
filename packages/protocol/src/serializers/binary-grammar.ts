/**
 * What the grammars of MessagePack and CBOR share: one frame, bounds, and proof that strings are UTF-8. Nothing here
 * reads behind the frame's end.
 */
import { invalidUtf8, malformed, tooDeep } from '../head-reader.js';
import type { ProtocolViolation } from '../protocol-violation.js';
import { isUtf8Run, viewOf } from '../utf8.js';

const NONE = new Uint8Array(0);
const NO_VIEW = new DataView(NONE.buffer);
/** Longer strings are handed to the host's own check, where there is one. */
const CHECKED_BY_HAND = 96;
/** Longer frames are looked at four bytes at a time; for shorter ones the view would cost more than it saves. */
const LOOKED_AT_BY_BYTE = 160;
/** the high bits of four bytes */
const NOT_ASCII = 0x80808080 | 0;

export class BinaryGrammar {
  protected bytes: Uint8Array = NONE;
  protected limit = 0;
  #words: DataView = NO_VIEW;
  readonly #maxDepth: number;
  readonly #isUtf8: ((bytes: Uint8Array) => boolean) | undefined;

  constructor(maxDepth: number, isUtf8: ((bytes: Uint8Array) => boolean) | undefined) {
    this.#maxDepth = maxDepth;
    this.#isUtf8 = isUtf8;
  }

  protected start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.limit = bytes.length;
    if (bytes.length > LOOKED_AT_BY_BYTE) {
      this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  }

  release(): void {
    this.bytes = NONE;
    this.limit = 0;
    this.#words = NO_VIEW;
  }

  protected truncated(): ProtocolViolation {
    return malformed('the message ends too early', this.limit);
  }

  /** To be called with the depth of every list and dictionary that is entered. */
  protected descend(depth: number): void {
    if (depth > this.#maxDepth) throw tooDeep(this.#maxDepth);
  }

  /** Passes so many bytes. */
  protected pass(at: number, length: number): number {
    if (length > this.limit - at) throw this.truncated();
    return at + length;
  }

  /** Passes a string of so many bytes. */
  protected passText(at: number, length: number): number {
    if (length > this.limit - at) throw this.truncated();
    const to = at + length;
    if (length > CHECKED_BY_HAND && this.#isUtf8 !== undefined) {
      if (!this.#isUtf8(viewOf(this.bytes, at, to))) throw invalidUtf8();
      return to;
    }
    const { bytes } = this;
    let next = at;
    let seen = 0;
    if (this.limit > LOOKED_AT_BY_BYTE) {
      const words = this.#words;
      for (; next <= to - 4; next += 4) seen |= words.getInt32(next);
      if ((seen & NOT_ASCII) !== 0) return this.#passUnicode(at, to);
      seen = 0;
    }
    for (; next < to; next++) seen |= bytes[next]!;
    return seen < 0x80 ? to : this.#passUnicode(at, to);
  }

  #passUnicode(at: number, to: number): number {
    if (!isUtf8Run(this.bytes, at, to)) throw invalidUtf8();
    return to;
  }

  protected uint16(at: number): number {
    if (at + 2 > this.limit) throw this.truncated();
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  protected uint32(at: number): number {
    if (at + 4 > this.limit) throw this.truncated();
    return readUint32(this.bytes, at);
  }

  /** Exact up to 2^53, and some larger number for everything that is larger. */
  protected uint64(at: number): number {
    if (at + 8 > this.limit) throw this.truncated();
    return readUint64(this.bytes, at);
  }
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** Exact up to 2^53, and some larger number for everything that is larger: 2^53 + 1 must not round to 2^53. */
export function readUint64(bytes: Uint8Array, at: number): number {
  const high = readUint32(bytes, at);
  const low = readUint32(bytes, at + 4);
  if (high >= 0x20_0000 && (high > 0x20_0000 || low > 0)) return 2 ** 64;
  return high * 0x1_0000_0000 + low;
}
