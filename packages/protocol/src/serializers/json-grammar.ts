/**
 * The grammar of RFC 8259 over bytes: finds where a value ends and proves on the way that it is well-formed, valid UTF-8
 * and not nested too deeply. Builds nothing. Every method takes the index to start at and gives the index behind.
 */
import { invalidUtf8, malformed, tooDeep } from '../head-reader.js';
import type { ProtocolViolation } from '../protocol-violation.js';
import { isUtf8Run, viewOf } from '../utf8.js';

const NONE = new Uint8Array(0);
const NO_VIEW = new DataView(NONE.buffer);
/** Longer frames are looked at four bytes at a time; for shorter ones the view would cost more than it saves. */
const LOOKED_AT_BY_BYTE = 160;
/** So many bytes of a string are looked at one by one before words are tried. */
const SHORT = 16;
/** the high bits of four bytes */
const HIGH_BITS = 0x80808080 | 0;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_DICT = 0x7b;
export const CLOSE_DICT = 0x7d;
const SPACE = 0x20;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** Stands for "behind the end", where no byte is. */
const END = -1;

/** By byte: whether it is more than a plain character of a string. */
const ODD = new Uint8Array(256).fill(1, 0, SPACE).fill(1, 0x80);
ODD[QUOTE] = 1;
ODD[BACKSLASH] = 1;

export class JsonGrammar {
  protected bytes: Uint8Array = NONE;
  protected limit = 0;
  /** counts the escapes in strings that were passed */
  protected escapes = 0;
  #words: DataView = NO_VIEW;
  /** the high bits of non-ASCII bytes that still ask for the proof of UTF-8; 0 once it was given */
  #unproved = HIGH_BITS;
  protected readonly maxDepth: number;
  readonly #isUtf8: ((bytes: Uint8Array) => boolean) | undefined;

  constructor(maxDepth: number, isUtf8: ((bytes: Uint8Array) => boolean) | undefined) {
    this.maxDepth = maxDepth;
    this.#isUtf8 = isUtf8;
  }

  protected start(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.limit = bytes.length;
    this.escapes = 0;
    this.#unproved = HIGH_BITS;
    if (bytes.length > LOOKED_AT_BY_BYTE) {
      this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  }

  release(): void {
    this.bytes = NONE;
    this.limit = 0;
    this.#words = NO_VIEW;
  }

  /** Passes white space. */
  protected space(from: number): number {
    let at = from;
    while (at < this.limit) {
      const byte = this.bytes[at]!;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
      at++;
    }
    return at;
  }

  /** The byte at an index, or END. */
  protected peek(at: number): number {
    return at < this.limit ? this.bytes[at]! : END;
  }

  /** The violation for a byte that does not fit. */
  protected unexpected(at: number): ProtocolViolation {
    return at < this.limit
      ? malformed('this is not JSON', at)
      : malformed('the JSON text ends too early', at);
  }

  /** Passes a value. @param depth how deep a list or dictionary stands that is this value */
  protected value(at: number, depth: number): number {
    const byte = this.peek(at);
    switch (byte) {
      case QUOTE:
        return this.string(at + 1);
      case OPEN_DICT:
        return this.dictionary(at + 1, depth);
      case OPEN_LIST:
        return this.list(at + 1, depth);
      case 0x74: // true
        return this.#literal(at, 0x72, 0x75, 0x65);
      case 0x6e: // null
        return this.#literal(at, 0x75, 0x6c, 0x6c);
      case 0x66: // false
        return this.#literal(at + 1, 0x61 === this.peek(at + 1) ? 0x6c : END, 0x73, 0x65);
      default:
        return this.numeral(at);
    }
  }

  #literal(at: number, second: number, third: number, fourth: number): number {
    const { bytes } = this;
    if (at + 3 >= this.limit) throw this.unexpected(this.limit);
    if (bytes[at + 1] !== second || bytes[at + 2] !== third || bytes[at + 3] !== fourth) {
      throw this.unexpected(at);
    }
    return at + 4;
  }

  /** Passes a list, from behind its opening bracket. */
  protected list(from: number, depth: number): number {
    if (depth > this.maxDepth) throw tooDeep(this.maxDepth);
    const { bytes, limit } = this;
    let at = from;
    let byte = at < limit ? bytes[at]! : END;
    if (byte <= SPACE) byte = this.peek((at = this.space(at)));
    if (byte === CLOSE_LIST) return at + 1;
    for (;;) {
      if (byte === QUOTE) at = this.string(at + 1);
      else if (byte <= NINE) at = this.numeral(at);
      else at = this.value(at, depth + 1);
      byte = at < limit ? bytes[at]! : END;
      if (byte <= SPACE) byte = this.peek((at = this.space(at)));
      if (byte === CLOSE_LIST) return at + 1;
      if (byte !== COMMA) throw this.unexpected(at);
      at++;
      byte = at < limit ? bytes[at]! : END;
      if (byte <= SPACE) byte = this.peek((at = this.space(at)));
    }
  }

