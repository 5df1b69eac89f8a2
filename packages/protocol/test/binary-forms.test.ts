/**
 * MessagePack and CBOR in all the forms that their specifications allow, also those that no encoder in JavaScript writes:
 * what is well-formed is accepted and read, what is not is refused.
 */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolViolation, PayloadError, type YieldMessage } from '@wamp/protocol';
import { anyText, dictOf, hex, serializers } from './messages.fixture.js';

const [json, msgpack, cbor] = serializers as [
  (typeof serializers)[0],
  (typeof serializers)[0],
  (typeof serializers)[0],
];

/** A value and one of its forms. */
interface Item {
  bytes: number[];
  value: unknown;
}

function bigEndian(value: number | bigint, size: number): number[] {
  return Array.from({ length: size }, (_, index) =>
    Number((BigInt(value) >> BigInt(8 * (size - 1 - index))) & 255n),
  );
}
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const concat = (items: readonly Item[]): number[] => items.flatMap((item) => item.bytes);
const valuesOf = (items: readonly Item[]): unknown[] => items.map((item) => item.value);
const shortText = anyText.filter((text) => text.length < 100);
const well = (text: string): string => text; // fast-check's strings have no lone surrogates
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const exact = (value: bigint): number | bigint =>
  value <= 2n ** 53n && value >= -(2n ** 53n) ? Number(value) : value;

/** One of the codes of a length field, from the shortest that fits on. */
function sized(codes: readonly [number, number][], length: number, choice: number): number[] {
  const fitting = codes.filter(([, size]) => length < 2 ** (8 * size));
  const [code, size] = fitting[choice % fitting.length]!;
  return [code, ...bigEndian(length, size)];
}

const anyMsgpack = fc.letrec<{ leaf: Item; item: Item; text: Item }>((tie) => ({
  text: fc.tuple(shortText, fc.nat(5)).map(([text, choice]) => {
    const data = bytesOf(text);
    const codes: [number, number][] = [
      [0xd9, 1],
      [0xda, 2],
      [0xdb, 4],
    ];
    const head = data.length < 32 && choice > 2 ? [0xa0 | data.length] : sized(codes, data.length, choice);
    return { bytes: [...head, ...data], value: well(text) };
  }),
  leaf: fc.oneof(
    fc.nat(127).map((value) => ({ bytes: [value], value })),
    fc.integer({ min: -32, max: -1 }).map((value) => ({ bytes: [value & 255], value })),
    fc
      .tuple(fc.constantFrom<[number, number]>([0xcc, 1], [0xcd, 2], [0xce, 4], [0xcf, 8]), uint64)
      .map(([[code, size], n]) => {
        const value = BigInt.asUintN(size * 8, n);
        return { bytes: [code, ...bigEndian(value, size)], value: exact(value) };
      }),
    fc
      .tuple(fc.constantFrom<[number, number]>([0xd0, 1], [0xd1, 2], [0xd2, 4], [0xd3, 8]), uint64)
      .map(([[code, size], n]) => {
        const value = BigInt.asIntN(size * 8, n);
        return { bytes: [code, ...bigEndian(value, size)], value: exact(value) };
      }),
    fc.constantFrom<Item>(
      { bytes: [0xc0], value: null },
      { bytes: [0xc2], value: false },
      { bytes: [0xc3], value: true },
      { bytes: [0xca, 0x3f, 0x80, 0, 0], value: 1 },
      { bytes: [0xcb, 0xc0, 0x08, 0, 0, 0, 0, 0, 0], value: -3 },
    ),
    fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat()).map(([value, choice]) => ({
      bytes: [
        ...sized(
          [
            [0xc4, 1],
            [0xc5, 2],
            [0xc6, 4],
          ],
          value.length,
          choice,
        ),
        ...value,
      ],
      value,
    })),
    fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(), fc.nat(255)).map(([value, choice, type]) => ({
      bytes: [
        ...sized(
          [
            [0xc7, 1],
            [0xc8, 2],
            [0xc9, 4],
          ],
          value.length,
          choice,
        ),
        type,
        ...value,
      ],
      value,
    })),
    fc.tuple(fc.nat(4), fc.nat(255)).map(([power, type]) => ({
      bytes: [0xd4 + power, type, ...new Array<number>(2 ** power).fill(9)],
      value: new Uint8Array(2 ** power).fill(9),
    })),
  ),
  item: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    tie('text'),
    fc.tuple(fc.array(tie('item'), { maxLength: 20 }), fc.nat(5)).map(([items, choice]) => ({
      bytes: [
        ...(items.length < 16 && choice > 2
          ? [0x90 | items.length]
          : sized(
              [
                [0xdc, 2],
                [0xdd, 4],
              ],
              items.length,
              choice,
            )),
        ...concat(items),
      ],
      value: valuesOf(items),
    })),
    fc
      .tuple(fc.array(fc.tuple(tie('text'), tie('item')), { maxLength: 18 }), fc.nat(5))
      .map(([entries, choice]) => ({
        bytes: [
          ...(entries.length < 16 && choice > 2
            ? [0x80 | entries.length]
            : sized(
                [
                  [0xde, 2],
                  [0xdf, 4],
                ],
                entries.length,
                choice,
              )),
          ...concat(entries.flat()),
        ],
        value: dictOf(entries.map(([key, item]) => [key.value as string, item.value])),
      })),
  ),
})).item;

