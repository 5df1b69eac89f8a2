/**
 * Values in MessagePack: reading and writing payloads. Integers up to 2^53 are numbers, larger ones `bigint`; a dictionary
 * with a key that is no string is a `Map`; of an extension (a timestamp, say) the data are read, as bytes; the extension for
 * `undefined` is null.
 */
import { readFloat32, readFloat64, writeFloat64 } from '../ieee754.js';
import { MAX_ID } from '../ids.js';
import { PayloadError } from '../payload-error.js';
import type { EncodedPayload } from '../payload.js';
import { ValueWriter } from '../value-writer.js';
import { readUint32 } from './binary-grammar.js';
import { FALSE, NIL, TRUE } from './msgpack-grammar.js';
import { ValueReader } from './value-reader.js';
import { WriterPayloadCodec } from './writer-payload-codec.js';

export class MsgpackValueReader extends ValueReader {
  protected value(): unknown {
    const code = this.bytes[this.at++]!;
    if (code < 0x80) return code;
    if (code >= 0xe0) return code - 0x100;
    if (code < 0x90) return this.dict(code & 15);
    if (code < 0xa0) return this.list(code & 15);
    if (code < 0xc0) return this.text(code & 31);
    switch (code) {
      case NIL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case 0xd9:
        return this.text(this.#uint8());
      case 0xda:
        return this.text(this.#uint16());
      case 0xdb:
        return this.text(this.#uint32());
      case 0xdc:
        return this.list(this.#uint16());
      case 0xdd:
        return this.list(this.#uint32());
      case 0xde:
        return this.dict(this.#uint16());
      case 0xdf:
        return this.dict(this.#uint32());
      default:
        return code >= 0xca && code <= 0xd3 ? this.#number(code) : this.#bytes(code);
    }
  }

  #number(code: number): number | bigint {
    switch (code) {
      case 0xcc:
        return this.#uint8();
      case 0xcd:
        return this.#uint16();
      case 0xce:
        return this.#uint32();
      case 0xcf:
        return integer(this.#uint32(), this.#uint32());
      case 0xd0:
        return (this.#uint8() << 24) >> 24;
      case 0xd1:
        return (this.#uint16() << 16) >> 16;
      case 0xd2:
        return this.#uint32() | 0;
      case 0xd3:
        return integer(this.#uint32() | 0, this.#uint32());
      case 0xca:
        this.at += 4;
        return readFloat32(this.bytes, this.at - 4);
      default: // 0xcb
        this.at += 8;
        return readFloat64(this.bytes, this.at - 8);
    }
  }

  #bytes(code: number): Uint8Array | null {
    switch (code) {
      case 0xc4:
        return this.binary(this.#uint8());
      case 0xc5:
        return this.binary(this.#uint16());
      case 0xc6:
        return this.binary(this.#uint32());
      case 0xc7:
        return this.#extension(this.#uint8());
      case 0xc8:
        return this.#extension(this.#uint16());
      case 0xc9:
        return this.#extension(this.#uint32());
      case 0xd4:
        return this.#isUndefined() ? null : this.#extension(1);
      default: // the longer ones of fixed length
        return this.#extension(1 << (code - 0xd4));
    }
  }

  /** JavaScript's `undefined`, for which MessagePack has no form: msgpackr, so wampy too, writes this extension. */
  #isUndefined(): boolean {
    if (this.bytes[this.at] !== 0 || this.bytes[this.at + 1] !== 0) return false;
    this.at += 2;
    return true;
  }

  #extension(length: number): Uint8Array {
    this.at++; // the type, which no other format could carry
    return this.binary(length);
  }

  protected key(): unknown {
    const code = this.bytes[this.at]!;
    if ((code & 0xe0) !== 0xa0) return this.value();
    this.at++;
    return this.keyText(code & 31);
  }

  #uint8(): number {
    return this.bytes[this.at++]!;
  }

  #uint16(): number {
    this.at += 2;
    return (this.bytes[this.at - 2]! << 8) | this.bytes[this.at - 1]!;
  }

  #uint32(): number {
    this.at += 4;
    return readUint32(this.bytes, this.at - 4);
  }
}

/** An integer of 64 bits, of which `high` has the sign if there is one. */
function integer(high: number, low: number): number | bigint {
  const value = high * 0x1_0000_0000 + low;
  return Math.abs(value) < MAX_ID ? value : exactInteger((BigInt(high) << 32n) + BigInt(low));
}

/** A number where it is exact, up to ±2^53. */
function exactInteger(value: bigint): number | bigint {
  return value >= -BigInt(MAX_ID) && value <= BigInt(MAX_ID) ? Number(value) : value;
}

export class MsgpackValueWriter extends ValueWriter {
  nil(): void {
    this.byte(NIL);
  }

  boolean(value: boolean): void {
    this.byte(value ? TRUE : FALSE);
  }

  number(value: number): void {
    if (Number.isInteger(value) && value >= -MAX_ID && value <= MAX_ID && !Object.is(value, -0)) {
      if (value >= 0) this.natural(value);
      else this.#negative(value);
      return;
    }
    this.byte(0xcb);
    this.reserve(8);
    writeFloat64(value, this.bytes, this.length);
    this.length += 8;
  }

  /** An integer in 0..2^53. */
  natural(value: number): void {
    if (value < 0x80) this.byte(value);
    else if (value < 0x100) {
      this.byte(0xcc);
      this.byte(value);
    } else if (value < 0x1_0000) {
      this.byte(0xcd);
      this.uint16(value);
    } else if (value < 0x1_0000_0000) {
      this.byte(0xce);
      this.uint32(value);
    } else {
      this.byte(0xcf);
      this.int64(value);
    }
  }

  #negative(value: number): void {
    if (value >= -0x20) this.byte(value & 0xff);
    else if (value >= -0x80) {
      this.byte(0xd0);
      this.byte(value & 0xff);
    } else if (value >= -0x8000) {
      this.byte(0xd1);
      this.uint16(value & 0xffff);
    } else if (value >= -0x8000_0000) {
      this.byte(0xd2);
      this.uint32(value);
    } else {
      this.byte(0xd3);
      this.int64(value);
    }
  }

  bigint(value: bigint): void {
    const number = exactInteger(value);
    if (typeof number === 'number') this.number(number);
    else if (value >= 0n && value < 1n << 64n) {
      this.byte(0xcf);
      this.bigInt64(value);
    } else if (value < 0n && value >= -(1n << 63n)) {
      this.byte(0xd3);
      this.bigInt64(value);
    } else throw new PayloadError('MessagePack has no integers of more than 64 bits');
  }

  text(value: string): void {
    const start = this.length;
    // One byte is the common case; what turns out longer is moved up once the length in bytes is known.
    const guess = textHeader(value.length);
    this.reserve(guess);
    this.length = start + guess;
    this.utf8(value);
    const size = this.length - start - guess;
    const header = textHeader(size);
    if (header > guess) {
      this.reserve(header - guess);
      this.bytes.copyWithin(start + header, start + guess, this.length);
    }
    this.length = start;
    if (header === 1) this.byte(0xa0 | size);
    else this.#sized(0xd9, size);
    this.length = start + header + size;
  }

  /** A code of one, the next of two, the one after it of four bytes, and the size. */
  #sized(code8: number, size: number): void {
    if (size < 0x100) {
      this.byte(code8);
      this.byte(size);
    } else if (size < 0x1_0000) {
      this.byte(code8 + 1);
      this.uint16(size);
    } else {
      this.byte(code8 + 2);
      this.uint32(size);
    }
  }

  binary(value: Uint8Array): void {
    this.#sized(0xc4, value.length);
    this.copy(value);
  }

  openList(length: number): void {
    this.#counted(0x90, 0xdc, length);
  }

  protected openDict(size: number): void {
    this.#counted(0x80, 0xde, size);
  }

  #counted(fix: number, wide: number, count: number): void {
    if (count < 16) this.byte(fix | count);
    else if (count < 0x1_0000) {
      this.byte(wide);
      this.uint16(count);
    } else {
      this.byte(wide + 1);
      this.uint32(count);
    }
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

/** How many bytes stand before a string of so many bytes. */
function textHeader(size: number): number {
  return size < 32 ? 1 : size < 0x100 ? 2 : size < 0x1_0000 ? 3 : 5;
}

export class MsgpackPayloadCodec extends WriterPayloadCodec<MsgpackValueWriter> {
  readonly #reader = new MsgpackValueReader();

  constructor(maxDepth: number) {
    super('msgpack', () => new MsgpackValueWriter(maxDepth));
  }

  /** Reads the checked value that starts at `from`. */
  read(bytes: Uint8Array, from: number): unknown {
    return this.#reader.readAll(bytes, from, 1)[0];
  }

  protected valuesOf({ bytes, elements }: EncodedPayload): readonly unknown[] {
    return this.#reader.readAll(bytes, 0, elements);
  }
}
