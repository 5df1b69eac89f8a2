/**
 * Values in CBOR: reading and writing payloads. Integers up to 2^53 are numbers, larger ones and bignums (tags 2 and 3)
 * `bigint`; other tags are dropped and their content read; `undefined` is null; a dictionary with a key that is no string
 * is a `Map`. Simple values that nobody has assigned cannot be read.
 */
import { readFloat16, readFloat32, readFloat64, writeFloat64 } from '../ieee754.js';
import { MAX_ID } from '../ids.js';
import { PayloadError } from '../payload-error.js';
import type { EncodedPayload } from '../payload.js';
import { ValueWriter } from '../value-writer.js';
import { readUint32 } from './binary-grammar.js';
import { BREAK, MAJOR } from './cbor-grammar.js';
import { setOwn, ValueReader, type Entries } from './value-reader.js';
import { WriterPayloadCodec } from './writer-payload-codec.js';

const POSITIVE_BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;
/** A larger number is hardly meant as one, and to print its digits for JSON would take noticeable time. */
const MAX_BIGNUM_BYTES = 1024;

export class CborValueReader extends ValueReader {
  protected value(): unknown {
    const code = this.bytes[this.at]!;
    if (code < 0x18) {
      this.at++;
      return code;
    }
    switch (code >> 5) {
      case MAJOR.Unsigned:
        return this.#integer();
      case MAJOR.Negative:
        return this.#negative();
      case MAJOR.Bytes:
        return this.#bytes(code);
      case MAJOR.Text:
        return code === 0x7f ? this.#joinedText() : this.text(this.#length());
      case MAJOR.List:
        return code === 0x9f ? this.#openList() : this.list(this.#length());
      case MAJOR.Dict:
        return code === 0xbf ? this.#openDict() : this.dict(this.#length());
      case MAJOR.Tag:
        return this.#tagged();
      default:
        return this.#simple(code & 31);
    }
  }

  /** The argument of a head; exact for what a length can be. */
  #length(): number {
    const value = this.#integer();
    return Number(value);
  }

  #integer(): number | bigint {
    const { bytes } = this;
    const info = bytes[this.at++]! & 31;
    const at = this.at;
    switch (info) {
      case 24:
        this.at = at + 1;
        return bytes[at]!;
      case 25:
        this.at = at + 2;
        return (bytes[at]! << 8) | bytes[at + 1]!;
      case 26:
        this.at = at + 4;
        return readUint32(bytes, at);
      case 27: {
        this.at = at + 8;
        const high = readUint32(bytes, at);
        const low = readUint32(bytes, at + 4);
        const value = high * 0x1_0000_0000 + low;
        return value < MAX_ID ? value : exactInteger((BigInt(high) << 32n) + BigInt(low));
      }
      default:
        return info;
    }
  }

  /** Stands for -1 - n. */
  #negative(): number | bigint {
    const value = this.#integer();
    return typeof value === 'number' && value < MAX_ID ? -1 - value : exactInteger(-1n - BigInt(value));
  }

  #bytes(code: number): Uint8Array {
    if (code !== 0x5f) return this.binary(this.#length());
    this.at++;
    const parts: Uint8Array[] = [];
    while (!this.#atBreak()) parts.push(this.binary(this.#length()));
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }

  #joinedText(): string {
    this.at++;
    const parts: string[] = [];
    while (!this.#atBreak()) parts.push(this.text(this.#length()));
    return parts.join('');
  }

  #openList(): unknown[] {
    this.at++;
    const items: unknown[] = [];
    while (!this.#atBreak()) items.push(this.value());
    return items;
  }

  /** Of indefinite length, which is rare, so that it may take two steps. */
  #openDict(): Entries {
    this.at++;
    const map = new Map<unknown, unknown>();
    let hasOnlyTexts = true;
    while (!this.#atBreak()) {
      const key = this.key();
      hasOnlyTexts &&= typeof key === 'string';
      map.set(key, this.value());
    }
    if (!hasOnlyTexts) return map;
    const entries: Record<string, unknown> = {};
    for (const [key, value] of map) setOwn(entries, key as string, value);
    return entries;
  }

  protected key(): unknown {
    const code = this.bytes[this.at]!;
    return code >> 5 === MAJOR.Text && code !== 0x7f ? this.keyText(this.#length()) : this.value();
  }

  /** Takes the break if one is at hand. */
  #atBreak(): boolean {
    if (this.bytes[this.at] !== BREAK) return false;
    this.at++;
    return true;
  }

  #tagged(): unknown {
    const tag = this.#integer();
    const content = this.value();
    if ((tag !== POSITIVE_BIGNUM && tag !== NEGATIVE_BIGNUM) || !(content instanceof Uint8Array))
      return content;
    if (content.length > MAX_BIGNUM_BYTES) throw new PayloadError('a bignum is larger than can be read');
    let digits = '0';
    for (const byte of content) digits += byte.toString(16).padStart(2, '0');
    const magnitude = BigInt(`0x${digits}`);
    return exactInteger(tag === POSITIVE_BIGNUM ? magnitude : -1n - magnitude);
  }

  #simple(info: number): boolean | number | null {
    const at = this.at + 1;
    switch (info) {
      case 20:
        this.at = at;
        return false;
      case 21:
        this.at = at;
        return true;
      case 22: // null
      case 23: // undefined
        this.at = at;
        return null;
      case 25:
        this.at = at + 2;
        return readFloat16(this.bytes, at);
      case 26:
        this.at = at + 4;
        return readFloat32(this.bytes, at);
      case 27:
        this.at = at + 8;
        return readFloat64(this.bytes, at);
      default:
        throw new PayloadError('a simple value without a meaning cannot be read');
    }
  }
}

