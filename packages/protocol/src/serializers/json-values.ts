/**
 * Values in JSON: reading and writing payloads, with the convention for byte strings: `"\u0000"` followed by base64.
 * Source: WAMP basic profile, "Binary conversion of JSON Strings".
 *
 * A string that begins with U+0000 but is no base64 stays a string; one that is cannot be written, for it would come out as
 * bytes. Integers beyond 2^53 lose digits on reading, as with
 * JSON.parse; a `bigint` is written with all of them. NaN and the infinities are written as null.
 */
import { base64Length, readBase64, writeBase64 } from '../base64.js';
import type { Dict } from '../dict.js';
import { MAX_ID } from '../ids.js';
import { PayloadError, type EncodedPayload } from '../payload.js';
import { decodeUtf8 } from '../utf8.js';
import { ValueWriter } from '../value-writer.js';
import { PAYLOAD_DEPTH, WriterPayloadCodec } from './writer-payload-codec.js';

/** What JSON text means, byte strings included. The text must be well-formed. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Without this escape no string can begin with U+0000: the bare character is not allowed.
  return text.includes('\\u0000') ? withBytes(value) : value;
}

/** Replaces strings that stand for bytes, in place; keys are left alone. */
function withBytes(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.charCodeAt(0) === 0 ? (readBase64(value, 1) ?? value) : value;
  }
  if (typeof value === 'object' && value !== null) {
    // Lists too are walked by their keys. The keys are own ones, so a `__proto__` among them is plain data.
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) holder[key] = withBytes(holder[key]);
  }
  return value;
}

/**
 * True if JSON.stringify says of a value what the value writer would, and nothing would be lost or refused. Keys that are
 * inherited or not enumerable do not matter: a `toJSON` among them would be asked by both.
 */
function isPlain(value: unknown, depth: number, maxDepth: number): boolean {
  if (typeof value === 'string') return value.charCodeAt(0) !== 0;
  if (typeof value !== 'object') {
    return typeof value !== 'bigint' && typeof value !== 'function' && typeof value !== 'symbol';
  }
  if (value === null) return true;
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (!isPlain(value[index], depth + 1, maxDepth)) return false;
    }
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (!isPlain((value as Dict)[key], depth + 1, maxDepth)) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonValueWriter extends ValueWriter {
  nil(): void {
    this.ascii('null');
  }

  boolean(value: boolean): void {
    this.ascii(value ? 'true' : 'false');
  }

  number(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value <= MAX_ID) this.natural(value);
    else if (Number.isFinite(value)) this.ascii(String(value));
    else this.nil();
  }

  /** An integer in 0..2^53, digit by digit. */
  natural(value: number): void {
    this.reserve(16);
    let size = 1;
    for (let power = 10; power <= value; power *= 10) size++;
    let at = this.length + size;
    this.length = at;
    let rest = value;
    while (rest > 0x7fff_ffff) {
      const tenth = Math.floor(rest / 10);
      this.bytes[--at] = 48 + (rest - tenth * 10);
      rest = tenth;
    }
    let small = rest | 0;
    do {
      const tenth = (small / 10) | 0;
      this.bytes[--at] = 48 + (small - tenth * 10);
      small = tenth;
    } while (small > 0);
  }

  bigint(value: bigint): void {
    this.ascii(value.toString());
  }

  /** @throws PayloadError for text that would be read as bytes */
  text(value: string): void {
    if (value.charCodeAt(0) === 0 && readBase64(value, 1) !== undefined) {
      throw new PayloadError(
        'JSON has no form for a text that begins with U+0000 and goes on as base64: it stands for bytes',
      );
    }
    this.#quoted(value);
  }

  #quoted(value: string): void {
    const length = value.length;
    this.reserve(length + 2);
    const { bytes, length: start } = this;
    bytes[start] = QUOTE;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code < 0x20 || code >= 0x7f || code === QUOTE || code === BACKSLASH) {
        this.utf8(JSON.stringify(value));
        return;
      }
      bytes[start + 1 + index] = code;
    }
    bytes[start + 1 + length] = QUOTE;
    this.length = start + length + 2;
  }

  binary(value: Uint8Array): void {
    this.ascii('"\\u0000');
    this.reserve(base64Length(value.length) + 1);
    this.length = writeBase64(value, this.bytes, this.length);
    this.byte(QUOTE);
  }

  protected openList(): void {
    this.byte(0x5b);
  }

  protected closeList(): void {
    this.byte(0x5d);
  }

  protected openDict(): void {
    this.byte(0x7b);
  }

  protected closeDict(): void {
    this.byte(0x7d);
  }

  protected separate(): void {
    this.byte(0x2c);
  }

  protected key(key: string): void {
    this.#quoted(key);
    this.byte(0x3a);
  }

  /** Numbers become their digits; JSON has no other keys. */
  protected mapKey(key: unknown): void {
    if (typeof key === 'string') this.key(key);
    else if (typeof key === 'number' || typeof key === 'bigint') this.key(String(key));
    else throw new PayloadError('JSON has no keys but strings');
  }
}

export class JsonPayloadCodec extends WriterPayloadCodec<JsonValueWriter> {
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    super('json', () => new JsonValueWriter(maxDepth));
    this.#maxDepth = maxDepth;
  }

  protected valuesOf({ bytes, elements }: EncodedPayload): readonly unknown[] {
    const text = decodeUtf8(bytes, 0, bytes.length);
    return elements === 1 ? [parseJson(text)] : (parseJson(`[${text}]`) as readonly unknown[]);
  }

  protected override bytesOf(args: readonly unknown[], kwargs: Dict | undefined): Uint8Array {
    // JSON.stringify is much faster, where it does the same.
    const isSimple =
      isPlain(args, PAYLOAD_DEPTH, this.#maxDepth) && isPlain(kwargs, PAYLOAD_DEPTH, this.#maxDepth);
    return this.written((writer) => {
      if (isSimple) writer.utf8(JSON.stringify(args));
      else writer.value(args, PAYLOAD_DEPTH);
      if (kwargs === undefined) return;
      writer.byte(0x2c);
      if (isSimple) writer.utf8(JSON.stringify(kwargs));
      else writer.value(kwargs, PAYLOAD_DEPTH);
    });
  }
}
