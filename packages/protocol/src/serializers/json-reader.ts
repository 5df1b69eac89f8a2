/**
 * Reads heads in JSON. Numbers, strings without escapes and empty dictionaries are read by hand from the bytes; other
 * dictionaries by JSON.parse; the payload is checked and left as bytes.
 */
import { EMPTY_DICT, type Dict } from '../dict.js';
import { malformed, missing, notAMessage, tooLong, wrongType, type HeadReader } from '../head-reader.js';
import { MAX_ID } from '../ids.js';
import { checkOptions, type OptionRules } from '../options.js';
import { EMPTY_PAYLOAD, Payload, type PayloadCodec, type PayloadSpan } from '../payload.js';
import { ShortStrings } from '../short-strings.js';
import { decodeUtf8 } from '../utf8.js';
import { CLOSE_DICT, CLOSE_LIST, COMMA, JsonGrammar, OPEN_DICT, OPEN_LIST, QUOTE } from './json-grammar.js';
import type { JsonCheck } from './json-check.js';
import { parseJson } from './json-values.js';

/** Depth of what stands in the message's list. */
const INNER = 2;
const ID = 'an integer from 1 to 2^53';
const INTEGER = 'an integer from 0 to 2^53';
/** 2^53 without its last digit, which is 2. */
const MAX_ID_TENTH = 900_719_925_474_099;

export class JsonReader extends JsonGrammar implements HeadReader {
  readonly #strings = new ShortStrings();
  readonly #codec: PayloadCodec;
  readonly #check: JsonCheck | undefined;
  #at = 0;
  #isFirst = true;

  constructor(
    codec: PayloadCodec,
    maxDepth: number,
    isUtf8: ((bytes: Uint8Array) => boolean) | undefined,
    check: JsonCheck | undefined,
  ) {
    super(maxDepth, isUtf8);
    this.#codec = codec;
    this.#check = check;
  }