/** A head in one of the widths that hold the argument. */
function cborHead(major: number, argument: number | bigint, choice: number): number[] {
  const widths: [number, number][] = [
    [24, 1],
    [25, 2],
    [26, 4],
    [27, 8],
  ];
  const fitting = widths.filter(([, size]) => BigInt(argument) < 1n << BigInt(8 * size));
  if (argument < 24 && choice % 5 === 4) return [(major << 5) | Number(argument)];
  const [info, size] = fitting[choice % fitting.length]!;
  return [(major << 5) | info, ...bigEndian(argument, size)];
}

const anyChoice = fc.nat(19);
const anyCbor = fc.letrec<{ leaf: Item; item: Item; text: Item }>((tie) => ({
  text: fc
    .tuple(fc.array(shortText, { maxLength: 3 }), anyChoice, fc.boolean())
    .map(([parts, choice, isIndefinite]) => {
      if (isIndefinite) {
        const chunks = parts.flatMap((part) => [
          ...cborHead(3, bytesOf(part).length, choice),
          ...bytesOf(part),
        ]);
        return { bytes: [0x7f, ...chunks, 0xff], value: parts.join('') };
      }
      const text = parts.join('');
      return { bytes: [...cborHead(3, bytesOf(text).length, choice), ...bytesOf(text)], value: text };
    }),
  leaf: fc.oneof(
    fc
      .tuple(fc.oneof(uint64, fc.bigInt({ min: 0n, max: 30n })), anyChoice)
      .map(([n, choice]) => ({ bytes: cborHead(0, n, choice), value: exact(n) })),
    fc
      .tuple(fc.oneof(uint64, fc.bigInt({ min: 0n, max: 30n })), anyChoice)
      .map(([n, choice]) => ({ bytes: cborHead(1, n, choice), value: exact(-1n - n) })),
    fc.constantFrom<Item>(
      { bytes: [0xf4], value: false },
      { bytes: [0xf5], value: true },
      { bytes: [0xf6], value: null },
      { bytes: [0xf7], value: null },
      { bytes: [0xf9, 0x3c, 0], value: 1 },
      { bytes: [0xf9, 0xfc, 0], value: -Infinity },
      { bytes: [0xf9, 0x7e, 0], value: NaN },
      { bytes: [0xf9, 0, 1], value: 2 ** -24 },
      { bytes: [0xfa, 0x3f, 0x80, 0, 0], value: 1 },
      { bytes: [0xfb, 0xc0, 0x08, 0, 0, 0, 0, 0, 0], value: -3 },
      { bytes: [0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0], value: 1n << 64n },
      { bytes: [0xc3, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0], value: -1n - (1n << 64n) },
      { bytes: [0xc2, 0x40], value: 0 },
    ),
    fc
      .tuple(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 }), anyChoice, fc.boolean())
      .map(([parts, choice, isIndefinite]) => {
        const value = new Uint8Array(parts.flatMap((part) => [...part]));
        const chunks = parts.flatMap((part) => [...cborHead(2, part.length, choice), ...part]);
        return {
          bytes: isIndefinite ? [0x5f, ...chunks, 0xff] : [...cborHead(2, value.length, choice), ...value],
          value,
        };
      }),
  ),
  item: fc.oneof(
    { depthSize: 'small' },
    tie('leaf'),
    tie('text'),
    fc
      .tuple(fc.array(tie('item'), { maxLength: 30 }), anyChoice, fc.boolean())
      .map(([items, choice, isIndefinite]) => ({
        bytes: isIndefinite
          ? [0x9f, ...concat(items), 0xff]
          : [...cborHead(4, items.length, choice), ...concat(items)],
        value: valuesOf(items),
      })),
    fc
      .tuple(fc.array(fc.tuple(tie('text'), tie('item')), { maxLength: 30 }), anyChoice, fc.boolean())
      .map(([entries, choice, isIndefinite]) => ({
        bytes: isIndefinite
          ? [0xbf, ...concat(entries.flat()), 0xff]
          : [...cborHead(5, entries.length, choice), ...concat(entries.flat())],
        value: dictOf(entries.map(([key, item]) => [key.value as string, item.value])),
      })),
    fc
      .tuple(fc.constantFrom(0, 1, 24, 32, 64, 258, 55_799), tie('item'), anyChoice)
      .map(([tag, item, choice]) => ({
        bytes: [...cborHead(6, tag, choice), ...item.bytes],
        value: item.value,
      })),
  ),
})).item;

