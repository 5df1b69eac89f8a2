import {
  CallMessage,
  CancelMessage,
  ErrorMessage,
  MessageKind,
  Payload,
  RegisterMessage,
  ResultMessage,
  SubscribeMessage,
  YieldMessage,
  type Serializer,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, it } from 'vitest';
import type { Undelivered } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { House, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

/** A joined peer whose router side takes only frames up to a limit; raise it with `transport.maxSendBytes`. */
async function narrow(
  house: House,
  maxBytes: number,
  serializer: Serializer = cbor(),
): Promise<{ peer: TestPeer; transport: BentTransport }> {
  let transport: BentTransport | undefined;
  const peer = house.peerOver((inner) => (transport = new BentTransport(inner)), serializer);
  await peer.joins();
  transport!.maxSendBytes = maxBytes;
  return { peer, transport: transport! };
}

const LARGE = 'x'.repeat(2_000);

describe.each(SERIALIZERS)('a call between sessions, over %s', (_, serializer) => {
  it('RPC-010: arguments and results pass unchanged', async () => {
    const house = new House();
    const callee = await house.joins('realm1', undefined, serializer());
    const caller = await house.joins('realm1', undefined, serializer());
    const registration = await callee.registers('a.proc');
    const call = caller.calls('a.proc', [1, null, 'ü', [1.5]], { k: { deep: true }, '': 0 });
    const invocation = await callee.gets(MessageKind.Invocation);
    expect(invocation).toMatchObject({ registration, details: {} });
    expect(invocation.payload.args).toEqual([1, null, 'ü', [1.5]]);
    expect(invocation.payload.kwargs).toEqual({ k: { deep: true }, '': 0 });
    callee.yields(invocation, ['r']);
    const result = await caller.gets(MessageKind.Result);
    expect([result.request, result.payload.args]).toEqual([call, ['r']]);
  });

  it('RPC-012: of an ERROR the URI and the payload reach the caller, the details do not', async () => {
    const house = new House();
    const callee = await house.joins('realm1', undefined, serializer());
    const caller = await house.joins('realm1', undefined, serializer());
    await callee.registers('a.proc');
    caller.calls('a.proc');
    const { request } = await callee.gets(MessageKind.Invocation);
    const details = { secret: 1, _stack: 'at x' };
    callee.sends(
      new ErrorMessage(MessageKind.Invocation, request, details, 'com.bad', Payload.of([1], { a: 2 })),
    );
    const error = await caller.gets(MessageKind.Error);
    expect(error).toMatchObject({ error: 'com.bad', details: {}, requestKind: MessageKind.Call });
    expect([error.payload.args, error.payload.kwargs]).toEqual([[1], { a: 2 }]);
  });
});

describe('bytes between formats', () => {
  const formats: [string, () => Serializer][] = [
    ['json', json],
    ['msgpack', msgpack],
    ['cbor', cbor],
  ];
  const pairs = formats.flatMap((one) =>
    formats.map((other) => [one[0], other[0], one[1], other[1]] as const),
  );
  it.each(pairs)(
    'RPC-037: binary data from a %s caller to a %s callee and back is preserved',
    async (...pair) => {
      const house = new House();
      const caller = await house.joins('realm1', undefined, pair[2]());
      const callee = await house.joins('realm1', undefined, pair[3]());
      await callee.registers('a.proc');
      const bytes = new Uint8Array([0, 1, 127, 128, 255]);
      caller.calls('a.proc', [bytes]);
      const invocation = await callee.gets(MessageKind.Invocation);
      expect(new Uint8Array(invocation.payload.args[0] as Uint8Array)).toEqual(bytes);
      callee.yields(invocation, [bytes, 'text']);
      const { args } = (await caller.gets(MessageKind.Result)).payload;
      expect(new Uint8Array(args[0] as Uint8Array)).toEqual(bytes);
      expect(args[1]).toBe('text');
    },
  );
});

it('RPC-029: when the callee has left, there is no such procedure', async () => {
  const house = new House();
  const callee = await house.joins();
  const caller = await house.joins();
  await callee.registers('a.proc');
  await callee.leaves();
  expect(await caller.failure('a.proc')).toBe('wamp.error.no_such_procedure');
});

it('RPC-030: REGISTERED comes before the first INVOCATION, however hard others call', async () => {
  const house = new House();
  const callee = await house.joins();
  const caller = await house.joins();
  for (let n = 1; n <= 50; n += 1) caller.calls('a.proc');
  callee.sends(new RegisterMessage(1, {}, 'a.proc'));
  for (let n = 1; n <= 50; n += 1) caller.calls('a.proc');
  await settled();
  expect(callee.log[1]!.kind).toBe(MessageKind.Registered);
  expect(callee.log.slice(2).every((message) => message.kind === MessageKind.Invocation)).toBe(true);
});

describe('what does not fit', () => {
  it("RPC-036: an INVOCATION too large for the callee: the caller is told, the callee's session lives", async () => {
    const seen: Undelivered[] = [];
    const house = new House({
      realms: { realm1: {} },
      observer: { undelivered: (_, what) => seen.push(what) },
    });
    const { peer: callee } = await narrow(house, 1_000);
    await callee.registers('a.proc');
    const caller = await house.joins();
    expect(await caller.failure('a.proc', [LARGE])).toBe('wamp.error.payload_size_exceeded');
    await callee.getsNothing();
    expect(seen).toEqual(['call_failed']);
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0 });
    caller.calls('a.proc', ['small']);
    callee.yields(await callee.gets(MessageKind.Invocation), ['ok']);
    await caller.gets(MessageKind.Result);
  });

  it('RPC-035: a RESULT too large for the caller: it gets ERROR instead', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const { peer: caller } = await narrow(house, 1_000);
    const call = caller.calls('a.proc');
    callee.yields(await callee.gets(MessageKind.Invocation), [LARGE]);
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.payload_size_exceeded');
    expect(house.router.stats().totals.answersReplaced).toBe(1);
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0 });
    await callee.getsNothing();
  });

  it('RPC-035: so it is with an ERROR that is too large', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const { peer: caller } = await narrow(house, 1_000);
    const call = caller.calls('a.proc');
    const { request } = await callee.gets(MessageKind.Invocation);
    callee.sends(new ErrorMessage(MessageKind.Invocation, request, {}, 'a.bad', Payload.of([LARGE])));
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.payload_size_exceeded');
  });

  it('RPC-035: a progressive RESULT too large ends the call with that ERROR and interrupts the callee', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const { peer: caller } = await narrow(house, 1_000);
    const call = caller.calls('a.proc', [], undefined, { receive_progress: true });
    const { request } = await callee.gets(MessageKind.Invocation);
    callee.sends(new YieldMessage(request, { progress: true }, Payload.of(['small'])));
    expect((await caller.gets(MessageKind.Result)).details).toEqual({ progress: true });
    callee.sends(new YieldMessage(request, { progress: true }, Payload.of([LARGE])));
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.payload_size_exceeded');
    expect(await callee.gets(MessageKind.Interrupt)).toMatchObject({
      request,
      options: { mode: 'killnowait' },
    });
    callee.sends(new YieldMessage(request, {}, Payload.of(['late'])));
    await caller.getsNothing();
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0 });
    // The substitute holds for that one call only.
    const next = caller.calls('a.proc');
    await callee.gets(MessageKind.Invocation);
    caller.sends(new CancelMessage(next, { mode: 'skip' }));
    expect(await caller.isRefused(MessageKind.Call, next)).toBe('wamp.error.canceled');
  });

  it('RPC-036: a further chunk too large ends the call, and the callee is interrupted', async () => {
    const house = new House();
    const { peer: callee } = await narrow(house, 1_000);
    await callee.registers('a.proc');
    const caller = await house.joins();
    const call = caller.calls('a.proc', ['small'], undefined, { progress: true });
    const { request } = await callee.gets(MessageKind.Invocation);
    caller.sends(new CallMessage(call, { progress: true }, 'a.proc', Payload.of([LARGE])));
    expect(await caller.isRefused(MessageKind.Call, call)).toBe('wamp.error.payload_size_exceeded');
    expect(await callee.gets(MessageKind.Interrupt)).toMatchObject({ request });
    caller.sends(new CallMessage(call, {}, 'a.proc', Payload.of(['last'])));
    await caller.getsNothing();
    await callee.getsNothing();
  });

  it('an EVENT too large is dropped for that receiver alone, and counted', async () => {
    const house = new House();
    const { peer: small } = await narrow(house, 1_000);
    const large = await house.joins();
    const other = await house.joins('realm1', undefined, json());
    const publisher = await house.joins();
    for (const peer of [small, large, other]) await peer.subscribes('a.topic');
    publisher.publishes('a.topic', [LARGE]);
    publisher.publishes('a.topic', ['small']);
    expect((await small.gets(MessageKind.Event)).payload.args).toEqual(['small']);
    for (const peer of [large, other]) {
      expect((await peer.gets(MessageKind.Event)).payload.args).toEqual([LARGE]);
      expect((await peer.gets(MessageKind.Event)).payload.args).toEqual(['small']);
    }
    expect(house.router.stats().totals.eventsDropped).toBe(1);
  });

  it('a receiver that takes not even the ERROR gets nothing; its session goes on', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const { peer: caller, transport } = await narrow(house, 60);
    caller.calls('a.proc');
    callee.yields(await callee.gets(MessageKind.Invocation), [LARGE]);
    await caller.getsNothing();
    transport.maxSendBytes = Infinity;
    expect(await caller.result('wamp.session.count')).toEqual([2]);
  });

  it('a payload that the receiver cannot be given in its format: the caller gets invalid_argument', async () => {
    const house = new House();
    const callee = await house.joins('realm1', undefined, msgpack());
    const caller = await house.joins('realm1', undefined, cbor());
    await callee.registers('a.proc');
    await callee.subscribes('a.topic');
    // CBOR has integers of any size, MessagePack only up to 64 bits.
    const huge = 2n ** 70n;
    expect(await caller.failure('a.proc', [huge])).toBe('wamp.error.invalid_argument');
    await callee.getsNothing();
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0 });

    await caller.registers('b.proc');
    const call = callee.calls('b.proc');
    caller.yields(await caller.gets(MessageKind.Invocation), [huge]);
    expect(await callee.isRefused(MessageKind.Call, call)).toBe('wamp.error.invalid_argument');

    caller.publishes('a.topic', [huge]);
    await callee.getsNothing();
    expect(house.router.stats().totals.eventsDropped).toBe(1);
  });
});

