/**
 * The serialization formats, for the load generator: whole messages for what happens once, and heads of messages, read and
 * written in place, for what happens a million times. Written without the protocol package, which is what is measured.
 */
import { Decoder, Encoder } from 'cbor-x';
import { Packr } from 'msgpackr';

export type FormatName = 'json' | 'msgpack' | 'cbor';

/** The beginning of a message that was read in place. */
export interface Head {
  kind: number;
  first: number;
  second: number;
  /** where the payload's elements begin and end */
  tail: number;
  end: number;
}

export interface Format {
  readonly name: FormatName;
  readonly isText: boolean;
  readonly subprotocol: string;
  readonly rawSocketId: number;
  encode(message: readonly unknown[]): Buffer;
  decode(bytes: Buffer): unknown[];
  /** The elements of a payload, as they stand in a message. */
  encodeTail(args: readonly unknown[], kwargs?: object): Buffer;
  /** A message head: `[kind, id, {}` and then `between` (a string, or nothing). At most {@link HEAD_BYTES} and `between`. */
  writeHead(out: Buffer, at: number, kind: number, id: number, elements: number, between: Buffer): number;
  /** What follows the payload. */
  readonly closing: Buffer;
  /** Encodes a string for {@link writeHead}. */
  between(text: string): Buffer;
  /**
   * Reads `[kind, first, {}, …` or `[kind, first, second, {}, …`, by kind.
   * @returns false if it is anything else: then decode it
   */
  readHead(buffer: Buffer, start: number, end: number, head: Head): boolean;
}

export const HEAD_BYTES = 40;
const NOTHING = Buffer.alloc(0);

/** INVOCATION and EVENT have two ids. */
const hasTwoIds = (kind: number): boolean => kind === 68 || kind === 36;

const packr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
const cborEncoder = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false });
const cborDecoder = new Decoder({ useRecords: false, mapsAsObjects: true });

const COMMA = 0x2c;
const BRACKET = 0x5b;

/** A decimal number; writes the place behind it. */
function digits(buffer: Buffer, at: number, head: Head): number {
  let value = 0;
  let place = at;
  for (let byte = buffer[place]!; byte >= 0x30 && byte <= 0x39; byte = buffer[(place += 1)]!)
    value = value * 10 + byte - 0x30;
  head.tail = place;
  return value;
}

const json: Format = {
  name: 'json',
  isText: true,
  subprotocol: 'wamp.2.json',
  rawSocketId: 1,
  encode: (message) => Buffer.from(JSON.stringify(message)),
  decode: (bytes) => JSON.parse(bytes.toString('utf8')) as unknown[],
  encodeTail: (args, kwargs) =>
    Buffer.from(JSON.stringify(args) + (kwargs === undefined ? '' : `,${JSON.stringify(kwargs)}`)),
  writeHead(out, at, kind, id, _elements, between) {
    // Written by hand: a string would be made and copied for each message.
    let place = at;
    out[place++] = BRACKET;
    place = writeDigits(out, place, kind);
    out[place++] = COMMA;
    place = writeDigits(out, place, id);
    out[place++] = COMMA;
    out[place++] = 0x7b;
    out[place++] = 0x7d;
    out[place++] = COMMA;
    if (between.length > 0) {
      between.copy(out, place);
      place += between.length;
    }
    return place;
  },
  closing: Buffer.from(']'),
  between: (text) => Buffer.from(`${JSON.stringify(text)},`),
  readHead(buffer, start, end, head) {
    if (buffer[start] !== BRACKET) return false;
    head.kind = digits(buffer, start + 1, head);
    if (buffer[head.tail] !== COMMA) return false;
    head.first = digits(buffer, head.tail + 1, head);
    if (hasTwoIds(head.kind)) {
      if (buffer[head.tail] !== COMMA) return false;
      head.second = digits(buffer, head.tail + 1, head);
    }
    const at = head.tail;
    if (buffer[at] !== COMMA || buffer[at + 1] !== 0x7b || buffer[at + 2] !== 0x7d) return false;
    if (buffer[at + 3] !== COMMA || buffer[at + 4] !== BRACKET) return false;
    head.tail = at + 4;
    head.end = end - 1;
    return true;
  },
};

