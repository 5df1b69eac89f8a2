/** Whatever message is written is read back the same, in every format and from every format to every other. */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallMessage, EMPTY_DICT, InvocationMessage, Payload } from '@wamp/protocol';
import { anyMessage, anyValue, plain, portable, serializers } from './messages.fixture.js';

const pairs = serializers.flatMap((from) =>
  serializers.map((to) => [from.format, to.format, from, to] as const),
);

describe.each([...serializers, ...portable].map((each) => [each.format, each] as const))(
  '%s',
  (_format, serializer) => {
    it('any message comes back as it was', () => {
      fc.assert(
        fc.property(anyMessage, (message) => {
          deepStrictEqual(plain(serializer.decode(serializer.encode(message))), plain(message));
        }),
        { numRuns: 120 },
      );
    });

    it('a frame may be a view into larger memory, and so may what is lent for a frame', () => {
      fc.assert(
        fc.property(anyMessage, fc.nat(9), (message, offset) => {
          const frame = serializer.encode(message);
          const chunk = new Uint8Array(frame.length + 20).fill(0x5d);
          chunk.set(frame, offset);
          const read = serializer.decode(chunk.subarray(offset, offset + frame.length));
          deepStrictEqual(plain(read), plain(message));
        }),
      );
    });

    it('a payload that was detached does not change when the frame is used again', () => {
      const message = new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([1, 'two', new Uint8Array([3, 4])]));
      const frame = serializer.encode(message);
      const read = serializer.decode(frame) as CallMessage;
      read.payload.detach();
      frame.fill(0);
      deepStrictEqual(read.payload.args, [1, 'two', new Uint8Array([3, 4])]);
    });

    it('byte strings that were read do not change when the frame is used again', () => {
      const frame = serializer.encode(
        new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([new Uint8Array([3, 4])])),
      );
      const { args } = (serializer.decode(frame) as CallMessage).payload;
      frame.fill(0);
      deepStrictEqual(args, [new Uint8Array([3, 4])]);
    });
  },
);

describe('SER-006: from every format to every other', () => {
  it.each(pairs)('%s to %s: a forwarded payload has the same values', (_from, _to, from, to) => {
    fc.assert(
      fc.property(fc.array(anyValue), fc.dictionary(fc.string(), anyValue), (args, kwargs) => {
        const call = new CallMessage(7, EMPTY_DICT, 'com.example.add', Payload.of(args, kwargs));
        const received = from.decode(from.encode(call)) as CallMessage;
        const forwarded = to.encode(new InvocationMessage(1, 2, EMPTY_DICT, received.payload));
        const { payload } = to.decode(forwarded) as InvocationMessage;
        deepStrictEqual(payload.args, call.payload.args);
        deepStrictEqual({ ...payload.kwargs }, { ...call.payload.kwargs });
      }),
      { numRuns: 25 },
    );
  });

  it.each(pairs)('%s to %s: numbers, null, booleans, text, bytes, nested', (_from, _to, from, to) => {
    const args = [
      0,
      -1,
      2 ** 53,
      -(2 ** 53),
      2 ** 32,
      1.5,
      null,
      true,
      false,
      'Zoë 🦆',
      new Uint8Array([0, 255]),
      [[{}]],
    ];
    const call = new CallMessage(2 ** 53, EMPTY_DICT, 'a.b', Payload.of(args, { k: { l: [] } }));
    const received = from.decode(from.encode(call)) as CallMessage;
    const read = to.decode(to.encode(received)) as CallMessage;
    deepStrictEqual(plain(read), plain(call));
  });

  it.each(pairs)('%s to %s: an opaque payload stays bare', (_from, _to, from, to) => {
    for (const value of [new Uint8Array([1, 2, 3]), 'a string']) {
      const call = new CallMessage(1, { enc_algo: 'mqtt' }, 'a.b', Payload.opaque(value));
      const received = from.decode(from.encode(call)) as CallMessage;
      const read = to.decode(to.encode(received)) as CallMessage;
      deepStrictEqual(read.payload.opaque, value);
      deepStrictEqual(read.payload.args, [value]);
      deepStrictEqual(read.payload.kwargs, {});
    }
  });

  it.each(pairs)('%s to %s: lengths around every limit of a length field', (_from, _to, from, to) => {
    for (const length of [0, 15, 16, 23, 24, 31, 32, 64, 65, 255, 256]) {
      const args = [
        'a'.repeat(length),
        `${'a'.repeat(length)}ë`,
        '€'.repeat(Math.ceil(length / 3)),
        new Uint8Array(length).fill(0xc1),
        new Array<number>(length).fill(1),
        Object.fromEntries(new Array(length).fill(0).map((_, index) => [`k${index}`, index])),
      ];
      const call = new CallMessage(1, EMPTY_DICT, 'a'.repeat(length), Payload.of(args));
      const received = from.decode(from.encode(call)) as CallMessage;
      const read = to.decode(to.encode(received)) as CallMessage;
      deepStrictEqual(plain(read), plain(call));
    }
  });

  it.each(pairs)('%s to %s: lengths of more than two bytes', (_from, _to, from, to) => {
    for (const length of [65_535, 65_536]) {
      const bytes = new Uint8Array(length).fill(0xc1);
      const args = [
        'a'.repeat(length),
        `${'a'.repeat(length - 1)}ë`,
        bytes,
        new Array<null>(length).fill(null),
      ];
      const kwargs = Object.fromEntries(Array.from({ length }, (_, index) => [index.toString(36), 1]));
      const call = new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of(args, kwargs));
      const received = from.decode(from.encode(call)) as CallMessage;
      const read = to.decode(to.encode(received)) as CallMessage;
      expect(read.payload.args[0]).toBe(args[0]);
      expect(read.payload.args[1]).toBe(args[1]);
      expect(Buffer.compare(read.payload.args[2] as Uint8Array, bytes)).toBe(0);
      expect((read.payload.args[3] as unknown[]).length).toBe(length);
      expect(Object.keys(read.payload.kwargs)).toHaveLength(length);
    }
  });

  it('a payload is transcoded once per format', () => {
    const [json, msgpack] = serializers;
    const payload = Payload.of([1]);
    expect(payload.spanFor(json!.payloadCodec)).toBe(payload.spanFor(json!.payloadCodec));
    expect(payload.spanFor(msgpack!.payloadCodec)).toBe(payload.spanFor(msgpack!.payloadCodec));
  });
});
