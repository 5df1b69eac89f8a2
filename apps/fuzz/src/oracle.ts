/**
 * Encoders and decoders that are not ours, and values with their types, so that what came out can be compared with what went
 * in. Owns the notion of "the same value in another format".
 */
import { addExtension, Decoder, Encoder, Tag } from 'cbor-x';
import { Packr, Unpackr } from 'msgpackr';
import type { Format } from '@wamp/protocol';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: 'bigint' });
const encoder = new Encoder({
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  variableMapSize: true,
});
const decoder = new Decoder({ useRecords: false, mapsAsObjects: false });
/** No value is one. */
class Never {
  readonly isNever = true;
}
// What tags mean to cbor-x they mean to nobody else here.
for (const tag of [
  0,
  1,
  4,
  5,
  6,
  25,
  27,
  28,
  29,
  30,
  256,
  258,
  259,
  0x69_72,
  ...Array.from({ length: 24 }, (_, at) => 64 + at),
]) {
  addExtension({
    tag,
    Class: Never,
    encode: (value) => value as never,
    decode: (content: unknown) => content,
  });
}
/** Bignums are of bytes; what else has their tags is content like that of other tags. */
for (const [tag, sign, offset] of [
  [2, 1n, 0n],
  [3, -1n, -1n],
] as const) {
  addExtension({
    tag,
    Class: Never,
    encode: (value) => value as never,
    decode: (content: unknown) =>
      content instanceof Uint8Array
        ? sign * BigInt(`0x0${Buffer.from(content).toString('hex')}`) + offset
        : content,
  });
}
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const FORMATS: readonly Format[] = ['json', 'msgpack', 'cbor'];

/** The bytes of a value. JSON takes neither bytes nor Maps: they are left to the others. */
export function encode(format: Format, value: unknown): Uint8Array {
  if (format === 'json') return new TextEncoder().encode(JSON.stringify(jsonOf(value)));
  return new Uint8Array(format === 'msgpack' ? packr.pack(value) : encoder.encode(value));
}

/** @throws whatever the foreign decoder throws */
export function decode(format: Format, bytes: Uint8Array): unknown {
  if (format === 'json') return JSON.parse(utf8.decode(bytes));
  return format === 'msgpack' ? unpackr.unpack(bytes) : decoder.decode(bytes);
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return `\0${Buffer.from(value).toString('base64')}`;
  if (value instanceof Map) return jsonOf(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? Number(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, jsonOf(each)]));
}

/** The base64 that counts as bytes behind NUL: with padding, and nothing else in it. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Half a surrogate pair has no bytes: it is U+FFFD in every format but JSON. */
const wellFormed = (text: string): string => new TextDecoder().decode(new TextEncoder().encode(text));

/**
 * A value in one form for all formats, types kept apart: text, bytes, numbers, lists, dictionaries with the types of their
 * keys. In JSON, text that begins with NUL is bytes if base64 follows. Source: basic profile, "Binary conversion of JSON strings".
 */
export function plain(format: Format, value: unknown): unknown {
  // What a tag means is lost in other formats; its content is not.
  if (value instanceof Tag) return plain(format, value.value);
  if (typeof value === 'string') {
    const isBytes = format === 'json' && value.startsWith('\0') && BASE64.test(value.slice(1));
    return isBytes
      ? ['bytes', Buffer.from(value.slice(1), 'base64').toString('hex')]
      : ['text', wellFormed(value)];
  }
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('hex')];
  if (typeof value === 'bigint') return ['number', Number(value)];
  if (typeof value === 'number') return ['number', Object.is(value, -0) ? 0 : value];
  if (Array.isArray(value)) return ['list', value.map((each) => plain(format, each))];
  if (value === null || value === undefined || typeof value !== 'object') return ['simple', value ?? null];
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  // A key is text, also in JSON, and also if it looks like bytes.
  const pairs = entries.map(
    ([key, each]) =>
      [
        JSON.stringify(typeof key === 'string' ? ['text', wellFormed(key)] : plain(format, key)),
        plain(format, each),
      ] as const,
  );
  return ['dict', pairs.toSorted(([one], [other]) => (one < other ? -1 : 1))];
}