  open(frame: Uint8Array): void {
    this.start(frame);
    const at = this.space(0);
    if (at === this.limit) throw malformed('the frame is empty', at);
    if (this.peek(at) !== OPEN_LIST) throw notAMessage('the message is not a list');
    this.#at = this.space(at + 1);
    if (this.peek(this.#at) === CLOSE_LIST) throw notAMessage('the message is an empty list');
    this.#isFirst = true;
  }

  hasMore(): boolean {
    this.#at = this.space(this.#at);
    return this.peek(this.#at) === COMMA;
  }

  /** Goes to the next element and gives its first byte. */
  #next(where: string): number {
    if (this.#isFirst) this.#isFirst = false;
    else {
      let byte = this.peek(this.#at);
      if (byte <= 0x20) byte = this.peek((this.#at = this.space(this.#at)));
      if (byte === CLOSE_LIST) throw missing(where);
      if (byte !== COMMA) throw this.unexpected(this.#at);
      this.#at++;
      if (this.peek(this.#at) <= 0x20) this.#at = this.space(this.#at);
    }
    return this.peek(this.#at);
  }

  integer(where: string): number {
    const first = this.#next(where);
    const from = this.#at;
    const { bytes, limit } = this;
    let value = 0;
    let at = from;
    while (at < limit) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) break;
      // 2^53 + 1 would round to 2^53.
      if (value >= MAX_ID_TENTH && (value > MAX_ID_TENTH || digit > 2)) throw wrongType(where, INTEGER);
      value = value * 10 + digit;
      at++;
    }
    const after = this.peek(at);
    const isPlain = after === COMMA || after === CLOSE_LIST || (after <= 0x20 && after > 0);
    if (!isPlain || at === from || (first === 0x30 && at > from + 1)) return this.#oddInteger(where);
    this.#at = at;
    return value;
  }

  /** A number that is written otherwise than by digits alone: right if its value is an integer of the range. */
  #oddInteger(where: string): number {
    const from = this.#at;
    const first = this.peek(from);
    if (first === QUOTE || first === OPEN_LIST || first === OPEN_DICT || first > 0x39) {
      this.value(from, INNER);
      throw wrongType(where, INTEGER);
    }
    const to = this.numeral(from);
    const value = Number(decodeUtf8(this.bytes, from, to));
    // 2^53 itself only in plain digits: here it may be a neighbour that was rounded.
    if (!Number.isInteger(value) || value < 0 || value >= MAX_ID) throw wrongType(where, INTEGER);
    this.#at = to;
    return value + 0; // no negative zero
  }

  id(where: string): number {
    const value = this.integer(where);
    if (value === 0) throw wrongType(where, ID);
    return value;
  }

  text(where: string): string {
    if (this.#next(where) !== QUOTE) throw this.#wrong(where, 'a string');
    return this.#text();
  }

  textOrNull(where: string): string | null {
    const byte = this.#next(where);
    if (byte === QUOTE) return this.#text();
    if (byte !== 0x6e) throw this.#wrong(where, 'a string or null');
    this.#at = this.value(this.#at, INNER);
    return null;
  }

  /** For an element of the wrong type: the violation, unless it is not even well-formed. */
  #wrong(where: string, expected: string): Error {
    this.value(this.#at, INNER);
    return wrongType(where, expected);
  }

  #text(): string {
    const from = this.#at + 1;
    const escapes = this.escapes;
    const to = this.string(from);
    this.#at = to;
    if (this.escapes !== escapes) return JSON.parse(decodeUtf8(this.bytes, from - 1, to)) as string;
    return this.#strings.read(this.bytes, from, to - 1);
  }

  dict(rules: OptionRules, where: string): Dict {
    if (this.#next(where) !== OPEN_DICT) throw this.#wrong(where, 'a dictionary');
    const from = this.#at;
    if (this.peek(from + 1) === CLOSE_DICT) {
      this.#at = from + 2;
      return EMPTY_DICT;
    }
    const to = this.dictionary(from + 1, INNER);
    this.#at = to;
    const value = parseJson(decodeUtf8(this.bytes, from, to)) as Dict;
    return Object.keys(value).length === 0 ? EMPTY_DICT : checkOptions(value, rules, where);
  }

  end(where: string): void {
    let at = this.space(this.#at);
    const byte = this.peek(at);
    if (byte === COMMA) throw tooLong(where);
    if (byte !== CLOSE_LIST) throw this.unexpected(at);
    at = this.space(at + 1);
    if (at !== this.limit) throw malformed('something follows the message', at);
  }

  payload(where: string, opaque: boolean): Payload {
    if (!this.hasMore()) {
      this.end(where);
      return EMPTY_PAYLOAD;
    }
    const byte = this.#next(where);
    const from = this.#at;
    if (opaque && byte === QUOTE) {
      this.#at = this.string(from + 1);
      return this.#bare(where, from);
    }
    if (byte !== OPEN_LIST) throw this.#wrong(`${where}.Arguments`, 'a list');
    const check = this.#check?.load(this.bytes) === true ? this.#check : undefined;
    const argsEnd = check === undefined ? this.list(from + 1, INNER) : this.#fastPass(check, from, byte);
    this.#at = argsEnd;
    if (this.hasMore()) {
      if (this.#next(where) !== OPEN_DICT) throw this.#wrong(`${where}.ArgumentsKw`, 'a dictionary');
      const kwargs = this.#at + 1;
      this.#at =
        check === undefined ? this.dictionary(kwargs, INNER) : this.#fastPass(check, kwargs - 1, OPEN_DICT);
      if (this.peek(this.space(kwargs)) !== CLOSE_DICT) return this.#taken(where, from, this.#at, 2);
    }
    if (this.peek(this.space(from + 1)) !== CLOSE_LIST) return this.#taken(where, from, argsEnd, 1);
    this.end(where);
    return EMPTY_PAYLOAD;
  }

  /** Passes the list or dictionary that begins at `from` with this byte. */
  #fastPass(check: JsonCheck, from: number, byte: number): number {
    const end = check.pass(from, INNER, this.maxDepth);
    if (end < 0) return byte === OPEN_LIST ? this.list(from + 1, INNER) : this.dictionary(from + 1, INNER);
    if (check.isBeyondAscii) this.proveUtf8(from);
    return end;
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
