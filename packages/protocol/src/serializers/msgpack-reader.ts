/**
 * Reads heads in MessagePack: all by hand; the payload is checked and left as bytes.
 */
import { EMPTY_DICT, type Dict } from '../dict.js';
import { malformed, missing, notAMessage, tooLong, wrongType, type HeadReader } from '../head-reader.js';
import { readFloat32, readFloat64 } from '../ieee754.js';
import { MAX_ID } from '../ids.js';
import { checkOptions, type OptionRules } from '../options.js';
import { EMPTY_PAYLOAD, Payload, type PayloadSpan } from '../payload.js';
import { ShortStrings } from '../short-strings.js';
import { MsgpackGrammar, NIL } from './msgpack-grammar.js';
import type { MsgpackPayloadCodec } from './msgpack-values.js';

/** Depth of what stands in the message's list. */
const INNER = 2;

export class MsgpackReader extends MsgpackGrammar implements HeadReader {
  readonly #strings = new ShortStrings();
  readonly #codec: MsgpackPayloadCodec;
  #at = 0;
  /** elements of the message's list that were not read yet */
  #left = 0;

  constructor(
    codec: MsgpackPayloadCodec,
    maxDepth: number,
    isUtf8: ((bytes: Uint8Array) => boolean) | undefined,
  ) {
    super(maxDepth, isUtf8);
    this.#codec = codec;
  }

  open(frame: Uint8Array): void {
    this.start(frame);
    if (frame.length === 0) throw malformed('the frame is empty', 0);
    const size = this.listSize(0);
    if (size < 0) throw notAMessage('the message is not a list');
    if (size === 0) throw notAMessage('the message is an empty list');
    this.#at = this.sizeEnd;
    this.#left = size;
  }

  hasMore(): boolean {
    return this.#left > 0;
  }

  /** Takes the next element and gives its code; `#at` stays there. */
  #next(where: string): number {
    if (this.#left === 0) throw missing(where);
    this.#left--;
    if (this.#at >= this.limit) throw this.truncated();
    return this.bytes[this.#at]!;
  }

  /** For an element of the wrong type: the violation, unless it is not even well-formed. */
  #wrong(where: string, expected: string): Error {
    this.values(this.#at, 1, INNER);
    return wrongType(where, expected);
  }

  integer(where: string): number {
    const code = this.#next(where);
    if (code < 0x80) {
      this.#at++;
      return code;
    }
    const value = this.#number(code);
    // The same for a float: encoders in JavaScript write integers beyond 32 bits so.
    if (!Number.isInteger(value) || value < 0 || value > MAX_ID) {
      throw this.#wrong(where, 'an integer from 0 to 2^53');
    }
    this.#at = this.values(this.#at, 1, INNER);
    return value + 0; // no negative zero
  }

  /** The number at hand; NaN if it is none, or negative. */
  #number(code: number): number {
    const at = this.#at + 1;
    switch (code) {
      case 0xcc:
        return at < this.limit ? this.bytes[at]! : NaN;
      case 0xcd:
        return this.uint16(at);
      case 0xce:
        return this.uint32(at);
      case 0xcf:
      case 0xd3: // negative numbers are far beyond 2^53 when read without a sign
        return this.uint64(at);
      case 0xd0:
        return at < this.limit ? (this.bytes[at]! << 24) >> 24 : NaN;
      case 0xd1:
        return (this.uint16(at) << 16) >> 16;
      case 0xd2:
        return this.uint32(at) | 0;
      case 0xca:
        this.pass(at, 4);
        return readFloat32(this.bytes, at);
      case 0xcb:
        this.pass(at, 8);
        return readFloat64(this.bytes, at);
      default:
        return NaN;
    }
  }

  id(where: string): number {
    const value = this.integer(where);
    if (value === 0) throw wrongType(where, 'an integer from 1 to 2^53');
    return value;
  }

  text(where: string): string {
    this.#next(where);
    if (!this.isText(this.#at)) throw this.#wrong(where, 'a string');
    return this.#text();
  }

  textOrNull(where: string): string | null {
    const code = this.#next(where);
    if (this.isText(this.#at)) return this.#text();
    if (code !== NIL) throw this.#wrong(where, 'a string or null');
    this.#at++;
    return null;
  }

  #text(): string {
    const from = this.#at;
    const code = this.bytes[from]!;
    const header = code < 0xc0 ? 1 : code === 0xd9 ? 2 : code === 0xda ? 3 : 5;
    this.#at = this.values(from, 1, INNER);
    return this.#strings.read(this.bytes, from + header, this.#at);
  }

  dict(rules: OptionRules, where: string): Dict {
    const code = this.#next(where);
    const from = this.#at;
    if (code === 0x80) {
      this.#at = from + 1;
      return EMPTY_DICT;
    }
    const size = this.dictSize(from);
    if (size < 0) throw this.#wrong(where, 'a dictionary');
    this.#at = this.#entries(where, size);
    if (size === 0) return EMPTY_DICT;
    return checkOptions(this.#codec.read(this.bytes, from) as Dict, rules, where);
  }

  /** Passes the entries of the dictionary whose size was just read. */
  #entries(where: string, size: number): number {
    this.descend(INNER);
    const end = this.entries(this.sizeEnd, size, INNER + 1);
    if (end < 0) throw this.#wrong(where, 'a dictionary whose keys are strings');
    return end;
  }

  end(where: string): void {
    if (this.#left > 0) throw tooLong(where);
    if (this.#at !== this.limit) throw malformed('something follows the message', this.#at);
  }

  payload(where: string, opaque: boolean): Payload {
    if (this.#left === 0) {
      this.end(where);
      return EMPTY_PAYLOAD;
    }
    this.#next(where);
    const from = this.#at;
    const args = this.listSize(from);
    if (args < 0) {
      if (!opaque || !(this.isText(from) || this.isBinary(from))) {
        throw this.#wrong(`${where}.Arguments`, 'a list');
      }
      this.#at = this.values(from, 1, INNER);
      return this.#bare(where, from);
    }
    const argsEnd = this.values(from, 1, INNER);
    this.#at = argsEnd;
    if (this.#left > 0) {
      this.#next(where);
      const size = this.dictSize(this.#at);
      if (size < 0) throw this.#wrong(`${where}.ArgumentsKw`, 'a dictionary');
      this.#at = this.#entries(`${where}.ArgumentsKw`, size);
      if (size > 0) return this.#taken(where, from, this.#at, 2);
    }
    if (args > 0) return this.#taken(where, from, argsEnd, 1);
    this.end(where);
    return EMPTY_PAYLOAD;
  }

  /** The opaque payload that started at `from` and was just passed. */
  #bare(where: string, from: number): Payload {
    const span: PayloadSpan = { source: this.bytes, from, to: this.#at, elements: 1 };
    this.end(where);
    return Payload.rawSpan(this.#codec, span, true);
  }

  #taken(where: string, from: number, to: number, elements: 1 | 2): Payload {
    this.end(where);
    return Payload.rawSpan(this.#codec, { source: this.bytes, from, to, elements }, false);
  }
}