describe('sessions that end in the middle of calls', () => {
  it('RPC-041: a session that is lost during a call to itself leaves nothing behind', async () => {
    const house = new House();
    const watcher = await house.joins();
    const lost = await house.joins();
    await lost.registers('a.proc');
    await lost.subscribes('a.topic');
    lost.calls('a.proc');
    await lost.gets(MessageKind.Invocation);
    lost.transport.terminate('gone');
    await settled();
    expect(await watcher.result('wamp.registration.lookup', ['a.proc'])).toEqual([null]);
    expect(await watcher.result('wamp.subscription.lookup', ['a.topic'])).toEqual([null]);
    expect(await watcher.result('wamp.session.list')).toEqual([[watcher.id]]);
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0, sessions: 1 });
  });

  it('RPC-042: the caller cancels and leaves, then the callee is lost: nothing stays, nothing breaks', async () => {
    const failures: unknown[] = [];
    const house = new House({
      realms: { realm1: {} },
      observer: { failed: (error) => failures.push(error) },
    });
    const watcher = await house.joins();
    const caller = await house.joins();
    const callee = await house.joins();
    await callee.registers('a.proc');
    const call = caller.calls('a.proc');
    await callee.gets(MessageKind.Invocation);
    caller.sends(new CancelMessage(call, { mode: 'killnowait' }));
    await caller.gets(MessageKind.Error);
    await caller.leaves();
    callee.transport.terminate('gone');
    await settled();
    expect(await watcher.result('wamp.registration.lookup', ['a.proc'])).toEqual([null]);
    expect(await watcher.result('wamp.session.count')).toEqual([1]);
    expect(failures).toEqual([]);
  });
});

