/** Payload passthru mode as the router sees it: what stands on the wire, and what a client makes of what comes. */
import {
  announceRoles,
  ErrorMessage,
  EventMessage,
  InterruptMessage,
  InvocationMessage,
  MessageKind,
  Payload,
  PublishedMessage,
  ResultMessage,
  type Dict,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import {
  connect,
  Result,
  UsageError,
  WampError,
  type Client,
  type ConnectOptions,
  type PassthruHeader,
} from '@wamp/client';
import { createLoopback } from '@wamp/client/loopback';
import { passthru, wampPassthru, type PassthruCodec, type PassthruContext } from '@wamp/client/passthru';
import { describe, expect, it } from 'vitest';
import { joined, scripted, settle, type ScriptedRouter } from './scripted-router.fixture.js';

const FEATURES = announceRoles({
  broker: ['payload_passthru_mode'],
  dealer: [
    'payload_passthru_mode',
    'call_canceling',
    'progressive_call_results',
    'progressive_call_invocations',
  ],
});

const KEYS = new Map([
  ['k1', new Uint8Array(32).fill(1)],
  ['k2', new Uint8Array(32).fill(2)],
]);
const secret = wampPassthru({ cipher: 'xsalsa20poly1305', keys: KEYS, keyId: 'k1' });
const SECRET = {
  ppt_scheme: 'wamp',
  ppt_serializer: 'cbor',
  ppt_cipher: 'xsalsa20poly1305',
  ppt_keyid: 'k1',
};

/** A scheme that anybody can read in a test: JSON, and it notes down what it is asked to do. */
class ReadableCodec implements PassthruCodec {
  readonly scheme = 'x_readable';
  readonly seen: [string, PassthruContext][] = [];
  keyId: string | undefined;
  fails = false;

  encode(args: readonly unknown[], kwargs: Dict, context: PassthruContext): { payload: Uint8Array } {
    this.seen.push(['encode', context]);
    if (this.fails) throw new Error('out of ink');
    const payload = bytes(JSON.stringify({ args, kwargs }));
    return { payload, ...(this.keyId === undefined ? undefined : { keyId: this.keyId }) };
  }

  decode(payload: Uint8Array, _header: PassthruHeader, context: PassthruContext): object {
    this.seen.push(['decode', context]);
    return JSON.parse(new TextDecoder().decode(payload)) as object;
  }
}

const X = { ppt_scheme: 'x_readable' };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readable = (args: unknown[], kwargs: Dict = {}): Payload =>
  Payload.of([bytes(JSON.stringify({ args, kwargs }))]);
const textOf = ({ args, kwargs }: Payload): string => {
  expect(args).toHaveLength(1);
  expect(kwargs).toEqual({});
  expect(args[0]).toBeInstanceOf(Uint8Array);
  return new TextDecoder().decode(args[0] as Uint8Array);
};

async function withCodec(
  options: Partial<ConnectOptions> = {},
  features: Dict = FEATURES,
): Promise<{ client: Client; router: ScriptedRouter; codec: ReadableCodec }> {
  const codec = new ReadableCodec();
  return {
    codec,
    ...(await joined({ passthru: passthru(codec, secret), onError: () => undefined, ...options }, features)),
  };
}

async function serving(
  handler: (...given: never[]) => unknown,
  passthru?: string,
): Promise<Awaited<ReturnType<typeof withCodec>>> {
  const served = await withCodec();
  const registering = served.client.register(
    'a.b',
    handler as never,
    passthru === undefined ? {} : { passthru },
  );
  await served.router.registers(7);
  await registering;
  return served;
}

it('is announced for all four roles', async () => {
  const { transport, router } = scripted();
  const connecting = connect(transport, { realm: 'realm1' });
  const { details } = await router.welcomes();
  await connecting;
  for (const role of ['publisher', 'subscriber', 'caller', 'callee']) {
    expect(details['roles']).toMatchObject({ [role]: { features: { payload_passthru_mode: true } } });
  }
});

describe('a call in passthru mode', () => {
  it('PPT-016: sends exactly one byte string, and takes results, progress and errors in the scheme', async () => {
    const { client, router, codec } = await withCodec();
    const progress: unknown[] = [];
    const call = client.call('a.b', [1], {
      kwargs: { k: 2 },
      passthru: 'x_readable',
      onProgress: (value) => progress.push(value),
    });
    const sent = await router.gets(MessageKind.Call);
    expect(sent.options).toEqual({ ...X, receive_progress: true });
    expect(textOf(sent.payload)).toBe('{"args":[1],"kwargs":{"k":2}}');
    router.sends(
      new ResultMessage(sent.request, { ...X, progress: true }, readable(['part'])),
      new ResultMessage(sent.request, X, readable([1, 2], { a: 1 })),
    );
    expect(await call).toEqual(new Result([1, 2], { a: 1 }));
    expect(progress).toEqual(['part']);

    const failing = client.call('a.b', [], { passthru: 'x_readable' });
    const { request } = await router.gets(MessageKind.Call);
    const payload = readable(['text'], { code: 1 });
    router.sends(new ErrorMessage(MessageKind.Call, request, X, 'com.example.error', payload));
    await expect(failing).rejects.toMatchObject({
      uri: 'com.example.error',
      args: ['text'],
      kwargs: { code: 1 },
    });

    const opening = { scheme: 'x_readable' };
    expect(codec.seen.map(([what, { kind }]) => `${what} ${kind}`)).toEqual([
      'encode call',
      'decode result',
      'decode result',
      'encode call',
      'decode error',
    ]);
    expect(codec.seen[0]?.[1]).toEqual({ kind: 'call', uri: 'a.b', opening: undefined });
    expect(codec.seen[1]?.[1]).toEqual({ kind: 'result', uri: 'a.b', opening });
  });

  it('an error of the router itself, which comes plain, is an error as always', async () => {
    const { client, router } = await withCodec();
    const call = client.call('a.b', [], { passthru: 'x_readable' });
    const { request } = await router.gets(MessageKind.Call);
    router.refuses(MessageKind.Call, request, 'wamp.error.no_such_procedure', ['none']);
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure', args: ['none'] });
  });

  it('does not take a result that is plain, or in another scheme', async () => {
    const { client, router } = await withCodec();
    for (const details of [{}, { ppt_scheme: '' }, { ppt_scheme: 'x_other' }]) {
      const call = client.call('a.b', [], { passthru: 'x_readable' });
      const { request } = await router.gets(MessageKind.Call);
      router.sends(new ResultMessage(request, details, readable([1])));
      await expect(call).rejects.toMatchObject({ uri: 'wamp.error.invalid_argument' });
      await expect(call).rejects.toThrow('did not come in the passthru scheme "x_readable"');
    }
    expect(client.status.current).toBe('open');
  });

  it('PPT-015: a result in an unknown scheme, or that its codec cannot read, rejects the call', async () => {
    const { client, router } = await withCodec();
    const rejection = async (details: Dict, payload: Payload): Promise<unknown> => {
      const call = client.call('a.b');
      const { request } = await router.gets(MessageKind.Call);
      router.sends(new ResultMessage(request, details, payload));
      return call.catch((error: unknown) => error);
    };
    const unknown = await rejection({ ppt_scheme: 'x_unknown' }, readable([1]));
    expect(unknown).toBeInstanceOf(WampError);
    expect(unknown).toMatchObject({ uri: 'wamp.error.feature_not_supported' });
    expect(String(unknown)).toContain('no codec for the passthru scheme "x_unknown"');
    const broken = await rejection(X, Payload.of([bytes('{')]));
    expect(broken).toMatchObject({ uri: 'wamp.error.invalid_argument' });
    expect((broken as WampError).cause).toMatchObject({ cause: expect.any(SyntaxError) });
    for (const payload of [
      Payload.of([1]),
      Payload.of(),
      Payload.of([bytes('{}'), 1]),
      Payload.of([bytes('{}')], { a: 1 }),
    ]) {
      expect(String(await rejection(X, payload))).toContain('not exactly one byte string');
    }
    expect(String(await rejection(X, Payload.of([bytes('{"args":1}')])))).toContain('no list and dictionary');
    expect(client.status.current).toBe('open');
  });

  it('an error that cannot be unpacked keeps its URI and says why', async () => {
    const { client, router } = await withCodec();
    const call = client.call('a.b', [], { passthru: 'x_readable' });
    const { request } = await router.gets(MessageKind.Call);
    router.sends(
      new ErrorMessage(MessageKind.Call, request, X, 'com.example.error', Payload.of([bytes('{')])),
    );
    const error = (await call.catch((thrown: unknown) => thrown)) as WampError;
    expect(error).toMatchObject({ uri: 'com.example.error', cause: expect.any(WampError) });
    expect(error.args[0]).toContain('unreadable payload');
  });

  it('is refused here if nobody could read it', async () => {
    const none = announceRoles({ broker: [], dealer: ['progressive_call_invocations'] });
    const { client, router, codec } = await withCodec({}, none);
    const options = { passthru: 'x_readable' };
    const attempts = [
      client.call('a.b', [], options),
      client.publish('a.b', [], options),
      client.register('a.b', () => 1, options),
      client.subscribe('a.b', () => 1, options),
      client.upload('a.b', [1, 2], options),
      client.stream('a.b', [], options).result,
    ];
    for (const attempt of attempts) {
      const error: unknown = await attempt.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toContain('the router did not announce payload passthru mode');
    }
    for (const attempt of [
      client.call('a.b', [], { passthru: 'x_unknown' }),
      client.subscribe('a.b', () => 1, { passthru: 'x_unknown' }),
    ]) {
      await expect(attempt).rejects.toThrow('connect got no codec for the passthru scheme "x_unknown"');
    }
    expect(router.unread).toEqual([]);
    expect(codec.seen).toEqual([]);
  });

  it('is refused here if the codec cannot pack it', async () => {
    const { client, router, codec } = await withCodec();
    codec.fails = true;
    const call = client.call('a.b', [], { passthru: 'x_readable' });
    await expect(call).rejects.toBeInstanceOf(UsageError);
    await expect(call).rejects.toThrow('cannot be packed in scheme "x_readable": out of ink');
    codec.fails = false;
    codec.keyId = 4 as never;
    await expect(client.call('a.b', [], { passthru: 'x_readable' })).rejects.toThrow(
      'ppt_keyid has to be a string',
    );
    expect(router.unread).toEqual([]);
  });

  it('PPT-017, PCI-028: chunks go packed, and only the first message tells how', async () => {
    const { client, router, codec } = await withCodec();
    codec.keyId = 'k';
    const upload = client.upload('a.b', ['x', 'y'], { passthru: 'x_readable' });
    const [first, second, last] = [
      await router.gets(MessageKind.Call),
      await router.gets(MessageKind.Call),
      await router.gets(MessageKind.Call),
    ];
    expect([first.options, second.options, last.options]).toEqual([
      { ...X, ppt_keyid: 'k', progress: true },
      { progress: true },
      {},
    ]);
    expect([first, second, last].map(({ payload }) => textOf(payload))).toEqual([
      '{"args":["x"],"kwargs":{}}',
      '{"args":["y"],"kwargs":{}}',
      '{"args":[],"kwargs":{}}',
    ]);
    expect(codec.seen[1]?.[1].opening).toEqual({ scheme: 'x_readable', keyId: 'k' });
    router.sends(new ResultMessage(first.request, X, readable(['done'])));
    expect(await upload).toBe('done');
  });

  it('a codec that changes the key between chunks ends the call', async () => {
    const { client, router, codec } = await withCodec();
    function* chunks(): Generator<number> {
      yield 1;
      codec.keyId = 'other';
      yield 2;
    }
    const upload = client.upload('a.b', chunks(), { passthru: 'x_readable' });
    await router.gets(MessageKind.Call);
    expect(await router.gets(MessageKind.Cancel)).toMatchObject({ options: { mode: 'killnowait' } });
    await expect(upload).rejects.toThrow('changed serializer, cipher or key within one call');
  });
});

describe('an invocation in passthru mode', () => {
  it('is unpacked, and everything that answers it goes out in its scheme', async () => {
    const { router, codec } = await serving(
      ([what]: [string], invocation: { progress: (v: unknown) => boolean }) => {
        if (what === 'fail') throw new WampError('com.example.error', ['text'], { code: 1 });
        if (what === 'break') throw new Error('broken');
        invocation.progress('part');
        return new Result([what], { a: 1 });
      },
    );
    const invokes = (request: number, what: string): void =>
      router.sends(new InvocationMessage(request, 7, { ...X, receive_progress: true }, readable([what])));
    invokes(1, 'hello');
    const part = await router.gets(MessageKind.Yield);
    expect(part.options).toEqual({ ...X, progress: true });
    expect(textOf(part.payload)).toBe('{"args":["part"],"kwargs":{}}');
    const final = await router.gets(MessageKind.Yield);
    expect(final.options).toEqual(X);
    expect(textOf(final.payload)).toBe('{"args":["hello"],"kwargs":{"a":1}}');

    invokes(2, 'fail');
    const failed = await router.gets(MessageKind.Error);
    expect(failed).toMatchObject({ request: 2, error: 'com.example.error', details: X });
    expect(textOf(failed.payload)).toBe('{"args":["text"],"kwargs":{"code":1}}');
    invokes(3, 'break');
    const broke = await router.gets(MessageKind.Error);
    expect(broke).toMatchObject({ request: 3, error: 'wamp.error.runtime_error', details: X });
    expect(textOf(broke.payload)).toContain('broken');
    const [, context] = codec.seen.at(-1)!;
    expect(context).toEqual({ kind: 'error', uri: 'a.b', opening: { scheme: 'x_readable' } });
  });

  it('what cannot be packed is answered without its sentence, never in the plain', async () => {
    const { router, codec } = await serving(() => {
      codec.fails = true;
      throw new WampError('com.example.error', ['a secret']);
    });
    router.sends(new InvocationMessage(1, 7, X, readable([])));
    const error = await router.gets(MessageKind.Error);
    expect(error.details).toEqual({});
    expect(error.payload.isEmpty).toBe(true);
  });

  it('an INTERRUPT is answered also when the codec fails', async () => {
    const { router, codec, client } = await serving(() => new Promise(() => undefined));
    router.sends(new InvocationMessage(1, 7, X, readable([])));
    await settle();
    codec.fails = true;
    router.sends(new InterruptMessage(1, { mode: 'kill' }));
    expect(await router.gets(MessageKind.Error)).toMatchObject({ request: 1, error: 'wamp.error.canceled' });
    expect(client.status.current).toBe('open');
  });

  it('PPT-015: in an unknown scheme, or that its codec cannot read, is answered with an ERROR', async () => {
    const { client, router } = await serving(() => 'never');
    router.sends(new InvocationMessage(1, 7, { ppt_scheme: 'x_unknown' }, readable([])));
    const unknown = await router.gets(MessageKind.Error);
    expect(unknown).toMatchObject({ request: 1, error: 'wamp.error.feature_not_supported', details: {} });
    expect(unknown.payload.args[0]).toContain('"x_unknown"');
    router.sends(new InvocationMessage(2, 7, X, Payload.of([bytes('{')])));
    expect(await router.gets(MessageKind.Error)).toMatchObject({
      request: 2,
      error: 'wamp.error.invalid_argument',
    });
    router.sends(new InvocationMessage(3, 7, X, Payload.of(['text'])));
    expect((await router.gets(MessageKind.Error)).payload.args[0]).toContain('not exactly one byte string');
    expect(client.status.current).toBe('open');
  });

  it('a registration that asks for a scheme serves nothing else', async () => {
    const { router } = await serving(() => 'served', 'x_readable');
    router.sends(new InvocationMessage(1, 7, {}, Payload.of([1])));
    const refused = await router.gets(MessageKind.Error);
    expect(refused).toMatchObject({ request: 1, error: 'wamp.error.invalid_argument' });
    expect(refused.payload.args[0]).toContain('"x_readable", which is asked for here');
    router.sends(new InvocationMessage(2, 7, X, readable([])));
    expect(textOf((await router.gets(MessageKind.Yield)).payload)).toContain('served');
  });

  it('PPT-017: chunks are unpacked as the first one says, whatever later ones say', async () => {
    const chunks: unknown[] = [];
    const { router } = await serving(
      async (_args: unknown, invocation: { chunks: AsyncIterable<unknown> }) => {
        for await (const chunk of invocation.chunks) chunks.push(chunk);
        return chunks.length;
      },
    );
    router.sends(
      new InvocationMessage(1, 7, { ...X, progress: true }, readable([1])),
      new InvocationMessage(1, 7, { ...X, progress: true }, readable([2])),
      new InvocationMessage(1, 7, { progress: true }, readable([3])),
      new InvocationMessage(1, 7, { ppt_scheme: 'x_other' }, readable([])),
    );
    expect(textOf((await router.gets(MessageKind.Yield)).payload)).toBe('{"args":[3],"kwargs":{}}');
    expect(chunks).toEqual([1, 2, 3]);

    router.sends(
      new InvocationMessage(2, 7, { ...X, progress: true }, readable([1])),
      new InvocationMessage(2, 7, {}, Payload.of(['plain'])),
    );
    const refused = await router.gets(MessageKind.Error);
    expect(refused).toMatchObject({ request: 2, error: 'wamp.error.invalid_argument', details: X });
  });
});

describe('an event in passthru mode', () => {
  it('PPT-016: is published as one byte string, acknowledged or not', async () => {
    const { client, router, codec } = await withCodec();
    await client.publish('a.b', [1], { kwargs: { k: 2 }, passthru: 'x_readable', excludeMe: false });
    const sent = await router.gets(MessageKind.Publish);
    expect(sent.options).toEqual({ ...X, exclude_me: false });
    expect(textOf(sent.payload)).toBe('{"args":[1],"kwargs":{"k":2}}');
    const publishing = client.publish('a.b', [], { acknowledge: true, passthru: 'x_readable' });
    const second = await router.gets(MessageKind.Publish);
    expect(textOf(second.payload)).toBe('{"args":[],"kwargs":{}}');
    router.sends(new PublishedMessage(second.request, 5));
    expect(await publishing).toBe(5);
    expect(codec.seen[0]?.[1]).toEqual({ kind: 'event', uri: 'a.b', opening: undefined });
  });

  it('PPT-015: is unpacked; unknown schemes and unreadable bytes go to onError, and the session stays', async () => {
    const errors: unknown[] = [];
    const { client, router, codec } = await withCodec({
      onError: (error, origin) => errors.push([String(error), origin]),
    });
    const events: unknown[] = [];
    const subscribing = client.subscribe(
      'a',
      (args, { kwargs, topic }) => events.push([args, kwargs, topic]),
      {
        match: 'prefix',
      },
    );
    await router.subscribes(5);
    await subscribing;
    router.sends(
      new EventMessage(5, 1, { ...X, topic: 'a.b' }, readable([1], { k: 2 })),
      new EventMessage(5, 2, { ppt_scheme: 'x_unknown', topic: 'a.b' }, readable([2])),
      new EventMessage(5, 3, { ...X, topic: 'a.b' }, Payload.of([bytes('{')])),
      new EventMessage(5, 4, { topic: 'a.c' }, Payload.of([4])),
    );
    await settle();
    expect(events).toEqual([
      [[1], { k: 2 }, 'a.b'],
      [[4], {}, 'a.c'],
    ]);
    expect(errors).toEqual([
      [expect.stringContaining('no codec for the passthru scheme "x_unknown"'), { where: 'event', uri: 'a' }],
      [
        expect.stringContaining('in passthru scheme "x_readable" cannot be read'),
        { where: 'event', uri: 'a' },
      ],
    ]);
    expect(codec.seen[0]?.[1]).toEqual({ kind: 'event', uri: 'a.b', opening: undefined });
    expect(client.status.current).toBe('open');
  });

  it('a subscription that asks for a scheme delivers nothing else', async () => {
    const errors: unknown[] = [];
    const { client, router } = await withCodec({ onError: (error) => errors.push(String(error)) });
    const strict: unknown[] = [];
    const lax: unknown[] = [];
    void client.subscribe('a.b', ([value]) => strict.push(value), { passthru: 'x_readable' });
    await router.subscribes(5);
    void client.subscribe('a.b', ([value]) => lax.push(value));
    await router.subscribes(5);
    router.sends(
      new EventMessage(5, 1, {}, Payload.of(['plain'])),
      new EventMessage(5, 2, X, readable(['packed'])),
    );
    await settle();
    expect(strict).toEqual(['packed']);
    expect(lax).toEqual(['plain', 'packed']);
    expect(errors).toEqual([expect.stringContaining('did not come in the passthru scheme "x_readable"')]);
  });
});

describe.each([json(), msgpack(), cbor()])('encrypted, in $format sessions', (serializer) => {
  const open = (): ReturnType<typeof joined> =>
    joined({ passthru: passthru(secret), onError: () => undefined }, FEATURES, serializer);

  it('PPT-011: bytes go there and back', async () => {
    const { client, router } = await open();
    const call = client.call('a.b', ['in the clear'], { passthru: 'wamp' });
    const sent = await router.gets(MessageKind.Call);
    expect(sent.options).toEqual(SECRET);
    const box = sent.payload.args[0] as Uint8Array;
    expect(Buffer.from(box).includes('clear')).toBe(false);
    router.sends(new ResultMessage(sent.request, SECRET, Payload.of([box])));
    expect(await call).toBe('in the clear');
  });

  it('a wrong key and altered bytes: the call rejects, the session stays', async () => {
    const { client, router } = await open();
    for (const [details, at] of [
      [{ ...SECRET, ppt_keyid: 'k2' }, -1],
      [SECRET, 30],
    ] as const) {
      const call = client.call('a.b', ['x'], { passthru: 'wamp' });
      const sent = await router.gets(MessageKind.Call);
      const box = Uint8Array.from(sent.payload.args[0] as Uint8Array);
      if (at >= 0) box[at]! ^= 1;
      router.sends(new ResultMessage(sent.request, details, Payload.of([box])));
      await expect(call).rejects.toMatchObject({ uri: 'wamp.error.invalid_argument' });
      await expect(call).rejects.toThrow('wrong key or altered bytes');
    }
    expect(client.status.current).toBe('open');
  });
});

it('two codecs for one scheme, or one without a scheme: UsageError', () => {
  expect(() => passthru(wampPassthru(), wampPassthru())).toThrow('two codecs for the passthru scheme "wamp"');
  const nameless: PassthruCodec = { scheme: '', encode: () => ({ payload: bytes('') }), decode: () => ({}) };
  expect(() => passthru(nameless)).toThrow('needs a scheme');
});

it('works between clients of a loopback', async () => {
  const loopback = createLoopback();
  const [backend, client] = await Promise.all([
    loopback.connect({ passthru: passthru(secret) }),
    loopback.connect({ passthru: passthru(secret) }),
  ]);
  await backend.register('a.b', ([a, b]: [number, number]) => a + b, { passthru: 'wamp' });
  expect(await client.call('a.b', [1, 2], { passthru: 'wamp' })).toBe(3);
  await expect(client.call('a.b', [1, 2])).rejects.toMatchObject({ uri: 'wamp.error.invalid_argument' });
  await loopback.close();
});
