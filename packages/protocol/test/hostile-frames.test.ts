/** Bytes that nobody meant to send: every frame is read or refused as a violation, nothing else, and in bounded time. */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CallMessage,
  EMPTY_DICT,
  isDict,
  isId,
  Payload,
  PayloadError,
  ProtocolViolation,
  type Message,
} from '@wamp/protocol';
import {
  anyMessage,
  anyPayload,
  anyValue,
  hex,
  portable,
  reference,
  serializers,
} from './messages.fixture.js';

/** A frame that something happened to. */
const anyDamage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), value: fc.nat() }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), value: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('insert' as const), at: fc.nat(), value: fc.nat(255) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(), value: fc.nat() }),
);
type Damage = typeof anyDamage extends fc.Arbitrary<infer T> ? T : never;

function damaged(frame: Uint8Array, { kind, at, value }: Damage): Uint8Array {
  const index = at % frame.length;
  const rest = frame.subarray(index);
  if (kind === 'cut') return frame.slice(0, index);
  if (kind === 'insert') return new Uint8Array([...frame.subarray(0, index), value, ...rest]);
  if (kind === 'remove') return new Uint8Array([...frame.subarray(0, index), ...rest.subarray(1)]);
  const copy = new Uint8Array(frame);
  copy[index] = kind === 'flip' ? copy[index]! ^ (1 << value) : value;
  return copy;
}

const manyDamages = fc.array(fc.array(anyDamage, { minLength: 1, maxLength: 3 }), {
  minLength: 10,
  maxLength: 10,
});

/** One frame, damaged in several ways. */
function damagedFrames(frame: Uint8Array, damages: readonly Damage[][]): Uint8Array[] {
  return damages.map((some) =>
    some.reduce((each, damage) => (each.length > 0 ? damaged(each, damage) : each), frame),
  );
}

/** Runs, and lets one class of errors pass. */
function attempt<T>(run: () => T, allowed: new (...args: never[]) => Error): T | undefined {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof allowed)) throw error;
    return undefined;
  }
}

function payloadOf(message: Message | undefined): Payload | undefined {
  return (message as { payload?: Payload } | undefined)?.payload;
}

describe.each([...serializers, ...portable].map((each) => [each.format, each] as const))(
  '%s',
  (_format, serializer) => {
    /** Reads a frame, and what came of it to the end: the payload's values, and the message in every other format. */
    function survive(frame: Uint8Array): void {
      const message = attempt(() => serializer.decode(frame), ProtocolViolation);
      if (message === undefined) return;
      attempt(() => payloadOf(message)?.args, PayloadError);
      for (const other of serializers) attempt(() => other.encode(message), PayloadError);
      // What was accepted goes out as it is, so it has to be acceptable.
      expect(serializer.decode(serializer.encode(message)).kind).toBe(message.kind);
    }

    it('SER-008: random bytes are a message or a violation', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), survive), { numRuns: 500 });
    });

    it('SER-008: a damaged frame is a message or a violation', () => {
      fc.assert(
        fc.property(anyMessage, fc.array(anyDamage, { minLength: 1, maxLength: 3 }), (message, damages) => {
          let frame = serializer.encode(message);
          for (const damage of damages) if (frame.length > 0) frame = damaged(frame, damage);
          survive(frame);
        }),
        { numRuns: 400 },
      );
    });

    it('a CALL with random bytes in the place of its payload is a message or a violation', () => {
      const { bytes } = Payload.of([1]).encodedFor(serializer.payloadCodec);
      const frame = serializer.encode(new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of([1])));
      const start = frame.length - bytes.length - (serializer.format === 'json' ? 1 : 0);
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (tail) => {
          survive(new Uint8Array([...frame.subarray(0, start), ...tail]));
          survive(new Uint8Array([...frame.subarray(0, start), ...tail, 0x5d]));
        }),
        { numRuns: 500 },
      );
    });

    it('whatever another encoder writes is accepted, and means the same', () => {
      const codec = reference[serializer.format];
      // Values for which the other encoders are no model: their floats for large integers read the same, their undefined does not.
      fc.assert(
        fc.property(fc.array(anyValue.filter(isModelled), { maxLength: 4 }), (args) => {
          const call = serializer.decode(codec.encode([48, 1, {}, 'a.b', args])) as CallMessage;
          const expected = serializer.decode(
            serializer.encode(new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of(args))),
          ) as CallMessage;
          deepStrictEqual(call.payload.args, expected.payload.args);
        }),
      );
    });

    it('one reader serves frame after frame, whatever became of the one before', () => {
      const good = serializer.encode(new CallMessage(1, { timeout: 1 }, 'a.b', Payload.of(['é'])));
      for (let length = 0; length < good.length; length++) {
        expect(() => serializer.decode(good.subarray(0, length))).toThrow(ProtocolViolation);
        expect((serializer.decode(good) as CallMessage).payload.args).toEqual(['é']);
      }
    });
  },
);