  /** Passes a dictionary, from behind its opening brace. */
  protected dictionary(from: number, depth: number): number {
    if (depth > this.maxDepth) throw tooDeep(this.maxDepth);
    const { bytes, limit } = this;
    let at = from;
    let byte = at < limit ? bytes[at]! : END;
    if (byte <= SPACE) byte = this.peek((at = this.space(at)));
    if (byte === CLOSE_DICT) return at + 1;
    for (;;) {
      if (byte !== QUOTE) throw this.unexpected(at);
      at++;
      while (at < limit && ODD[bytes[at]!] === 0) at++;
      // The key ended and its colon follows; or else from here on with more care.
      if (at + 1 < limit && bytes[at] === QUOTE && bytes[at + 1] === COLON) at += 2;
      else at = this.#colon(this.string(at));
      byte = at < limit ? bytes[at]! : END;
      if (byte <= SPACE) byte = this.peek((at = this.space(at)));
      if (byte === QUOTE) at = this.string(at + 1);
      else if (byte <= NINE) at = this.numeral(at);
      else at = this.value(at, depth + 1);
      byte = at < limit ? bytes[at]! : END;
      if (byte <= SPACE) byte = this.peek((at = this.space(at)));
      if (byte === CLOSE_DICT) return at + 1;
      if (byte !== COMMA) throw this.unexpected(at);
      at++;
      byte = at < limit ? bytes[at]! : END;
      if (byte <= SPACE) byte = this.peek((at = this.space(at)));
    }
  }

  /** Passes the colon behind a key, and the white space before it. */
  #colon(from: number): number {
    const at = this.space(from);
    if (this.peek(at) !== COLON) throw this.unexpected(at);
    return at + 1;
  }

  /** Passes a string, from behind its opening quote. */
  protected string(from: number): number {
    const { bytes, limit } = this;
    const stop = from + SHORT < limit ? from + SHORT : limit;
    let at = from;
    while (at < stop) {
      const byte = bytes[at]!;
      if (byte === QUOTE) return at + 1;
      if (ODD[byte] !== 0) break;
      at++;
    }
    return this.#longString(at);
  }

  /** Passes a string that is long, or has more in it than plain ASCII. */
  #longString(from: number): number {
    const { bytes, limit } = this;
    let at = from;
    while (at < limit) {
      if (limit > LOOKED_AT_BY_BYTE) at = this.#plain(at);
      // Something is among the next four bytes, or the frame ends.
      const stop = Math.min(at + 4, limit);
      while (at < stop) {
        const byte = bytes[at]!;
        if (byte === QUOTE) return at + 1;
        if (byte === BACKSLASH) at = this.#escape(at);
        else if (byte < SPACE) throw this.unexpected(at);
        else {
          if (byte >= 0x80) this.proveUtf8(at);
          at++;
        }
      }
    }
    throw this.unexpected(at);
  }

  /** Passes bytes that are nothing but text, four at a time. */
  #plain(from: number): number {
    const words = this.#words;
    const unproved = this.#unproved;
    const last = this.limit - 4;
    let at = from;
    for (; at <= last; at += 4) {
      const four = words.getInt32(at);
      const quote = four ^ 0x22222222;
      const backslash = four ^ 0x5c5c5c5c;
      // A subtraction borrows into the high bit of a byte that is too small: a quote or backslash has become 0.
      const control = (four - 0x20202020) & ~four;
      const special = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | control;
      if (((special & HIGH_BITS) | (four & unproved)) !== 0) break;
    }
    return at;
  }

  #escape(at: number): number {
    this.escapes++;
    switch (this.peek(at + 1)) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f: // /
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        return at + 2;
      case 0x75: // u
        for (let digit = at + 2; digit < at + 6; digit++) {
          if (!isHexDigit(this.peek(digit))) throw this.unexpected(digit);
        }
        return at + 6;
      default:
        throw this.unexpected(at + 1);
    }
  }

  /** Once per frame at most, and only if it is not all ASCII: the rest is looked at as a whole. */
  protected proveUtf8(at: number): void {
    if (this.#unproved === 0) return;
    const { bytes, limit } = this;
    const isValid =
      this.#isUtf8 === undefined ? isUtf8Run(bytes, at, limit) : this.#isUtf8(viewOf(bytes, at, limit));
    if (!isValid) throw invalidUtf8();
    this.#unproved = 0;
  }

  /** Passes a number. */
  protected numeral(from: number): number {
    const { bytes, limit } = this;
    const first = from < limit && bytes[from] === MINUS ? from + 1 : from;
    let at = first;
    let byte = END;
    while (at < limit) {
      byte = bytes[at]!;
      if (byte < ZERO || byte > NINE) break;
      at++;
    }
    if (at === first || (at > first + 1 && bytes[first] === ZERO)) throw this.unexpected(first);
    if (at === limit) return at;
    if (byte === POINT) {
      at = this.#digits(at + 1);
      byte = at < limit ? bytes[at]! : END;
    }
    if (byte === 0x65 || byte === 0x45) {
      const sign = this.peek(at + 1);
      at = this.#digits(sign === PLUS || sign === MINUS ? at + 2 : at + 1);
    }
    return at;
  }

  /** Passes one digit or more. */
  #digits(from: number): number {
    const { bytes, limit } = this;
    let at = from;
    while (at < limit) {
      const byte = bytes[at]!;
      if (byte < ZERO || byte > NINE) break;
      at++;
    }
    if (at === from) throw this.unexpected(at);
    return at;
  }
}

function isHexDigit(byte: number): boolean {
  if (byte >= ZERO && byte <= NINE) return true;
  const letter = byte | 0x20;
  return byte > 0 && letter >= 0x61 && letter <= 0x66;
}
