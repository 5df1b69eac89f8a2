import {
  CallMessage,
  CancelMessage,
  EMPTY_DICT,
  MAX_ID,
  MessageKind,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  UnregisterMessage,
  UnsubscribeMessage,
  YieldMessage,
  type Message,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { House, SERIALIZERS, settled } from './test-peer.fixture.js';

const strict = (): House => new House({ realms: { realm1: { requestIds: 'strict' } } });
const progress = { progress: true };

it('ID-001: session ids are random over the whole range, and distinct', async () => {
  const house = new House();
  const ids = new Set<number>();
  for (let n = 0; n < 1_000; n += 1) ids.add((await house.joins()).id);
  expect(ids.size).toBe(1_000);
  expect(Math.max(...ids)).toBeGreaterThan(MAX_ID / 2);
  expect(Math.min(...ids)).toBeLessThan(MAX_ID / 2);
  expect(Math.max(...ids)).toBeLessThanOrEqual(MAX_ID);
});

it('ID-001: an id that is in use is not given out again', async () => {
  // The meta peer gets 1, and the source goes on to repeat itself.
  const numbers = [0, 0, 0, 0, 0, 1, 0, 1, 0, 2];
  let next = 0;
  const house = new House({ realms: { realm1: {} }, random32: () => numbers[next++] ?? next });
  const ids = [(await house.joins()).id, (await house.joins()).id];
  expect(new Set([1, ...ids]).size).toBe(3);
});

it.each(['goodbye', 'refusal'])('ID-001: an id is free again after a %s', async (end) => {
  let fixed: number | undefined = undefined;
  let next = 0;
  const house = new House({
    realms: { realm1: {}, closed: { authenticators: [] } },
    random32: () => fixed ?? (next += 1),
  });
  fixed = 4_711; // whoever joins now gets the same id, unless it is in use
  const first = house.peer();
  if (end === 'goodbye') {
    await first.joins();
    await first.leaves();
  } else {
    await first.hello('closed').isAborted('wamp.error.authentication_required');
  }
  const second = await house.joins();
  expect(second.id).toBe((4_711 >>> 11) * 2 ** 32 + 4_711 + 1);
});

it('ID-002: publication ids are random over the whole range', async () => {
  const peer = await new House().joins();
  let highest = 0;
  const ids = new Set<number>();
  for (let n = 0; n < 100; n += 1) {
    peer.publishes('a.topic', [], { acknowledge: true });
    const { publication } = await peer.gets(MessageKind.Published);
    highest = Math.max(highest, publication);
    ids.add(publication);
  }
  expect(ids.size).toBe(100);
  expect(highest).toBeGreaterThan(2 ** 52);
});

it('ID-003, ID-004: INVOCATION ids count from 1 for each callee', async () => {
  const house = new House();
  const [caller, one, other] = [await house.joins(), await house.joins(), await house.joins()];
  await one.registers('one.proc');
  await other.registers('other.proc');
  for (const callee of [one, other]) {
    const name = callee === one ? 'one.proc' : 'other.proc';
    for (const expected of [1, 2, 3]) {
      caller.calls(name);
      expect((await callee.gets(MessageKind.Invocation)).request).toBe(expected);
    }
  }
});

describe.each(['strict', 'unused'] as const)('with request ids %s', (requestIds) => {
  it('ID-005: one sequence runs over all kinds of requests', async () => {
    const peer = await new House({ realms: { realm1: { requestIds } } }).joins();
    const kinds = [MessageKind.Subscribed, MessageKind.Registered, MessageKind.Published, MessageKind.Error];
    peer.sends(
      new SubscribeMessage(1, {}, 'a.b'),
      new RegisterMessage(2, {}, 'a.b'),
      new PublishMessage(3, { acknowledge: true }, 'a.c'),
      new CallMessage(4, {}, 'a.c'),
      new UnsubscribeMessage(5, 1_000),
      new UnregisterMessage(6, 1_000),
    );
    for (const kind of [...kinds, MessageKind.Error, MessageKind.Error]) await peer.gets(kind);
  });

  it('ID-012: CANCEL, YIELD and ERROR take no id', async () => {
    const peer = await new House({ realms: { realm1: { requestIds } } }).joins();
    await peer.registers('a.b');
    peer.sends(new CallMessage(2, {}, 'a.b'));
    const invocation = await peer.gets(MessageKind.Invocation);
    peer.sends(new CancelMessage(2, { mode: 'skip' }), new YieldMessage(invocation.request));
    peer.sends(new CallMessage(3, {}, 'a.none'));
    expect(await peer.isRefused(MessageKind.Call, 2)).toBe('wamp.error.canceled');
    expect(await peer.isRefused(MessageKind.Call, 3)).toBe('wamp.error.no_such_procedure');
  });

  it('ID-013: a new session starts again at 1', async () => {
    const house = new House({ realms: { realm1: { requestIds } } });
    const first = await house.joins();
    await first.registers('a.b');
    await first.leaves();
    const second = await house.joins();
    await second.registers('a.b');
    second.sends(new CallMessage(2, {}, 'a.b'));
    expect((await second.gets(MessageKind.Invocation)).request).toBe(1);
  });

  it('ID-017: a refused request has used up its id', async () => {
    const peer = await new House({ realms: { realm1: { requestIds } } }).joins();
    expect(await peer.failure('a.none')).toBe('wamp.error.no_such_procedure');
    const refused = peer.publishes('a..b', [], { acknowledge: true });
    expect(await peer.isRefused(MessageKind.Publish, refused)).toBe('wamp.error.invalid_uri');
    await peer.registers('a.b');
  });

  it('PCI-010: the id of an open plain call, again, is a violation', async () => {
    const house = new House({ realms: { realm1: { requestIds } } });
    const peer = await house.joins();
    await peer.registers('a.b');
    peer.sends(new CallMessage(2, {}, 'a.b'));
    await peer.gets(MessageKind.Invocation);
    peer.sends(new CallMessage(2, {}, 'a.b'));
    await peer.isAborted();
  });

  it('PCI-007, PCI-009: chunks of a progressive call keep their id while other requests go on', async () => {
    const house = new House({ realms: { realm1: { requestIds } } });
    const callee = await house.joins();
    await callee.registers('a.b');
    const peer = await house.joins();
    peer.sends(
      new SubscribeMessage(1, {}, 'x.y'),
      new CallMessage(2, progress, 'a.b'),
      new PublishMessage(3, {}, 'x.y'),
      new CallMessage(4, {}, 'a.none'),
      new CallMessage(2, EMPTY_DICT, 'a.b'),
    );
    await peer.gets(MessageKind.Subscribed);
    expect(await peer.isRefused(MessageKind.Call, 4)).toBe('wamp.error.no_such_procedure');
    const first = await callee.gets(MessageKind.Invocation);
    const last = await callee.gets(MessageKind.Invocation);
    expect([first.details.progress, last.details.progress ?? false]).toEqual([true, false]);
    expect(last.request).toBe(first.request);
    callee.yields(last, [1]);
    await peer.gets(MessageKind.Result);
  });
});

describe('strict request ids', () => {
  it.each<[string, Message[]]>([
    ['ID-006: a gap', [new SubscribeMessage(1, {}, 'a.b'), new SubscribeMessage(3, {}, 'a.c')]],
    ['ID-007: a repetition', [new SubscribeMessage(1, {}, 'a.b'), new SubscribeMessage(1, {}, 'a.c')]],
    ['ID-008: a start other than 1', [new CallMessage(5, {}, 'a.b')]],
    [
      'PCI-008: a gap beside a progressive call',
      [
        new CallMessage(1, progress, 'a.b'),
        new CallMessage(2, EMPTY_DICT, 'a.b'),
        new CallMessage(4, EMPTY_DICT, 'a.b'),
      ],
    ],
    [
      'PCI-013: a chunk of nothing',
      [new SubscribeMessage(1, {}, 'a.b'), new CallMessage(1, progress, 'a.b')],
    ],
    [
      'PCI-024: a chunk for another procedure',
      [new CallMessage(1, progress, 'a.b'), new CallMessage(1, progress, 'a.c')],
    ],
    ['ID-006: a gap in UNSUBSCRIBE', [new SubscribeMessage(1, {}, 'a.b'), new UnsubscribeMessage(1, 1)]],
  ])('%s is a violation', async (_, messages) => {
    const house = strict();
    const callee = await house.joins();
    await callee.registers('a.b');
    const peer = await house.joins();
    peer.sends(...messages);
    await settled();
    expect(peer.log.at(-1)).toMatchObject({
      kind: MessageKind.Abort,
      reason: 'wamp.error.protocol_violation',
    });
  });

  it('PCI-011: late chunks of a call that has ended get no answer', async () => {
    const house = strict();
    const peer = await house.joins();
    peer.sends(new CallMessage(1, progress, 'a.none'));
    expect(await peer.isRefused(MessageKind.Call, 1)).toBe('wamp.error.no_such_procedure');
    peer.sends(new CallMessage(1, progress, 'a.none'), new CallMessage(1, EMPTY_DICT, 'a.none'));
    await peer.getsNothing();
    peer.sends(new CallMessage(2, EMPTY_DICT, 'a.none'));
    await peer.gets(MessageKind.Error);
  });
});

describe('request ids that only have to be unused', () => {
  it('ID-009: any unused id is taken; the id of an open call is not', async () => {
    const peer = await new House().joins();
    peer.sends(new RegisterMessage(4711, {}, 'a.b'), new CallMessage(3, {}, 'a.b'));
    await peer.gets(MessageKind.Registered);
    await peer.gets(MessageKind.Invocation);
    peer.sends(new CallMessage(3, {}, 'a.b'));
    await peer.isAborted();
  });

  it.each(SERIALIZERS)(
    'ID-010, ID-011: the highest id is taken and answered over %s',
    async (_, serializer) => {
      const peer = await new House().joins('realm1', undefined, serializer());
      peer.sends(new SubscribeMessage(MAX_ID, {}, 'a.b'), new SubscribeMessage(1, {}, 'a.c'));
      expect((await peer.gets(MessageKind.Subscribed)).request).toBe(MAX_ID);
      expect((await peer.gets(MessageKind.Subscribed)).request).toBe(1);
    },
  );
});

it('ID-014: two sessions that subscribe alike share a subscription', async () => {
  const house = new House();
  const [one, other] = [await house.joins(), await house.joins()];
  expect(await one.subscribes('a.b')).toBe(await other.subscribes('a.b'));
});

it('ID-015: an id that is encoded as a float counts if it is whole', async () => {
  const house = new House();
  const msgpack = SERIALIZERS[1]![1];
  const peer = await house.joins('realm1', undefined, msgpack());
  // [48, 5.0, {}, "a.b"], then with 5.5
  const frame = (float: number): Uint8Array => {
    const bytes = new Uint8Array(16);
    bytes.set([0x94, 48, 0xcb]);
    new DataView(bytes.buffer).setFloat64(3, float);
    bytes.set([0x80, 0xa3, 0x61, 0x2e, 0x62], 11);
    return bytes;
  };
  peer.transport.send(frame(5));
  expect(await peer.isRefused(MessageKind.Call, 5)).toBe('wamp.error.no_such_procedure');
  peer.transport.send(frame(5.5));
  await peer.isAborted();
});

it('a source of randomness that repeats itself keeps sessions out, and does not hang the router', async () => {
  const failures: unknown[] = [];
  const house = new House({
    realms: { realm1: {} },
    random32: () => 7,
    observer: { failed: (error) => failures.push(error) },
  });
  await house.peer().hello().isAborted('wamp.error.runtime_error');
  expect(failures).toEqual([new Error('the source of randomness repeats itself')]);
});