describe('deadlines', () => {
  it('a call is ended at its timeout, in milliseconds, and one timer serves many calls', async () => {
    const house = new House();
    const callee = await house.joins();
    const caller = await house.joins();
    await callee.registers('a.proc');
    const before = house.clock.started;
    const late = caller.calls('a.proc', [], undefined, { timeout: 2_000 });
    const early = caller.calls('a.proc', [], undefined, { timeout: 500 });
    for (let n = 0; n < 20; n += 1) caller.calls('a.proc', [], undefined, { timeout: 3_000 });
    await settled();
    expect(house.clock.started - before).toBe(2);
    house.clock.advance(499);
    await caller.getsNothing();
    house.clock.advance(1);
    expect(await caller.isRefused(MessageKind.Call, early)).toBe('wamp.error.timeout');
    house.clock.advance(1_500);
    expect(await caller.isRefused(MessageKind.Call, late)).toBe('wamp.error.timeout');
  });

  it('answered calls leave no timer that keeps the process alive', async () => {
    const house = new House();
    const callee = await house.joins();
    const caller = await house.joins();
    await callee.registers('a.proc');
    for (let n = 0; n < 10; n += 1) {
      caller.calls('a.proc', [], undefined, { timeout: 10_000 });
      callee.yields(await callee.gets(MessageKind.Invocation));
      await caller.gets(MessageKind.Result);
    }
    expect(house.clock.held.size).toBe(0);
    house.clock.advance(20_000);
    await caller.getsNothing();
  });

  it('a realm may set a default and a longest timeout', async () => {
    const house = new House({ realms: { realm1: { defaultTimeoutMs: 100, maxTimeoutMs: 200 } } });
    const callee = await house.joins();
    const caller = await house.joins();
    await callee.registers('a.proc');
    const plain = caller.calls('a.proc');
    const long = caller.calls('a.proc', [], undefined, { timeout: 9_999 });
    await settled();
    house.clock.advance(100);
    expect(await caller.isRefused(MessageKind.Call, plain)).toBe('wamp.error.timeout');
    house.clock.advance(100);
    expect(await caller.isRefused(MessageKind.Call, long)).toBe('wamp.error.timeout');
  });
});

it('FEAT-009: roles are not enforced: a session that announced only publisher may do everything', async () => {
  const house = new House();
  const peer = await house.joins('realm1', { roles: { publisher: {} } });
  peer.sends(new RegisterMessage(1, {}, 'a.b'), new SubscribeMessage(2, {}, 'a.b'));
  await peer.gets(MessageKind.Registered);
  await peer.gets(MessageKind.Subscribed);
  peer.sends(new CallMessage(3, {}, 'a.b'));
  const { request } = await peer.gets(MessageKind.Invocation);
  peer.sends(new YieldMessage(request));
  expect(await peer.gets(MessageKind.Result)).toBeInstanceOf(ResultMessage);
});
