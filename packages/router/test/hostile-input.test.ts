import {
  CallMessage,
  EMPTY_DICT,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  YieldMessage,
} from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { describe, expect, it } from 'vitest';
import { House, SERIALIZERS, settled } from './test-peer.fixture.js';

/** A small deterministic source of numbers: 0 up to, not including, n. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const KINDS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 32, 33, 34, 35, 36, 48, 49, 50, 64, 65, 66, 67, 68, 69, 70, 337, 999,
];
const VALUES: unknown[] = [
  ...[0, 1, -1, 1.5, 2 ** 53, 1e300, true, false, null, '', 'a.b', 'a..b', 'wamp.session.count', 'wamp.x'],
  ...[
    [],
    [[]],
    {},
    { match: 'prefix' },
    { match: 'wildcard' },
    { invoke: 'roundrobin' },
    { acknowledge: true },
  ],
  ...[{ progress: true }, { receive_progress: true, timeout: 1 }, { mode: 'kill' }, { exclude: [1] }],
  ...[
    JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": 1}}'),
    { roles: { caller: {} } },
  ],
];

describe.each(SERIALIZERS)('SEC-002: random input over %s', (name, serializer) => {
  it('random bytes end the session that sends them, and no other', async () => {
    const house = new House();
    const roll = dice(name.length);
    const steady = await house.joins();
    await steady.registers('a.proc');
    for (let round = 0; round < 150; round += 1) {
      const peer = house.peer(serializer());
      if (round % 2 === 0) await peer.joins();
      const bytes = new Uint8Array(roll(80));
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = roll(256);
      if (round % 3 === 0 && bytes.length > 1) bytes.set([0x80 + 1 + roll(15), roll(80)]);
      peer.transport.send(bytes);
      await settled(1);
      if (round % 10 === 0) expect(await steady.result('wamp.session.get', [steady.id])).toHaveLength(1);
    }
    expect(house.router.stats().totals.failures).toBe(0);
  });

  it('random lists of plausible elements never break the router', async () => {
    const failures: unknown[] = [];
    const house = new House({
      realms: { realm1: {} },
      observer: { failed: (error) => failures.push(error) },
    });
    const steady = await house.joins();
    await steady.registers('steady.proc');
    const roll = dice(4_711);
    const codec = serializer();
    let peer = await house.joins('realm1', undefined, serializer());
    for (let n = 0; n < 3_000; n += 1) {
      if (peer.how !== undefined) peer = await house.joins('realm1', undefined, serializer());
      const list = Array.from({ length: roll(6) }, () => VALUES[roll(VALUES.length)]);
      peer.transport.send(
        frameOf(codec.format, [KINDS[roll(KINDS.length)], roll(5), {}, ...list].slice(0, 1 + roll(6))),
      );
      if (n % 50 === 0) await settled(1);
    }
    await settled();
    expect(failures).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const call = (await house.joins()).calls('steady.proc');
    expect(call).toBe(1);
    await steady.gets(MessageKind.Invocation).catch(() => undefined);
    expect(house.router.stats().realms.get('realm1')!.sessions).toBeGreaterThan(0);
  });

  /** Writes any list in the format, without minding whether it is a message. */
  function frameOf(format: string, list: unknown[]): Uint8Array {
    if (format === 'json') return new TextEncoder().encode(JSON.stringify(list));
    const codec = serializer().payloadCodec;
    // Arguments alone are a list in the format: the very frame that is wanted.
    return codec.encodePayload(list, undefined).bytes;
  }
});

it('MSG-033, fault 16: deep nesting and huge frames end the session with a clear word', async () => {
  const house = new House();
  const steady = await house.joins();
  const deep = await house.joins('realm1', undefined, json());
  deep.transport.send(new TextEncoder().encode(`[48,1,{},"a.b",${'['.repeat(10_000)}${']'.repeat(10_000)}]`));
  expect(await deep.isAborted()).toMatch(/nest|deep/);
  const huge = await house.joins('realm1', undefined, json());
  huge.transport.send(new TextEncoder().encode(`[48,1,{},"a.b",["${'x'.repeat(5_000_000)}]`));
  await huge.isAborted();
  expect(await steady.result('wamp.session.count')).toEqual([1]);
});

