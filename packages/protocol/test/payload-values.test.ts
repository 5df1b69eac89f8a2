/** Which JavaScript values can be sent, and as what: the same in every format. */
import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { CallMessage, EMPTY_DICT, Payload, PayloadError, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { serializers } from './messages.fixture.js';

const formats = serializers.map((serializer) => [serializer.format, serializer] as const);

function sent(serializer: Serializer, value: unknown): unknown {
  const call = new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([value]));
  return (serializer.decode(serializer.encode(call)) as CallMessage).payload.args[0];
}

/** The same through options, which are written by the head's writer. */
function sentInOptions(serializer: Serializer, value: unknown): unknown {
  const call = new CallMessage(1, { x: value }, 'a.b');
  return (serializer.decode(serializer.encode(call)) as CallMessage).options['x'];
}

class Point {
  x = 1;
  y = 2;
  get sum(): number {
    return this.x + this.y;
  }
}

describe.each(formats)('%s', (format, serializer) => {
  it.each([
    ['undefined', undefined, null],
    ['undefined in a list', [undefined, 1], [null, 1]],
    ['undefined in a dictionary', { a: undefined, b: 1, c: undefined }, { b: 1 }],
    ['a hole in a list', new Array<unknown>(2), [null, null]],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an object with toJSON', { toJSON: () => ({ a: [1] }) }, { a: [1] }],
    ['a key toJSON that is data', { toJSON: 'x' }, { toJSON: 'x' }],
    ['an instance of a class', new Point(), { x: 1, y: 2 }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    [
      'a Map',
      new Map<string, unknown>([
        ['a', new Map()],
        ['b', undefined],
        ['c', 1],
      ]),
      { a: {}, c: 1 },
    ],
    ['a Set', new Set([1, 'a']), [1, 'a']],
    ['a Buffer', Buffer.from('abc'), new Uint8Array([97, 98, 99])],
    ['a view of a part', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), new Uint8Array([2, 3])],
    ['another view', new Uint16Array([0x0101, 0x0202]), new Uint8Array([1, 1, 2, 2])],
    ['a DataView', new DataView(new Uint8Array([1, 2, 3]).buffer, 1), new Uint8Array([2, 3])],
    ['an ArrayBuffer', new Uint8Array([7]).buffer, new Uint8Array([7])],
    ['a small bigint', 5n, 5],
    ['a negative bigint', -5n, -5],
    ['the bigint 2^53', 2n ** 53n, 2 ** 53],
    ['a number beyond 2^53', 2 ** 60, 2 ** 60],
    ['a lone surrogate', 'a\ud800b', format === 'json' ? 'a\ud800b' : 'a\ufffdb'],
    ['minus zero', [-0], format === 'json' ? [0] : [-0]],
    ['NaN', NaN, format === 'json' ? null : NaN],
    ['infinity', -Infinity, format === 'json' ? null : -Infinity],
  ])('%s', (_name, value, expected) => {
    deepStrictEqual(sent(serializer, value), expected);
    deepStrictEqual(sent(serializer, { deep: [value, 1n] }), {
      deep: [expected, 1],
    });
    if (value !== undefined) deepStrictEqual(sentInOptions(serializer, value), expected);
  });

  it('large bigints keep their digits; JSON numbers lose them on reading', () => {
    for (const value of [2n ** 53n + 1n, 2n ** 64n - 1n, -(2n ** 53n) - 1n, -(2n ** 63n)]) {
      expect(sent(serializer, value)).toBe(format === 'json' ? Number(value) : value);
    }
    if (format === 'json') {
      const text = new TextDecoder().decode(
        serializer.encode(new CallMessage(1, {}, 'a', Payload.of([2n ** 80n]))),
      );
      expect(text).toBe('[48,1,{},"a",[1208925819614629174706176]]');
    }
    if (format === 'cbor') {
      for (const value of [2n ** 64n, 2n ** 68n + 5n, -(2n ** 64n) - 1n, -(2n ** 64n)])
        expect(sent(serializer, value)).toBe(value);
    }
    if (format === 'msgpack') {
      for (const value of [2n ** 64n, -(2n ** 63n) - 1n])
        expect(() => sent(serializer, value)).toThrow(PayloadError);
    }
  });

  it('functions and symbols cannot be sent', () => {
    for (const value of [() => 1, Symbol('s'), [() => 1], { a: Symbol('s') }, new Map([['a', () => 1]])]) {
      expect(() => sent(serializer, value)).toThrow(PayloadError);
      expect(() => sentInOptions(serializer, value)).toThrow(PayloadError);
    }
  });

  it('a cycle cannot be sent, nor what no peer would accept for its depth', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    expect(() => sent(serializer, cycle)).toThrow(PayloadError);
    expect(() => sentInOptions(serializer, cycle)).toThrow(PayloadError);
    const endless = { toJSON: (): unknown => endless };
    expect(() => sent(serializer, endless)).toThrow(PayloadError);
    const nested = (depth: number): unknown => (depth === 0 ? [] : [nested(depth - 1)]);
    deepStrictEqual(sent(serializer, nested(61)), nested(61));
    expect(() => sent(serializer, nested(62))).toThrow(PayloadError);
  });

  it('what a value throws becomes a PayloadError with its cause', () => {
    const cause = new Error('not today');
    const throwing = {
      get a(): never {
        throw cause;
      },
    };
    for (const run of [
      (): unknown => sent(serializer, throwing),
      (): unknown => sentInOptions(serializer, throwing),
    ]) {
      expect(run).toThrow(expect.objectContaining({ name: 'PayloadError', cause }));
    }
    const odd = {
      toJSON(): never {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- anything can be thrown
        throw 'a string';
      },
    };
    expect(() => sent(serializer, odd)).toThrow('a string');
  });

  it('a value may use the serializer while it is being written', () => {
    const inner = {
      toJSON: () =>
        Buffer.from(serializer.encode(new CallMessage(2, { o: 1 }, 'inner', Payload.of([1])))).length,
    };
    const length = serializer.encode(new CallMessage(2, { o: 1 }, 'inner', Payload.of([1]))).length;
    expect(sent(serializer, ['before', inner, 'after'])).toEqual(['before', length, 'after']);
    const call = new CallMessage(1, { a: 'before', b: inner, c: 'after' }, 'outer', Payload.of([1]));
    expect(serializer.decode(serializer.encode(call))).toMatchObject({
      options: { a: 'before', b: length, c: 'after' },
      procedure: 'outer',
    });
  });

  it('a failed message does not spoil the next one', () => {
    expect(() =>
      serializer.encode(new CallMessage(1, { x: Symbol('s') }, 'a.b', Payload.of(['left over']))),
    ).toThrow(PayloadError);
    expect(sent(serializer, 'fine')).toBe('fine');
  });

  it('a getter that changes its mind cannot break the frame', () => {
    let turn = 0;
    const fickle = {
      always: 1,
      get sometimes(): unknown {
        return turn++ % 2 === 0 ? undefined : 2;
      },
      big: 1n,
    };
    for (let run = 0; run < 4; run++) expect(sent(serializer, fickle)).toMatchObject({ always: 1, big: 1 });
  });

  it('memory that was needed for a large message is given back', () => {
    const large = 'x'.repeat(200_000);
    expect(sentInOptions(serializer, large)).toBe(large);
    expect(sentInOptions(serializer, 'small')).toBe('small');
  });

  it('lent memory may be larger than asked for', () => {
    const make = { json, msgpack, cbor }[format];
    const generous = make({ allocate: (bytes) => new Uint8Array(bytes + 100).fill(0x20) });
    const call = new CallMessage(1, { a: 1 }, 'a.b', Payload.of([1, 'two']));
    deepStrictEqual(new Uint8Array(generous.encode(call)), new Uint8Array(serializer.encode(call)));
  });

  it('the limit of nesting can be set, within reason', () => {
    const make = { json, msgpack, cbor }[format];
    for (const maxDepth of [0, 3, 513, 1.5, NaN, Infinity])
      expect(() => make({ maxDepth })).toThrow(RangeError);
    const shallow = make({ maxDepth: 4 });
    deepStrictEqual(sent(shallow, [[]]), [[]]);
    expect(() => sent(shallow, [[[]]])).toThrow(PayloadError);
    expect(() =>
      shallow.decode(serializer.encode(new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([[[[]]]])))),
    ).toThrow(expect.objectContaining({ code: 'too_deep' }));
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
    deepStrictEqual(sent(make({ maxDepth: 512 }), nested(510)), nested(510));
  });
});

describe('Payload', () => {
  it('says what it is', () => {
    const [first] = serializers;
    const call = new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([1]));
    expect(call.payload.format).toBeUndefined();
    expect(call.payload.byteLength).toBe(0);
    const received = first!.decode(first!.encode(call)) as CallMessage;
    expect(received.payload.format).toBe('json');
    expect(received.payload.byteLength).toBe(3);
    expect(received.payload.opaque).toBeUndefined();
    expect(received.payload.isEmpty).toBe(false);
    expect(Payload.raw(first!.payloadCodec, new Uint8Array(0), 0).isEmpty).toBe(true);
  });

  it('made from values it needs no detaching', () => {
    const payload = Payload.of([1]);
    expect(payload.detach()).toBe(payload);
  });
});