/** A number where it is exact, up to ±2^53. */
function exactInteger(value: bigint): number | bigint {
  return value >= -BigInt(MAX_ID) && value <= BigInt(MAX_ID) ? Number(value) : value;
}

export class CborValueWriter extends ValueWriter {
  nil(): void {
    this.byte(0xf6);
  }

  boolean(value: boolean): void {
    this.byte(value ? 0xf5 : 0xf4);
  }

  number(value: number): void {
    if (Number.isInteger(value) && value >= -MAX_ID && value <= MAX_ID && !Object.is(value, -0)) {
      if (value >= 0) this.#head(MAJOR.Unsigned, value);
      else this.#head(MAJOR.Negative, -1 - value);
      return;
    }
    this.byte(0xfb);
    this.reserve(8);
    writeFloat64(value, this.bytes, this.length);
    this.length += 8;
  }

  /** An integer in 0..2^53. */
  natural(value: number): void {
    this.#head(MAJOR.Unsigned, value);
  }

  /** The shortest head for an argument in 0..2^53. */
  #head(major: number, argument: number): void {
    const type = major << 5;
    if (argument < 24) this.byte(type | argument);
    else if (argument < 0x100) {
      this.byte(type | 24);
      this.byte(argument);
    } else if (argument < 0x1_0000) {
      this.byte(type | 25);
      this.uint16(argument);
    } else if (argument < 0x1_0000_0000) {
      this.byte(type | 26);
      this.uint32(argument);
    } else {
      this.byte(type | 27);
      this.int64(argument);
    }
  }

  bigint(value: bigint): void {
    const number = exactInteger(value);
    if (typeof number === 'number') {
      this.number(number);
      return;
    }
    const argument = value < 0n ? -1n - value : value;
    if (argument < 1n << 64n) {
      this.byte(value < 0n ? 0x3b : 0x1b);
      this.bigInt64(argument);
      return;
    }
    this.#head(MAJOR.Tag, value < 0n ? NEGATIVE_BIGNUM : POSITIVE_BIGNUM);
    this.binary(magnitudeBytes(argument));
  }

  text(value: string): void {
    const start = this.length;
    // One byte is the common case; what turns out longer is moved up once the length in bytes is known.
    const guess = headLength(value.length);
    this.reserve(guess);
    this.length = start + guess;
    this.utf8(value);
    const size = this.length - start - guess;
    const header = headLength(size);
    if (header > guess) {
      this.reserve(header - guess);
      this.bytes.copyWithin(start + header, start + guess, this.length);
    }
    this.length = start;
    this.#head(MAJOR.Text, size);
    this.length = start + header + size;
  }

  binary(value: Uint8Array): void {
    this.#head(MAJOR.Bytes, value.length);
    this.copy(value);
  }

  protected openList(length: number): void {
    this.#head(MAJOR.List, length);
  }

  protected openDict(size: number): void {
    this.#head(MAJOR.Dict, size);
  }

  protected closeList(): void {
    // the length came first
  }

  protected closeDict(): void {
    // the size came first
  }

  protected separate(): void {
    // nothing stands between items
  }

  protected key(key: string): void {
    this.text(key);
  }

  protected mapKey(key: unknown, depth: number): void {
    this.value(key, depth);
  }
}

/** How many bytes a head with this argument takes. */
function headLength(argument: number): number {
  return argument < 24 ? 1 : argument < 0x100 ? 2 : argument < 0x1_0000 ? 3 : 5;
}

function magnitudeBytes(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(even.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(even.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

export class CborPayloadCodec extends WriterPayloadCodec<CborValueWriter> {
  readonly #reader = new CborValueReader();

  constructor(maxDepth: number) {
    super('cbor', () => new CborValueWriter(maxDepth));
  }

  /** Reads the checked value that starts at `from`. */
  read(bytes: Uint8Array, from: number): unknown {
    return this.#reader.readAll(bytes, from, 1)[0];
  }

  protected valuesOf({ bytes, elements }: EncodedPayload): readonly unknown[] {
    return this.#reader.readAll(bytes, 0, elements);
  }
}
