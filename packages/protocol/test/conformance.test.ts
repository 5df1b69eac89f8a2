/** The checklist of messages, ids and serializations as far as a serializer alone decides it, in every format. */
import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import {
  AbortMessage,
  CallMessage,
  EMPTY_DICT,
  EMPTY_PAYLOAD,
  ErrorMessage,
  EventMessage,
  InvocationMessage,
  MessageKind,
  Payload,
  PayloadError,
  ProtocolViolation,
  UnregisteredMessage,
  UnsubscribedMessage,
  UnsubscribeMessage,
  YieldMessage,
  type HelloMessage,
  type Message,
  type Serializer,
  type ViolationCode,
} from '@wamp/protocol';
import { dictOf, frameOf, hex, reference, serializers } from './messages.fixture.js';

const [jsonFormat, msgpackFormat, cborFormat] = serializers as [Serializer, Serializer, Serializer];
const formats = serializers.map((serializer) => [serializer.format, serializer] as const);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe.each(formats)('%s', (format, serializer) => {
  const read = (list: unknown): Message => serializer.decode(frameOf(serializer, list));
  const written = (message: Message): unknown => reference[format].decode(serializer.encode(message));

  function expectViolation(list: unknown, code: ViolationCode): void {
    let thrown: unknown;
    try {
      read(list);
    } catch (error) {
      thrown = error;
    }
    expect(thrown, JSON.stringify(list)).toBeInstanceOf(ProtocolViolation);
    expect((thrown as ProtocolViolation).code, JSON.stringify(list)).toBe(code);
  }

  it('MSG-001: an empty list is a violation', () => {
    expectViolation([], 'not_a_message');
  });

  it('MSG-002: what is no list is a violation', () => {
    for (const value of [{}, 5, 'x', null, true, { 0: 48 }]) expectViolation(value, 'not_a_message');
  });

  it('MSG-003: a message code that is no integer is a violation', () => {
    for (const code of ['48', 48.5, null, true, [], {}, -48])
      expectViolation([code, 1, {}, 'a.b'], 'wrong_type');
  });

  it('MSG-004, MSG-005: an unknown message code is a violation', () => {
    for (const code of [99, 0, 7, 255, 256, 1023, 2 ** 40]) expectViolation([code, 1], 'unknown_message');
  });

  it('MSG-006: every message has its lengths and no others', () => {
    const payload = [[1], { a: 1 }];
    const layouts: [number, unknown[], boolean?][] = [
      [1, ['realm', {}]],
      [2, [1, {}]],
      [3, [{}, 'a.b'], true],
      [4, ['ticket', {}]],
      [5, ['signature', {}]],
      [6, [{}, 'a.b']],
      [8, [48, 1, {}, 'a.b'], true],
      [16, [1, {}, 'a.b'], true],
      [17, [1, 2]],
      [32, [1, {}, 'a.b']],
      [33, [1, 2]],
      [36, [1, 2, {}], true],
      [337, [1]],
      [48, [1, {}, 'a.b'], true],
      [49, [1, {}]],
      [50, [1, {}], true],
      [64, [1, {}, 'a.b']],
      [65, [1, 2]],
      [68, [1, 2, {}], true],
      [69, [1, {}]],
      [70, [1, {}], true],
    ];
    for (const [code, fields, hasPayload = false] of layouts) {
      expect(read([code, ...fields]).kind).toBe(code);
      for (let length = 0; length < fields.length; length++) {
        expectViolation([code, ...fields.slice(0, length)], 'wrong_length');
      }
      if (!hasPayload) {
        expectViolation([code, ...fields, {}], 'wrong_length');
        continue;
      }
      expect(read([code, ...fields, payload[0]]).kind).toBe(code);
      expect(read([code, ...fields, ...payload]).kind).toBe(code);
      expectViolation([code, ...fields, ...payload, {}], 'wrong_length');
      expectViolation([code, ...fields, [], {}, {}], 'wrong_length');
    }
  });

  it('UNSUBSCRIBE and UNREGISTER may carry options, which are dropped', () => {
    deepStrictEqual(read([34, 1, 2, { forward_for: [] }]), new UnsubscribeMessage(1, 2));
    expect(read([66, 1, 2, {}]).kind).toBe(MessageKind.Unregister);
    for (const code of [34, 66]) {
      expectViolation([code, 1, 2, []], 'wrong_type');
      expectViolation([code, 1, 2, {}, {}], 'wrong_length');
      expectViolation([code, 1], 'wrong_length');
    }
  });

  it('UNSUBSCRIBED and UNREGISTERED: request 0 revokes, and needs details', () => {
    deepStrictEqual(
      read([35, 0, { subscription: 5, reason: 'a.b' }]),
      new UnsubscribedMessage(0, { subscription: 5, reason: 'a.b' }),
    );
    deepStrictEqual(read([67, 0, { registration: 5 }]), new UnregisteredMessage(0, { registration: 5 }));
    for (const code of [35, 67]) {
      expect(read([code, 3]).kind).toBe(code);
      expect(read([code, 3, {}]).kind).toBe(code);
      expectViolation([code, 0], 'wrong_length');
      expectViolation([code], 'wrong_length');
      expectViolation([code, 0, { reason: 5 }], 'wrong_type');
      expectViolation([code, 0, 'x'], 'wrong_type');
      expectViolation([code, 0, {}, {}], 'wrong_length');
    }
  });

  it('MSG-007: options must be a dictionary, Arguments a list, ArgumentsKw a dictionary', () => {
    for (const wrong of [[], null, 'x', 5, true]) {
      expectViolation([48, 1, wrong, 'a.b'], 'wrong_type');
      expectViolation([48, 1, {}, 'a.b', [], wrong], 'wrong_type');
    }
    for (const wrong of [{}, null, 'x', 5, true]) expectViolation([48, 1, {}, 'a.b', wrong], 'wrong_type');
  });

  it('MSG-008: a URI must be a string', () => {
    for (const wrong of [5, null, [], {}, true, 1.5]) {
      expectViolation([32, 1, {}, wrong], 'wrong_type');
      if (wrong !== null) expectViolation([1, wrong, {}], 'wrong_type');
    }
    expect((read([1, null, {}]) as HelloMessage).realm).toBeNull();
  });

  it('MSG-009: a request id must be an integer from 1 to 2^53', () => {
    for (const wrong of ['1', -1, 0, 1.5, -0.5, null, true, [], {}, 1e300, 2 ** 53 + 2]) {
      expectViolation([16, wrong, {}, 'a.b'], 'wrong_type');
    }
  });

  it('ID-011: the id 2^53 is accepted and written back as an integer', () => {
    const call = read([48, 2 ** 53, {}, 'a.b']) as CallMessage;
    expect(call.request).toBe(2 ** 53);
    expect((serializer.decode(serializer.encode(call)) as CallMessage).request).toBe(2 ** 53);
  });

  it('MSG-010: unknown keys of options stay and do no harm', () => {
    const call = read([48, 1, { foo_bar: 1, _my_key: 2 }, 'a.b']) as CallMessage;
    expect(call.options).toEqual({ foo_bar: 1, _my_key: 2 });
  });

  it('MSG-012 to MSG-023: known options have a type', () => {
    const publish = [
      { acknowledge: 1 },
      { exclude_me: 'true' },
      { retain: 0 },
      { exclude: 5 },
      { exclude: ['a'] },
      { exclude: [0] },
      { eligible: {} },
      { exclude_authid: [1] },
      { eligible_authrole: 'x' },
      { ppt_scheme: 5 },
    ];
    for (const options of publish) expectViolation([16, 1, options, 'a.b'], 'wrong_type');
    expect(read([16, 1, { exclude: [], eligible: [], exclude_authid: [] }, 'a.b']).kind).toBe(16); // MSG-017
    for (const options of [{ match: 'regex' }, { match: 1 }, { get_retained: 1 }]) {
      expectViolation([32, 1, options, 'a.b'], 'wrong_type');
    }
    for (const options of [{ match: 'x' }, { invoke: 'x' }, { invoke: 5 }, { concurrency: 0 }]) {
      expectViolation([64, 1, options, 'a.b'], 'wrong_type');
    }
    const call = [
      { timeout: '5' },
      { timeout: -1 },
      { timeout: 1.5 },
      { timeout: true },
      { receive_progress: 1 },
    ];
    for (const options of [...call, { progress: 'x' }, { disclose_me: 1 }]) {
      expectViolation([48, 1, options, 'a.b'], 'wrong_type');
    }
    for (const mode of ['foo', 5]) expectViolation([49, 1, { mode }], 'wrong_type');
  });

  it('an ERROR answers a request and nothing else', () => {
    for (const kind of [16, 32, 34, 48, 64, 66, 68]) {
      deepStrictEqual(read([8, kind, 1, {}, 'a.b']), new ErrorMessage(kind as 48, 1, EMPTY_DICT, 'a.b'));
    }
    for (const kind of [0, 1, 49, 70, 99, '48', null]) expectViolation([8, kind, 1, {}, 'a.b'], 'wrong_type');
  });

  it('MSG-026, MSG-027: an empty payload is no payload, however it was written', () => {
    for (const payload of [[], [[]], [[], {}]]) {
      const message = read([70, 1, {}, ...payload]) as YieldMessage;
      expect(message.payload).toBe(EMPTY_PAYLOAD);
      expect(message.payload.isEmpty).toBe(true);
      expect(message.payload.args).toEqual([]);
      expect(message.payload.kwargs).toEqual({});
      expect(written(message)).toEqual([70, 1, {}]);
    }
    expect(written(read([70, 1, {}, [1], {}]))).toEqual([70, 1, {}, [1]]);
    expect(written(new CallMessage(1, {}, 'a.b', Payload.of([], {})))).toEqual([48, 1, {}, 'a.b']);
  });

  it('MSG-028: keyword arguments alone keep their empty list of arguments', () => {
    const call = read([48, 1, {}, 'a.b', [], { k: 1 }]) as CallMessage;
    expect(written(new InvocationMessage(1, 2, EMPTY_DICT, call.payload))).toEqual([
      68,
      1,
      2,
      {},
      [],
      { k: 1 },
    ]);
    expect(written(new CallMessage(1, {}, 'a.b', Payload.of(undefined, { k: 1 })))).toEqual([
      48,
      1,
      {},
      'a.b',
      [],
      { k: 1 },
    ]);
  });

  it('MSG-029: null, floats, nested lists, unicode and empty keys are delivered unchanged', () => {
    const args = [null, 0.1, [[[]]], 'ü🦆\u2028', { '': { '': null } }];
    const call = read([48, 1, {}, 'a.b', args]) as CallMessage;
    deepStrictEqual(call.payload.args, args);
    deepStrictEqual(written(new YieldMessage(1, EMPTY_DICT, call.payload)), [70, 1, {}, args]);
  });

  it('MSG-030: ABORT may carry a payload', () => {
    expect((read([3, {}, 'a.b', ['x']]) as AbortMessage).payload.args).toEqual(['x']);
    expect((read([3, {}, 'a.b', [], { a: 1 }]) as AbortMessage).payload.kwargs).toEqual({ a: 1 });
  });

  it('MSG-032: __proto__ and constructor are keys like any other', () => {
    const odd = dictOf([
      ['__proto__', { polluted: true }],
      ['constructor', 1],
      ['a', dictOf([['__proto__', 2]])],
    ]);
    const call = new CallMessage(1, dictOf([['__proto__', { progress: 5 }]]), 'a.b', Payload.of([odd], odd));
    const received = serializer.decode(serializer.encode(call)) as CallMessage;
    deepStrictEqual(received.options, call.options);
    deepStrictEqual(received.payload.args, [odd]);
    deepStrictEqual(received.payload.kwargs, odd);
    expect(Object.hasOwn(received.payload.kwargs, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('MSG-033: nesting beyond the limit is a violation, in payload and options, up to it is not', () => {
    const nested = (depth: number, core: unknown): unknown =>
      depth === 0 ? core : depth % 2 === 0 ? [nested(depth - 1, core)] : { a: nested(depth - 1, core) };
    // The message is level 1 and the list of arguments level 2.
    expect(read([48, 1, {}, 'a.b', [nested(62, 1)]]).kind).toBe(48);
    expect(read([48, 1, { x: nested(62, 1) }, 'a.b']).kind).toBe(48);
    expectViolation([48, 1, {}, 'a.b', [nested(63, 1)]], 'too_deep');
    expectViolation([48, 1, {}, 'a.b', [], { a: nested(63, 1) }], 'too_deep');
    expectViolation([48, 1, { x: nested(63, 1) }, 'a.b'], 'too_deep');
    expectViolation([48, 1, {}, 'a.b', [nested(500, [])]], 'too_deep');
  });

  it('MSG-034: EVENT_RECEIVED is read', () => {
    expect(read([337, 5]).kind).toBe(MessageKind.EventReceived);
  });

  it('a bare payload needs enc_algo', () => {
    expect(
      (read([36, 1, 2, { enc_algo: 'cryptobox' }, 'a1'] as unknown) as EventMessage).payload.opaque,
    ).toBe('a1');
    expect(
      (read([36, 1, 2, { enc_algo: 'cryptobox' }, ['a1']] as unknown) as EventMessage).payload.opaque,
    ).toBeUndefined();
    expectViolation([36, 1, 2, {}, 'a1'], 'wrong_type');
    expectViolation([36, 1, 2, { enc_algo: null }, 'a1'], 'wrong_type');
    expectViolation([36, 1, 2, { enc_algo: 'cryptobox' }, 5], 'wrong_type');
    expectViolation([36, 1, 2, { enc_algo: 'cryptobox' }, 'a1', {}], 'wrong_length');
  });

  it('a bare payload is not written without enc_algo, so that no receiver takes it for a broken message', () => {
    const { payload } = read([36, 1, 2, { enc_algo: 'cryptobox' }, 'a1']) as EventMessage;
    expect(payload.isOpaque).toBe(true);
    for (const details of [EMPTY_DICT, { enc_algo: null }]) {
      expect(() => serializer.encode(new EventMessage(1, 2, details, payload))).toThrow(PayloadError);
      expect(() => serializer.encode(new YieldMessage(1, details, Payload.opaque('a1')))).toThrow(
        PayloadError,
      );
    }
    expect(() => serializer.encode(new AbortMessage({ enc_algo: 'x_a' }, 'a.b', payload))).toThrow(
      PayloadError,
    );
  });

  it('SER-008, SER-009: a frame that is cut or has something behind it is a violation', () => {
    const frame = serializer.encode(
      new CallMessage(1, { timeout: 5 }, 'a.b', Payload.of([1, 'x'], { k: [null] })),
    );
    for (let length = 0; length < frame.length; length++) {
      expect(() => serializer.decode(frame.subarray(0, length)), String(length)).toThrow(ProtocolViolation);
    }
    for (const extra of [0x00, 0x01, 0x5d, 0xff, 0xc0]) {
      expect(() => serializer.decode(new Uint8Array([...frame, extra]))).toThrow(ProtocolViolation);
    }
    expect(() => serializer.decode(new Uint8Array([...frame, ...frame]))).toThrow(ProtocolViolation);
  });

  it('text that is not UTF-8 is a violation wherever it stands', () => {
    const marker = '\u0001\u0001\u0001\u0001'.replaceAll('\u0001', '~');
    const bad = [
      hex('c0807e7e'),
      hex('eda0807e'),
      hex('f5808080'),
      hex('7e7e7ec3'),
      hex('807e7e7e'),
      hex('f0808080'),
    ];
    const lists = [
      [48, 1, {}, marker],
      [48, 1, {}, 'a.b', [marker]],
      [48, 1, {}, 'a.b', [`${'x'.repeat(200)}${marker}`]],
      [48, 1, {}, 'a.b', [{ [marker]: 1 }]],
      [48, 1, {}, 'a.b', [], { [marker]: 1 }],
      [48, 1, { [marker]: 1 }, 'a.b'],
      [48, 1, { x: marker }, 'a.b'],
    ];
    for (const list of lists) {
      const frame = Buffer.from(frameOf(serializer, list));
      const at = frame.indexOf(marker);
      for (const bytes of bad) {
        const broken = Buffer.from(frame);
        broken.set(bytes, at);
        expect(() => serializer.decode(broken)).toThrow(expect.objectContaining({ code: 'invalid_utf8' }));
      }
    }
  });
});

describe('json', () => {
  const serializer = serializers[0]!;
  const read = (text: string): Message => serializer.decode(utf8(text));
  const text = (message: Message): string => new TextDecoder().decode(serializer.encode(message));

  it('SER-001: byte strings are text with a mark, in both directions', () => {
    const bytes = hex('10e3ff9053075c526f5fc06d4fe37cdb');
    const frame = String.raw`[70,1,{},["\u0000EOP/kFMHXFJvX8BtT+N82w=="]]`;
    expect((read(frame) as YieldMessage).payload.args).toEqual([bytes]);
    expect(text(new YieldMessage(1, EMPTY_DICT, Payload.of([bytes])))).toBe(frame);
    expect(text(new YieldMessage(1, { x: bytes }))).toBe(
      String.raw`[70,1,{"x":"\u0000EOP/kFMHXFJvX8BtT+N82w=="}]`,
    );
    expect((read(String.raw`[70,1,{"x":"\u0000EOP/kFMHXFJvX8BtT+N82w=="}]`) as YieldMessage).options).toEqual(
      { x: bytes },
    );
  });

  it('SER-001: at any depth, and not for keys', () => {
    const frame = String.raw`[70,1,{},[[{"a":["\u0000AQ=="]}]],{"\u0000AQ==":"\u0000","b":"a\u0000AQ=="}]`;
    const { payload } = read(frame) as YieldMessage;
    expect(payload.args).toEqual([[{ a: [new Uint8Array([1])] }]]);
    expect(payload.kwargs).toEqual({ '\u0000AQ==': new Uint8Array(0), b: 'a\u0000AQ==' });
  });

  it.each(['\u0000', '\u0000AAAA', '\u0000AQ=='])(
    'text of another format that would be read as bytes, %j, is not sent; as a key it is',
    (text) => {
      for (const [args, kwargs] of [
        [[text], undefined],
        [[[{ a: text }]], undefined],
        [[1], { a: text }],
        [new Array(40).fill('long').concat(text), undefined],
      ] as const) {
        const sent = msgpackFormat.decode(
          msgpackFormat.encode(new YieldMessage(1, {}, Payload.of(args, kwargs))),
        );
        expect(() => jsonFormat.encode(sent)).toThrow(PayloadError);
        expect(() => jsonFormat.encodeList([70, 1, {}, args, kwargs ?? {}])).toThrow(PayloadError);
        expect(cborFormat.encode(sent)).toBeInstanceOf(Uint8Array);
      }
      expect(() => jsonFormat.encode(new YieldMessage(1, { x_text: text }, Payload.of([])))).toThrow(
        PayloadError,
      );
      const frame = jsonFormat.encode(new YieldMessage(1, {}, Payload.of([], { [text]: 1 })));
      expect((jsonFormat.decode(frame) as YieldMessage).payload.kwargs).toEqual({ [text]: 1 });
    },
  );

  it('SER-002: a string that begins with NUL but is no base64 stays a string', () => {
    const { args } = (
      read(
        String.raw`[70,1,{},["\u0000A","\u0000AQ=","\u0000A*==","\u0000ÄQ==","\\u0000AQ=="]]`,
      ) as YieldMessage
    ).payload;
    expect(args).toEqual(['\u0000A', '\u0000AQ=', '\u0000A*==', '\u0000ÄQ==', '\\u0000AQ==']);
  });

  it('SER-007: NaN and the infinities become null', () => {
    const payload = Payload.of([NaN, Infinity, -Infinity], { n: NaN });
    expect(text(new YieldMessage(1, EMPTY_DICT, payload))).toBe('[70,1,{},[null,null,null],{"n":null}]');
    expect(text(new YieldMessage(1, { n: NaN, i: -Infinity }))).toBe('[70,1,{"n":null,"i":null}]');
  });

  it('white space may stand wherever the grammar has it', () => {
    const frame = ' \n[ 48 \t,\r 1 , { } , "a.b" , [ 1 , [ ] , { } ] , { "k" : [ 2 ] } ] \n ';
    const call = read(frame) as CallMessage;
    deepStrictEqual(call.payload.args, [1, [], {}]);
    deepStrictEqual(call.payload.kwargs, { k: [2] });
    expect(call.options).toBe(EMPTY_DICT);
    expect((read('[70,1,{} , [ ] , { } ]') as YieldMessage).payload).toBe(EMPTY_PAYLOAD);
  });

  it('a URI may be written with escapes', () => {
    expect((read(String.raw`[48,1,{},"a\u002eb\n"]`) as CallMessage).procedure).toBe('a.b\n');
  });

  it('MSG-009: numbers in other notations count by their value', () => {
    for (const id of ['5.0', '5e0', '50e-1', '0.5E+1'])
      expect((read(`[48,${id},{},"a.b"]`) as CallMessage).request).toBe(5);
    for (const id of [
      '9007199254740993',
      '9007199254740993.0',
      '90071992547409920',
      '1e400',
      '-0',
      '0.0',
      '5.5',
      '-5',
    ]) {
      expect(() => read(`[48,${id},{},"a.b"]`), id).toThrow(expect.objectContaining({ code: 'wrong_type' }));
    }
    expect(() => read('[48,05,{},"a.b"]')).toThrow(ProtocolViolation);
    expect(() => read('[48,0x5,{},"a.b"]')).toThrow(ProtocolViolation);
    expect(() => read('[48,10,{},"a.b",05]')).toThrow(ProtocolViolation);
    for (const id of ['+5', '5.', '.5', '5e', '5 5', '--5', '']) {
      expect(() => read(`[48,${id},{},"a.b"]`), id).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
  });

  it('a lone surrogate escape is text; other formats get U+FFFD for it', () => {
    const call = read(String.raw`[48,1,{},"a.b",["\ud800x"]]`) as CallMessage;
    expect(call.payload.args).toEqual(['\ud800x']);
    for (const other of serializers.slice(1)) {
      expect((other.decode(other.encode(call)) as CallMessage).payload.args).toEqual(['\ufffdx']);
    }
    expect(text(new CallMessage(1, EMPTY_DICT, 'a.b', Payload.of(['\ud800'])))).toBe(
      String.raw`[48,1,{},"a.b",["\ud800"]]`,
    );
  });

  it('a byte order mark before the message is refused, in a string it is text', () => {
    expect(() => read('\ufeff[48,1,{},"a.b"]')).toThrow(ProtocolViolation);
    expect((read('[48,1,{},"\ufeffa.b"]') as CallMessage).procedure).toBe('\ufeffa.b');
    expect((read('[48,1,{},"a.b",["\ufeff"]]') as CallMessage).payload.args).toEqual(['\ufeff']);
  });
});

describe('msgpack', () => {
  const serializer = serializers[1]!;
  const readHex = (digits: string): Message => serializer.decode(hex(digits));
  const hexOf = (message: Message): string => Buffer.from(serializer.encode(message)).toString('hex');

  it('SER-003: text and bytes are told apart', () => {
    expect((readHex('94 46 01 80 92 a161 c40161') as YieldMessage).payload.args).toEqual([
      'a',
      new Uint8Array([0x61]),
    ]);
    expect(hexOf(new YieldMessage(1, EMPTY_DICT, Payload.of(['a', new Uint8Array([0x61])])))).toBe(
      '94460180' + '92a161c40161',
    );
  });

  it('ID-015: an id may be an integral float, not a fraction', () => {
    for (const id of [
      '05',
      'cc05',
      'cd0005',
      'ce00000005',
      'cf0000000000000005',
      'd005',
      'd10005',
      'd200000005',
      'd30000000000000005',
      'ca40a00000',
      'cb4014000000000000',
    ]) {
      expect((readHex(`93 46 ${id} 80`) as YieldMessage).request, id).toBe(5);
    }
    for (const id of [
      'cb4016000000000000',
      'ca40b00000',
      'd0ff',
      'd1ffff',
      'd2ffffffff',
      'd3ffffffffffffffff',
      'ff',
      'cb7ff8000000000000',
      'cb8000000000000000',
    ]) {
      expect(() => readHex(`93 46 ${id} 80`), id).toThrow(expect.objectContaining({ code: 'wrong_type' }));
    }
  });

  it('ID-011: 2^53 is the largest id', () => {
    expect((readHex('93 46 cf0020000000000000 80') as YieldMessage).request).toBe(2 ** 53);
    for (const id of ['cf0020000000000001', 'cfffffffffffffffff', 'cf0021000000000000']) {
      expect(() => readHex(`93 46 ${id} 80`), id).toThrow(ProtocolViolation);
    }
  });

  it('integers beyond 32 bits in payload and options are written as integers', () => {
    const message = new YieldMessage(
      1,
      { n: 2 ** 40 },
      Payload.of([2 ** 53, -(2 ** 53), 2 ** 32, -(2 ** 31) - 1]),
    );
    expect(hexOf(message)).toBe(
      '94460181a16ecf0000010000000000' +
        '94cf0020000000000000d3ffe0000000000000cf0000000100000000d3ffffffff7fffffff',
    );
  });

  it('keyword arguments and options must have strings as keys', () => {
    expect(() => readHex('95 46 01 80 90 81 01 02')).toThrow(expect.objectContaining({ code: 'wrong_type' }));
    expect(() => readHex('93 46 01 81 01 02')).toThrow(expect.objectContaining({ code: 'wrong_type' }));
    expect(() => readHex('95 46 01 80 90 81 01 c1')).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});

describe('cbor', () => {
  const serializer = serializers[2]!;
  const readHex = (digits: string): Message => serializer.decode(hex(digits));
  const hexOf = (message: Message): string => Buffer.from(serializer.encode(message)).toString('hex');

  it('SER-004: text and bytes are told apart, and bytes have no tag', () => {
    expect((readHex('84 1846 01 a0 82 6161 4161') as YieldMessage).payload.args).toEqual([
      'a',
      new Uint8Array([0x61]),
    ]);
    expect(hexOf(new YieldMessage(1, EMPTY_DICT, Payload.of(['a', new Uint8Array([0x61])])))).toBe(
      '84184601a0' + '8261614161',
    );
  });

  it('SER-005: indefinite lengths are read, wherever they stand', () => {
    const call = readHex(
      '9f 1830 01 bf 6774696d656f757405ff 7f 6261 2e 6162 ff'.replace('6261 2e', '62612e') +
        '9f 01 9f02ff bf616103ff 5f4101420203ff 7f6161ff ff bf 7f616bff 04 ff ff',
    ) as CallMessage;
    expect(call.options).toEqual({ timeout: 5 });
    expect(call.procedure).toBe('a.b');
    expect(call.payload.args).toEqual([1, [2], { a: 3 }, new Uint8Array([1, 2, 3]), 'a']);
    expect(call.payload.kwargs).toEqual({ k: 4 });
    expect(hexOf(new InvocationMessage(1, 2, EMPTY_DICT, call.payload)).startsWith('8618440102a09f')).toBe(
      true,
    );
  });

  it('SER-005: an indefinite list ends with its break, and an empty one is empty', () => {
    expect((readHex('9f 1846 01 bfff 9fff bfff ff') as YieldMessage).payload).toBe(EMPTY_PAYLOAD);
    expect((readHex('9f 1846 01 bfff 8101 bfff ff') as YieldMessage).payload.args).toEqual([1]);
    expect((readHex('9f 1846 01 bfff ff') as YieldMessage).options).toBe(EMPTY_DICT);
    expect(() => readHex('9f ff')).toThrow(expect.objectContaining({ code: 'not_a_message' }));
    expect(() => readHex('9f 1846 ff')).toThrow(expect.objectContaining({ code: 'wrong_length' }));
    expect(() => readHex('9f 1846 01 a0')).toThrow(expect.objectContaining({ code: 'malformed' }));
    expect(() => readHex('9f 1846 01 a0 80 a0 80 ff')).toThrow(
      expect.objectContaining({ code: 'wrong_length' }),
    );
    expect(() => readHex('9f 1846 01 a0 ff ff')).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('ID-015: an id may be an integral float, not a fraction', () => {
    for (const id of [
      '05',
      '1805',
      '190005',
      '1a00000005',
      '1b0000000000000005',
      'f94500',
      'fa40a00000',
      'fb4014000000000000',
    ]) {
      expect((readHex(`83 1846 ${id} a0`) as YieldMessage).request, id).toBe(5);
    }
    for (const id of ['f94580', 'fb4016000000000000', '24', 'f97e00', 'f98000', 'f5', 'c105', 'f97c00']) {
      expect(() => readHex(`83 1846 ${id} a0`), id).toThrow(expect.objectContaining({ code: 'wrong_type' }));
    }
  });

  it('ID-011: 2^53 is the largest id', () => {
    expect((readHex('83 1846 1b0020000000000000 a0') as YieldMessage).request).toBe(2 ** 53);
    for (const id of ['1b0020000000000001', '1bffffffffffffffff']) {
      expect(() => readHex(`83 1846 ${id} a0`), id).toThrow(ProtocolViolation);
    }
  });

  it('integers beyond 32 bits in payload and options are written as integers', () => {
    const message = new YieldMessage(1, { n: 2 ** 40 }, Payload.of([2 ** 53, -(2 ** 53), 2 ** 32]));
    expect(hexOf(message)).toBe(
      '84184601a1616e1b0000010000000000' + '831b00200000000000003b001fffffffffffff1b0000000100000000',
    );
  });

  it('undefined is null', () => {
    expect((readHex('84 1846 01 a0 82f7f6') as YieldMessage).payload.args).toEqual([null, null]);
    expect((readHex('83 01 f7 a0') as HelloMessage).realm).toBeNull();
  });

  it('keyword arguments and options must have strings as keys', () => {
    for (const dict of ['a10102', 'bf0102ff', 'a1416102']) {
      expect(() => readHex(`85 1846 01 a0 80 ${dict}`), dict).toThrow(
        expect.objectContaining({ code: 'wrong_type' }),
      );
      expect(() => readHex(`83 1846 01 ${dict}`), dict).toThrow(
        expect.objectContaining({ code: 'wrong_type' }),
      );
    }
  });

  it('a tag counts as a level of nesting', () => {
    expect(() => readHex(`84 1846 01 a0 81 ${'c1'.repeat(63)}01`)).toThrow(
      expect.objectContaining({ code: 'too_deep' }),
    );
    expect((readHex(`84 1846 01 a0 81 ${'c1'.repeat(62)}01`) as YieldMessage).payload.args).toEqual([1]);
  });
});
