/**
 * The grammar of MessagePack: finds where values end and proves on the way that they are well-formed, valid UTF-8 and not
 * nested too deeply. Builds nothing. Every method takes the index to start at and gives the index behind.
 */
import { malformed } from '../head-reader.js';
import { BinaryGrammar } from './binary-grammar.js';

export const NIL = 0xc0;
export const FALSE = 0xc2;
export const TRUE = 0xc3;

/** Stands in {@link FOLLOWING} for a code behind which not always the same number of bytes comes. */
const VARIES = 0xff;
/** By code: how many bytes come behind it. */
const FOLLOWING = new Uint8Array(256).fill(VARIES);
FOLLOWING.fill(0, 0x00, 0x80).fill(0, 0xe0); // small integers
FOLLOWING.fill(0, NIL, NIL + 1).fill(0, FALSE, TRUE + 1);
FOLLOWING.set([4, 8, 1, 2, 4, 8, 1, 2, 4, 8], 0xca); // floats, unsigned and signed integers
FOLLOWING.set([2, 3, 5, 9, 17], 0xd4); // extensions of fixed length, and their type

export class MsgpackGrammar extends BinaryGrammar {
  /**
   * Passes so many values that stand one behind the other.
   * @param depth how deep lists and dictionaries stand that are among them
   */
  protected values(from: number, count: number, depth: number): number {
    const { bytes, limit } = this;
    let at = from;
    for (let left = count; left > 0; left--) {
      if (at >= limit) throw this.truncated();
      const code = bytes[at++]!;
      const following = FOLLOWING[code]!;
      if (following !== VARIES) at += following;
      else if (code >= 0xa0 && code < 0xc0) at = this.passText(at, code & 31);
      else if (code < 0x90) at = this.#inner(at, (code & 15) * 2, depth);
      else if (code < 0xa0) at = this.#inner(at, code & 15, depth);
      else at = this.#wide(at, code, depth);
    }
    if (at > limit) throw this.truncated();
    return at;
  }

  #inner(at: number, count: number, depth: number): number {
    this.descend(depth);
    // Every value takes a byte at least, so a count beyond the frame ends here and not after so many steps.
    if (count > this.limit - at) throw this.truncated();
    return this.values(at, count, depth + 1);
  }

  /** Passes what has its length in a field of its own. */
  #wide(at: number, code: number, depth: number): number {
    switch (code) {
      case 0xc4: // bin8
        return this.pass(at + 1, this.#uint8(at));
      case 0xc5: // bin16
        return this.pass(at + 2, this.uint16(at));
      case 0xc6: // bin32
        return this.pass(at + 4, this.uint32(at));
      case 0xc7: // ext8, with a byte for the type before the data, as the next two
        return this.pass(at + 1, this.#uint8(at) + 1);
      case 0xc8: // ext16
        return this.pass(at + 2, this.uint16(at) + 1);
      case 0xc9: // ext32
        return this.pass(at + 4, this.uint32(at) + 1);
      case 0xd9: // str8
        return this.passText(at + 1, this.#uint8(at));
      case 0xda: // str16
        return this.passText(at + 2, this.uint16(at));
      case 0xdb: // str32
        return this.passText(at + 4, this.uint32(at));
      case 0xdc: // array16
        return this.#inner(at + 2, this.uint16(at), depth);
      case 0xdd: // array32
        return this.#inner(at + 4, this.uint32(at), depth);
      case 0xde: // map16
        return this.#inner(at + 2, this.uint16(at) * 2, depth);
      case 0xdf: // map32
        return this.#inner(at + 4, this.uint32(at) * 2, depth);
      default: // 0xc1
        throw malformed('this code is not used in MessagePack', at - 1);
    }
  }

  #uint8(at: number): number {
    if (at >= this.limit) throw this.truncated();
    return this.bytes[at]!;
  }

  /** The size of the list whose code stands at `at`, with {@link sizeEnd} behind it; -1 if it is no list. */
  protected listSize(at: number): number {
    return this.#size(at, 0x90, 0xdc);
  }

  /** The size of the dictionary whose code stands at `at`, with {@link sizeEnd} behind it; -1 if it is none. */
  protected dictSize(at: number): number {
    return this.#size(at, 0x80, 0xde);
  }

  /** the index behind the size that was read last */
  protected sizeEnd = 0;

  #size(at: number, fix: number, wide: number): number {
    const code = this.#uint8(at);
    if ((code & 0xf0) === fix) {
      this.sizeEnd = at + 1;
      return code & 15;
    }
    if (code === wide) {
      this.sizeEnd = at + 3;
      return this.uint16(at + 1);
    }
    if (code === wide + 1) {
      this.sizeEnd = at + 5;
      return this.uint32(at + 1);
    }
    return -1;
  }

  /** True if a string's code stands at `at`. */
  protected isText(at: number): boolean {
    const code = this.#uint8(at);
    return (code & 0xe0) === 0xa0 || (code >= 0xd9 && code <= 0xdb);
  }

  /** True if a byte string's code stands at `at`. */
  protected isBinary(at: number): boolean {
    const code = this.#uint8(at);
    return code >= 0xc4 && code <= 0xc6;
  }

  /** Passes a dictionary's entries, whose keys must be strings; gives -1 if one is not. */
  protected entries(from: number, size: number, depth: number): number {
    let at = from;
    for (let left = size; left > 0; left--) {
      if (!this.isText(at)) return -1;
      at = this.values(at, 2, depth);
    }
    return at;
  }
}
