/**
 * Reads heads in CBOR: all by hand; the payload is checked and left as bytes.
 */
import { EMPTY_DICT, type Dict } from '../dict.js';
import { malformed, missing, notAMessage, tooLong, wrongType, type HeadReader } from '../head-reader.js';
import { readFloat16, readFloat32, readFloat64 } from '../ieee754.js';
import { MAX_ID } from '../ids.js';
import { checkOptions, type OptionRules } from '../options.js';
import { EMPTY_PAYLOAD, Payload, type PayloadSpan } from '../payload.js';
import { ShortStrings } from '../short-strings.js';
import { BREAK, CborGrammar, INDEFINITE, MAJOR } from './cbor-grammar.js';
import type { CborPayloadCodec } from './cbor-values.js';

/** Depth of what stands in the message's list. */
const INNER = 2;
const NULL = 0xf6;
const UNDEFINED = 0xf7;

export class CborReader extends CborGrammar implements HeadReader {
  readonly #strings = new ShortStrings();
  readonly #codec: CborPayloadCodec;
  #at = 0;
  /** elements of the message's list that were not read yet; of a list of indefinite length nobody knows */
  #left = 0;
  #isIndefinite = false;

  constructor(
    codec: CborPayloadCodec,
    maxDepth: number,
    isUtf8: ((bytes: Uint8Array) => boolean) | undefined,
  ) {
    super(maxDepth, isUtf8);
    this.#codec = codec;
  }

  open(frame: Uint8Array): void {
    this.start(frame);
    if (frame.length === 0) throw malformed('the frame is empty', 0);
    const code = frame[0]!;
    if (code >> 5 !== MAJOR.List) throw notAMessage('the message is not a list');
    this.#isIndefinite = (code & 31) === INDEFINITE;
    this.#at = this.#isIndefinite ? 1 : this.head(0);
    this.#left = this.argument;
    if (!this.hasMore()) throw notAMessage('the message is an empty list');
  }

  hasMore(): boolean {
    return this.#isIndefinite ? this.byteAt(this.#at) !== BREAK : this.#left > 0;
  }

  /** Takes the next element and gives its first byte; `#at` stays there. */
  #next(where: string): number {
    if (!this.hasMore()) throw missing(where);
    this.#left--;
    return this.byteAt(this.#at);
  }

  /** For an element of the wrong type: the violation, unless it is not even well-formed. */
  #wrong(where: string, expected: string): Error {
    this.values(this.#at, 1, INNER);
    return wrongType(where, expected);
  }

  integer(where: string): number {
    const code = this.#next(where);
    if (code < 0x18) {
      this.#at++;
      return code;
    }
    let value: number;
    if (code < 0x20) {
      const end = this.head(this.#at);
      value = this.argument;
      if (value <= MAX_ID) {
        this.#at = end;
        return value;
      }
    } else value = this.#float(code);
    // A float with an integer's value is one: encoders in JavaScript write integers beyond 32 bits so.
    if (!Number.isInteger(value) || value < 0 || value > MAX_ID) {
      throw this.#wrong(where, 'an integer from 0 to 2^53');
    }
    this.#at = this.values(this.#at, 1, INNER);
    return value + 0; // no negative zero
  }

  /** The floating-point number at hand; NaN if it is none. */
  #float(code: number): number {
    const at = this.#at + 1;
    switch (code) {
      case 0xf9:
        this.pass(at, 2);
        return readFloat16(this.bytes, at);
      case 0xfa:
        this.pass(at, 4);
        return readFloat32(this.bytes, at);
      case 0xfb:
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
    const code = this.#next(where);
    if (code >> 5 !== MAJOR.Text) throw this.#wrong(where, 'a string');
    return this.#text(code);
  }

  textOrNull(where: string): string | null {
    const code = this.#next(where);
    if (code >> 5 === MAJOR.Text) return this.#text(code);
    if (code !== NULL && code !== UNDEFINED) throw this.#wrong(where, 'a string or null');
    this.#at++;
    return null;
  }

  #text(code: number): string {
    const from = this.#at;
    const end = this.values(from, 1, INNER);
    this.#at = end;
    if ((code & 31) === INDEFINITE) return this.#codec.read(this.bytes, from) as string;
    return this.#strings.read(this.bytes, this.head(from), end);
  }

  dict(rules: OptionRules, where: string): Dict {
    const code = this.#next(where);
    const from = this.#at;
    if (code === 0xa0) {
      this.#at = from + 1;
      return EMPTY_DICT;
    }
    this.#passDict(where, code);
    const value = this.#codec.read(this.bytes, from) as Dict;
    return Object.keys(value).length === 0 ? EMPTY_DICT : checkOptions(value, rules, where);
  }

  #passDict(where: string, code: number): void {
    if (code >> 5 !== MAJOR.Dict) throw this.#wrong(where, 'a dictionary');
    const end = this.dictionary(this.#at, INNER);
    if (end < 0) throw this.#wrong(where, 'a dictionary whose keys are strings');
    this.#at = end;
  }

  end(where: string): void {
    if (this.hasMore()) throw tooLong(where);
    if (this.#isIndefinite) this.#at++;
    if (this.#at !== this.limit) throw malformed('something follows the message', this.#at);
  }

  payload(where: string, opaque: boolean): Payload {
    if (!this.hasMore()) {
      this.end(where);
      return EMPTY_PAYLOAD;
    }
    const code = this.#next(where);
    const from = this.#at;
    const major = code >> 5;
    const isOpaque = opaque && (major === MAJOR.Bytes || major === MAJOR.Text);
    if (major !== MAJOR.List && !isOpaque) throw this.#wrong(`${where}.Arguments`, 'a list');
    const argsEnd = this.values(from, 1, INNER);
    this.#at = argsEnd;
    if (isOpaque) return this.#bare(where, from);
    if (this.hasMore()) {
      const kwargs = this.#next(where);
      const kwargsFrom = this.#at;
      this.#passDict(`${where}.ArgumentsKw`, kwargs);
      if (!this.#isEmpty(kwargsFrom)) return this.#taken(where, from, this.#at, 2);
    }
    if (!this.#isEmpty(from)) return this.#taken(where, from, argsEnd, 1);
    this.end(where);
    return EMPTY_PAYLOAD;
  }

  /** True for a list or dictionary with nothing in it. */
  #isEmpty(at: number): boolean {
    const info = this.bytes[at]! & 31;
    if (info === INDEFINITE) return this.bytes[at + 1] === BREAK;
    this.head(at);
    return this.argument === 0;
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