function writeDigits(out: Buffer, at: number, value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) length += 1;
  let rest = value;
  for (let place = at + length - 1; place >= at; place -= 1) {
    const next = Math.floor(rest / 10);
    out[place] = 0x30 + rest - next * 10;
    rest = next;
  }
  return at + length;
}

/** Writes and reads unsigned integers; MessagePack and CBOR differ in their marks only. */
interface Marks {
  readonly u8: number;
  readonly u16: number;
  readonly u32: number;
  readonly u64: number;
  readonly mostInline: number;
}
const MSGPACK_MARKS: Marks = { u8: 0xcc, u16: 0xcd, u32: 0xce, u64: 0xcf, mostInline: 0x7f };
const CBOR_MARKS: Marks = { u8: 0x18, u16: 0x19, u32: 0x1a, u64: 0x1b, mostInline: 0x17 };

function writeUint(out: Buffer, at: number, value: number, marks: Marks): number {
  if (value <= marks.mostInline) {
    out[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    out[at] = marks.u8;
    out[at + 1] = value;
    return at + 2;
  }
  if (value < 0x1_0000) {
    out[at] = marks.u16;
    return out.writeUInt16BE(value, at + 1);
  }
  if (value < 0x1_0000_0000) {
    out[at] = marks.u32;
    return out.writeUInt32BE(value, at + 1);
  }
  out[at] = marks.u64;
  return out.writeBigUInt64BE(BigInt(value), at + 1);
}

/** @returns NaN if there is something else */
function readUint(buffer: Buffer, at: number, marks: Marks, head: Head): number {
  const mark = buffer[at]!;
  if (mark <= marks.mostInline) {
    head.tail = at + 1;
    return mark;
  }
  switch (mark) {
    case marks.u8:
      head.tail = at + 2;
      return buffer[at + 1]!;
    case marks.u16:
      head.tail = at + 3;
      return buffer.readUInt16BE(at + 1);
    case marks.u32:
      head.tail = at + 5;
      return buffer.readUInt32BE(at + 1);
    case marks.u64:
      head.tail = at + 9;
      return buffer.readUInt32BE(at + 1) * 0x1_0000_0000 + buffer.readUInt32BE(at + 5);
    default:
      return NaN;
  }
}

function binary(
  name: 'msgpack' | 'cbor',
  rawSocketId: number,
  marks: Marks,
  array: number,
  emptyMap: number,
  codec: { encode(value: unknown): Buffer; decode(bytes: Buffer): unknown },
): Format {
  return {
    name,
    isText: false,
    subprotocol: `wamp.2.${name}`,
    rawSocketId,
    encode: (message) => codec.encode(message),
    decode: (bytes) => codec.decode(bytes) as unknown[],
    encodeTail: (args, kwargs) =>
      Buffer.concat([codec.encode(args), kwargs === undefined ? NOTHING : codec.encode(kwargs)]),
    writeHead(out, at, kind, id, elements, between) {
      out[at] = array + elements;
      let place = writeUint(out, at + 1, kind, marks);
      place = writeUint(out, place, id, marks);
      out[place++] = emptyMap;
      if (between.length > 0) {
        between.copy(out, place);
        place += between.length;
      }
      return place;
    },
    closing: NOTHING,
    between: (text) => codec.encode(text),
    readHead(buffer, start, end, head) {
      if ((buffer[start]! & 0xf0) !== (array & 0xf0)) return false;
      head.kind = readUint(buffer, start + 1, marks, head);
      head.first = readUint(buffer, head.tail, marks, head);
      if (hasTwoIds(head.kind)) head.second = readUint(buffer, head.tail, marks, head);
      if (buffer[head.tail] !== emptyMap) return false;
      head.tail += 1;
      head.end = end;
      return head.tail < end;
    },
  };
}

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  json,
  msgpack: binary('msgpack', 2, MSGPACK_MARKS, 0x90, 0x80, {
    encode: (value) => Buffer.from(packr.pack(value)),
    decode: (bytes) => packr.unpack(bytes) as unknown,
  }),
  cbor: binary('cbor', 3, CBOR_MARKS, 0x80, 0xa0, {
    encode: (value) => Buffer.from(cborEncoder.encode(value)),
    decode: (bytes) => cborDecoder.decode(bytes) as unknown,
  }),
};
