/**
 * The grammar of CBOR (RFC 8949): finds where values end and proves on the way that they are well-formed, valid UTF-8 and
 * not nested too deeply; a tag counts as a level. Builds nothing. Every method takes the index to start at and gives the
 * index behind.
 */
import { malformed } from '../head-reader.js';
import { BinaryGrammar } from './binary-grammar.js';

/** Major types. */
export const MAJOR = {
  Unsigned: 0,
  Negative: 1,
  Bytes: 2,
  Text: 3,
  List: 4,
  Dict: 5,
  Tag: 6,
  Simple: 7,
} as const;
export const BREAK = 0xff;
/** Additional information: the length is not given, a break ends the value. */
export const INDEFINITE = 31;

/** Stands in {@link FOLLOWING} for a first byte behind which not always the same number of bytes comes. */
const VARIES = 0xff;
/** By first byte: how many bytes come behind it. */
const FOLLOWING = new Uint8Array(256).fill(VARIES);
for (const integer of [0x00, 0x20]) {
  FOLLOWING.fill(0, integer, integer + 24);
  FOLLOWING.set([1, 2, 4, 8], integer + 24);
}
FOLLOWING.fill(0, 0xe0, 0xf8); // simple values in one byte
FOLLOWING.set([2, 4, 8], 0xf9); // floats

export class CborGrammar extends BinaryGrammar {
  /** what the argument of the head that was read last says: a value, a length or a count */
  protected argument = 0;

  /**
   * Passes so many values that stand one behind the other.
   * @param depth how deep lists, dictionaries and tags stand that are among them
   */
  protected values(from: number, count: number, depth: number): number {
    const { bytes, limit } = this;
    let at = from;
    for (let left = count; left > 0; left--) {
      if (at >= limit) throw this.truncated();
      const code = bytes[at]!;
      const following = FOLLOWING[code]!;
      if (following !== VARIES) at += following + 1;
      else if (code >= 0x60 && code < 0x78) at = this.passText(at + 1, code - 0x60);
      else at = this.#value(at, code, depth);
    }
    if (at > limit) throw this.truncated();
    return at;
  }

  #value(from: number, code: number, depth: number): number {
    const major = code >> 5;
    if ((code & 31) === INDEFINITE) return this.#indefinite(from, major, depth);
    if (major === MAJOR.Simple) return this.#simple(from);
    const at = this.head(from);
    switch (major) {
      case MAJOR.Bytes:
        return this.pass(at, this.argument);
      case MAJOR.Text:
        return this.passText(at, this.argument);
      case MAJOR.List:
        return this.#inner(at, this.argument, depth);
      case MAJOR.Dict:
        return this.#inner(at, this.argument * 2, depth);
      default:
        return this.#inner(at, 1, depth);
    }
  }

  #inner(at: number, count: number, depth: number): number {
    this.descend(depth);
    // Every value takes a byte at least, so a count beyond the frame ends here and not after so many steps.
    if (count > this.limit - at) throw this.truncated();
    return this.values(at, count, depth + 1);
  }

  /** Passes a simple value of two bytes; those of one byte and floats need no look. */
  #simple(at: number): number {
    const end = this.head(at);
    // The first 32 have a shorter form, and only that one.
    if (this.argument < 32) throw malformed('a simple value below 32 takes one byte', at);
    return end;
  }

  #indefinite(at: number, major: number, depth: number): number {
    switch (major) {
      case MAJOR.Bytes:
      case MAJOR.Text:
        return this.#chunks(at + 1, major);
      case MAJOR.List:
        this.descend(depth);
        return this.#untilBreak(at + 1, 1, depth + 1);
      case MAJOR.Dict:
        this.descend(depth);
        return this.#untilBreak(at + 1, 2, depth + 1);
      default:
        throw malformed(major === MAJOR.Simple ? 'a break where none belongs' : 'this is not CBOR', at);
    }
  }

  #untilBreak(from: number, step: number, depth: number): number {
    let at = from;
    while (this.byteAt(at) !== BREAK) at = this.values(at, step, depth);
    return at + 1;
  }

  #chunks(from: number, major: number): number {
    let at = from;
    for (;;) {
      const code = this.byteAt(at);
      if (code === BREAK) return at + 1;
      if (code >> 5 !== major || (code & 31) === INDEFINITE) {
        throw malformed('a part of a string is no string of known length', at);
      }
      const next = this.head(at);
      at = major === MAJOR.Text ? this.passText(next, this.argument) : this.pass(next, this.argument);
    }
  }

  protected byteAt(at: number): number {
    if (at >= this.limit) throw this.truncated();
    return this.bytes[at]!;
  }

  /** Passes a head of definite length and sets `argument`; 2^53 stands exactly, all above as some larger number. */
  protected head(at: number): number {
    const info = this.byteAt(at) & 31;
    switch (info) {
      case 24:
        this.argument = this.byteAt(at + 1);
        return at + 2;
      case 25:
        this.argument = this.uint16(at + 1);
        return at + 3;
      case 26:
        this.argument = this.uint32(at + 1);
        return at + 5;
      case 27:
        this.argument = this.uint64(at + 1);
        return at + 9;
      default:
        if (info > 27) throw malformed('this is not CBOR', at);
        this.argument = info;
        return at + 1;
    }
  }

  /** Passes a dictionary, whose keys must be strings; gives -1 if one is not. */
  protected dictionary(from: number, depth: number): number {
    this.descend(depth);
    if ((this.byteAt(from) & 31) === INDEFINITE) {
      let at = from + 1;
      while (this.byteAt(at) !== BREAK) {
        if (this.bytes[at]! >> 5 !== MAJOR.Text) return -1;
        at = this.values(at, 2, depth + 1);
      }
      return at + 1;
    }
    let at = this.head(from);
    for (let left = this.argument; left > 0; left--) {
      if (this.byteAt(at) >> 5 !== MAJOR.Text) return -1;
      at = this.values(at, 2, depth + 1);
    }
    return at;
  }
}