/** Bytes have no form in the reference encoder of JSON, and `__proto__` and NUL keys not in all the others. */
function isModelled(value: unknown): boolean {
  if (value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.every(isModelled);
  if (isDict(value)) {
    return Object.entries(value).every(
      ([key, each]) => key !== '__proto__' && key !== 'toJSON' && isModelled(each),
    );
  }
  return true;
}

describe('json against JSON.parse', () => {
  const serializer = serializers[0]!;
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** Whether JSON.parse and the layout of CALL accept a frame. */
  function isCall(frame: Uint8Array): boolean {
    let list: unknown;
    try {
      list = JSON.parse(decoder.decode(frame));
    } catch {
      return false;
    }
    if (!Array.isArray(list) || list[0] !== 48 || list.length < 4 || list.length > 6) return false;
    const [, id, options, procedure, args, kwargs] = list as unknown[];
    return (
      isId(id) &&
      isDict(options) &&
      typeof procedure === 'string' &&
      (list.length < 5 || Array.isArray(args)) &&
      (list.length < 6 || isDict(kwargs))
    );
  }

  function compare(frame: Uint8Array): void {
    const message = attempt(() => serializer.decode(frame), ProtocolViolation);
    const isAccepted = message !== undefined && message.kind === 48;
    if (isAccepted !== isCall(frame)) expect.fail(`they differ about ${new TextDecoder().decode(frame)}`);
    if (isAccepted) {
      expect(message.payload.encodedFor(serializer.payloadCodec).bytes.length).toBeLessThan(frame.length);
      payloadOf(message)!.args.at(0);
    }
  }

  it('the same frames pass: damaged ones', () => {
    fc.assert(
      fc.property(anyPayload, manyDamages, (payload, damages) => {
        const frame = serializer.encode(new CallMessage(1234, {}, 'com.example', payload));
        for (const each of damagedFrames(frame, damages)) compare(each);
      }),
      { numRuns: 150 },
    );
  });

  it('the same frames pass: strings of the letters that the grammar is made of', () => {
    const letters = fc.string({
      unit: fc.constantFrom(
        ...'{}[]",:\\u0019.eE+-tfn \n\r\t\b\u00e9'.split(''),
        'true',
        'null',
        'false',
        '"a"',
      ),
      maxLength: 14,
    });
    fc.assert(
      fc.property(letters, (tail) => {
        compare(new TextEncoder().encode(`[48,1,{},"a.b",[${tail}]]`));
      }),
      { numRuns: 4000 },
    );
  });

  it.each([
    '"\\u00zz"',
    '"\\u12"',
    '"\\x"',
    '"\\',
    '"\t"',
    '"\u007f"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
    '01',
    '-',
    '-0',
    '-01',
    '1.',
    '1.e1',
    '1e',
    '1e+',
    '1E-0',
    '.1',
    '+1',
    'NaN',
    'tru',
    'truE',
    'trux',
    'nul',
    'nulll',
    'fals',
    'falsee',
    'fXlse',
    't',
    'f',
    'n',
    '[',
    ']',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    '{1:1}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a":1}}',
    ' ',
    '',
    '"',
    '/**/1',
    '\u00a01',
    '\ufeff1',
    "'a'",
    '\u0000',
  ])('the same frames pass: %j', (tail) => {
    for (const text of [
      `[48,1,{},"a.b",[${tail}]]`,
      `[48,1,{},"a.b",[${tail}`,
      `[48,1,{},"a.b",[],{"k":${tail}}]`,
      `[48,1,{"k":${tail}},"a.b"]`,
      `[48,1,{},${tail}]`,
    ]) {
      compare(new TextEncoder().encode(text));
    }
  });
});

describe('lengths that the frame does not hold', () => {
  it.each([
    ['msgpack', 'dd ffffffff'],
    ['msgpack', 'df ffffffff'],
    ['msgpack', 'db ffffffff'],
    ['msgpack', '95 30 01 80 a1 61 dd ffffffff 00'],
    ['msgpack', '95 30 01 80 a1 61 91 df ffffffff 00'],
    ['msgpack', '95 30 01 80 a1 61 91 c6 ffffffff 00'],
    ['msgpack', '95 30 01 80 a1 61 91 c9 ffffffff 00'],
    ['msgpack', '95 30 01 80 a1 61 91 db ffffffff 00'],
    ['msgpack', '96 30 01 80 a1 61 90 df ffffffff 00'],
    ['msgpack', '94 30 01 df ffffffff 00'],
    ['msgpack', '94 30 01 80 db ffffffff 61'],
    ['cbor', '9b ffffffffffffffff'],
    ['cbor', '85 1830 01 a0 6161 9b ffffffffffffffff 00'],
    ['cbor', '85 1830 01 a0 6161 81 bb ffffffffffffffff 00'],
    ['cbor', '85 1830 01 a0 6161 81 5b ffffffffffffffff 00'],
    ['cbor', '85 1830 01 a0 6161 81 7b ffffffffffffffff 00'],
    ['cbor', '85 1830 01 a0 6161 81 5f 5b ffffffffffffffff ff'],
    ['cbor', '86 1830 01 a0 6161 80 bb ffffffffffffffff 00'],
    ['cbor', '84 1830 01 bb ffffffffffffffff 00'],
    ['cbor', '84 1830 01 a0 7b ffffffffffffffff 61'],
  ])('%s: %s', (format, digits) => {
    const serializer = serializers.find((each) => each.format === format)!;
    expect(() => serializer.decode(hex(digits))).toThrow(ProtocolViolation);
  });
});