it('MSG-032: __proto__ and constructor as keys are data like any other', async () => {
  const house = new House();
  const callee = await house.joins('realm1', undefined, json());
  const caller = await house.joins('realm1', undefined, json());
  await callee.registers('a.proc');
  const text = '[48,1,{"__proto__":{"x":1}},"a.proc",[],{"__proto__":{"polluted":true},"constructor":1}]';
  caller.transport.send(new TextEncoder().encode(text));
  const { kwargs } = (await callee.gets(MessageKind.Invocation)).payload;
  expect(Object.hasOwn(kwargs, '__proto__')).toBe(true);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

it('URI-019: pathological URIs are answered, and nobody else waits for them', async () => {
  const house = new House();
  const peer = await house.joins();
  const uris = ['a.'.repeat(32_000), `${'a'.repeat(64_000)} `, '.'.repeat(64_000), `${'a.'.repeat(32_000)}b`];
  for (const uri of uris) {
    peer.sends(
      new CallMessage(peer.next(), EMPTY_DICT, uri),
      new RegisterMessage(peer.next(), { match: 'wildcard' }, uri),
      new SubscribeMessage(peer.next(), { match: 'prefix' }, uri),
      new PublishMessage(peer.next(), { acknowledge: true }, uri),
    );
  }
  await settled();
  expect(peer.log).toHaveLength(1 + 4 * uris.length);
});

it('SEC-003: limits of dealer and broker are answered with an error', async () => {
  const house = new House({
    realms: {
      realm1: {
        dealerLimits: { registrationsPerSession: 40, callsPerSession: 1 },
        brokerLimits: { subscriptionsPerSession: 1 },
      },
    },
  });
  const peer = await house.joins();
  for (let n = 1; n <= 40; n += 1) await peer.registers(`a.p${n}`);
  peer.sends(new RegisterMessage(peer.next(), {}, 'a.p41'));
  expect(await peer.isRefused(MessageKind.Register, 41)).toBe('wamp.error.limit_exceeded');
  await peer.subscribes('a.one');
  peer.sends(new SubscribeMessage(peer.next(), {}, 'a.two'));
  expect(await peer.isRefused(MessageKind.Subscribe, 43)).toBe('wamp.error.limit_exceeded');
  peer.calls('a.p1');
  await peer.gets(MessageKind.Invocation);
  expect(await peer.failure('a.p2')).toBe('wamp.error.limit_exceeded');
});

it('RPC-039: many calls leave every table empty', async () => {
  const house = new House();
  const callee = await house.joins();
  const caller = await house.joins();
  await callee.registers('a.proc');
  for (let round = 0; round < 20; round += 1) {
    for (let n = 0; n < 100; n += 1) caller.calls('a.proc', [n]);
    await settled();
    for (const message of callee.inbox.splice(0)) {
      if (message.kind !== MessageKind.Invocation) throw new Error('only invocations were awaited');
      callee.sends(new YieldMessage(message.request, EMPTY_DICT, Payload.of(message.payload.args)));
    }
    await settled();
    expect(caller.inbox.splice(0)).toHaveLength(100);
    expect(house.router.stats().realms.get('realm1')).toMatchObject({ openCalls: 0, queuedCalls: 0 });
  }
});

it('our own bug ends one session with a word, and the router lives on', async () => {
  const failures: unknown[] = [];
  const random = new FragileRandom();
  const house = new House({
    realms: { realm1: {} },
    observer: { failed: (error, session) => failures.push([error, session?.session]) },
    random32: () => random.next(),
  });
  const victim = await house.joins();
  const steady = await house.joins();
  random.failsNext = true;
  victim.publishes('a.topic', [], { acknowledge: true });
  expect(await victim.isAborted('wamp.error.runtime_error')).toBe('internal error of the router');
  expect(failures).toEqual([[new Error('no entropy'), victim.id]]);
  expect(await steady.result('wamp.session.count')).toEqual([1]);
  expect(house.router.stats().totals.failures).toBe(1);
});

/** Randomness that fails once, when it is told to. */
class FragileRandom {
  failsNext = false;
  #state = 1;

  next(): number {
    if (this.failsNext) {
      this.failsNext = false;
      throw new Error('no entropy');
    }
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state;
  }
}