describe('msgpack', () => {
  const frame = (bytes: readonly number[]): Uint8Array =>
    new Uint8Array([0x94, 0x46, 1, 0x80, 0x91, ...bytes]);
  const read = (digits: string): unknown =>
    (msgpack.decode(frame([...hex(digits)])) as YieldMessage).payload.args[0];

  it('every form of every value is accepted and read', () => {
    fc.assert(
      fc.property(anyMsgpack, ({ bytes, value }) => {
        const message = msgpack.decode(frame(bytes)) as YieldMessage;
        deepStrictEqual(message.payload.args, [value]);
        deepStrictEqual(new Uint8Array(msgpack.encode(message)), frame(bytes));
      }),
      { numRuns: 400 },
    );
  });

  it('the code 0xc1 is refused', () => {
    for (const digits of ['c1', '91c1', '81a161c1', '81c101']) {
      expect(() => read(digits)).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });

  it('a dictionary with keys that are no strings is a Map, and stays as it is between equal formats', () => {
    const bytes = frame([...hex('83 01 a161 a162 02 92 0102 03')]);
    const message = msgpack.decode(bytes) as YieldMessage;
    deepStrictEqual(message.payload.args, [
      new Map<unknown, unknown>([
        [1, 'a'],
        ['b', 2],
        [[1, 2], 3],
      ]),
    ]);
    deepStrictEqual(new Uint8Array(msgpack.encode(message)), bytes);
    const forwarded = cbor.decode(cbor.encode(message)) as YieldMessage;
    deepStrictEqual(forwarded.payload.args, message.payload.args);
    expect(() => json.encode(message)).toThrow(PayloadError);
  });

  it('a Map with numbers for keys becomes a JSON dictionary', () => {
    const message = msgpack.decode(frame([...hex('83 01 02 a162 03 cf0020000000000001 04')])) as YieldMessage;
    deepStrictEqual((json.decode(json.encode(message)) as YieldMessage).payload.args, [
      { 1: 2, b: 3, '9007199254740993': 4 },
    ]);
  });

  it('an integer of 64 bits is exact in CBOR and in the digits of JSON', () => {
    const message = msgpack.decode(frame([...hex('cfffffffffffffffff')])) as YieldMessage;
    deepStrictEqual((cbor.decode(cbor.encode(message)) as YieldMessage).payload.args, [(1n << 64n) - 1n]);
    expect(new TextDecoder().decode(json.encode(message))).toBe('[70,1,{},[18446744073709551615]]');
  });
});

describe('cbor', () => {
  const frame = (bytes: readonly number[]): Uint8Array =>
    new Uint8Array([0x84, 0x18, 0x46, 1, 0xa0, 0x81, ...bytes]);
  const read = (digits: string): unknown =>
    (cbor.decode(frame([...hex(digits)])) as YieldMessage).payload.args[0];

  it('every form of every value is accepted and read', () => {
    fc.assert(
      fc.property(anyCbor, ({ bytes, value }) => {
        const message = cbor.decode(frame(bytes)) as YieldMessage;
        deepStrictEqual(message.payload.args, [value]);
        deepStrictEqual(new Uint8Array(cbor.encode(message)), frame(bytes));
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['reserved additional information', '1c 1d 1e 3c 5c 7c 7d 7e 9c bd de fc fd fe'],
    ['an indefinite integer, tag or a stray break', '1f 3f df ff 81ff c1ff a1ff01 a101ff'],
    ['a simple value below 32 in two bytes', 'f800 f814 f81f'],
    [
      'chunks of another type, or without a length',
      '5f6161ff 7f4161ff 5f5f4161ffff 7f7f6161ffff 5f01ff 7fa0ff 5fc24101ff',
    ],
    ['a dictionary that breaks after a key', 'bf01ff bf6161ff bf616101ff01 bf61610161ff'],
  ])('refused: %s', (_name, list) => {
    for (const digits of list.split(' ')) expect(() => read(digits), digits).toThrow(ProtocolViolation);
  });

  it('a chunk of text must be UTF-8 by itself', () => {
    expect(() => read('7f 61c3 61a9 ff')).toThrow(expect.objectContaining({ code: 'invalid_utf8' }));
  });

  it('a simple value without a meaning passes, but cannot be read', () => {
    for (const digits of ['e0', 'f0', 'f820', 'f8ff']) {
      const message = cbor.decode(frame([...hex(digits)])) as YieldMessage;
      deepStrictEqual(new Uint8Array(cbor.encode(message)), frame([...hex(digits)]));
      expect(() => message.payload.args).toThrow(PayloadError);
      expect(() => json.encode(message)).toThrow(PayloadError);
    }
  });

  it('a bignum is read up to a kilobyte', () => {
    expect(read(`c2 590400 ${'ff'.repeat(1024)}`)).toBe((1n << 8192n) - 1n);
    expect(() => read(`c2 590401 ${'ff'.repeat(1025)}`)).toThrow(PayloadError);
    expect(read('c2 01')).toBe(1); // a tag that does not fit its content is dropped like any other
  });

  it('a bignum has no form in MessagePack', () => {
    const message = cbor.decode(frame([...hex('c249010000000000000000')])) as YieldMessage;
    expect(() => msgpack.encode(message)).toThrow(PayloadError);
    expect(new TextDecoder().decode(json.encode(message))).toBe('[70,1,{},[18446744073709551616]]');
  });

  it('a dictionary with keys that are no strings is a Map', () => {
    deepStrictEqual(
      read('bf 6162 02 01 6161 ff'),
      new Map<unknown, unknown>([
        ['b', 2],
        [1, 'a'],
      ]),
    );
    deepStrictEqual(
      read('a2 f5 01 f6 02'),
      new Map<unknown, unknown>([
        [true, 1],
        [null, 2],
      ]),
    );
  });
});
