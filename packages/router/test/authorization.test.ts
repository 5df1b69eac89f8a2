import {
  CallMessage,
  CloseUri,
  EMPTY_DICT,
  GoodbyeMessage,
  MessageKind,
  Payload,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
  type MatchPolicy,
} from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { Action, Authorizer, Decision, SessionInfo } from '../src/index.js';
import { BentTransport } from './bent-transport.fixture.js';
import { House, settled } from './test-peer.fixture.js';

const guarded = (authorize: Authorizer['authorize'], more = {}): House =>
  new House({ realms: { realm1: { authorizer: { authorize }, ...more } } });

/** Decisions that the test makes when it wants. */
class Judge implements Authorizer {
  readonly waiting: { uri: string; decide: (decision: Decision) => void; fail: (error: unknown) => void }[] =
    [];

  authorize(_: SessionInfo, __: Action, uri: string): Decision | Promise<Decision> {
    if (uri.startsWith('wamp.') || uri.startsWith('free.')) return 'allowed';
    return new Promise((decide, fail) => this.waiting.push({ uri, decide, fail }));
  }
}

/** A small deterministic source of numbers. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it('AUTHZ-001, AUTHZ-002: what is denied is answered not_authorized; an unacknowledged PUBLISH silently', async () => {
  const asked: [Action, string, MatchPolicy][] = [];
  const house = guarded((_, action, uri, match) => {
    asked.push([action, uri, match]);
    return 'denied';
  });
  const peer = await house.joins();
  peer.sends(
    new CallMessage(1, {}, 'a.proc'),
    new RegisterMessage(2, { match: 'prefix' }, 'a.'),
    new SubscribeMessage(3, { match: 'wildcard' }, 'a..b'),
    new PublishMessage(4, {}, 'a.topic'),
    new PublishMessage(5, { acknowledge: true }, 'a.topic'),
  );
  for (const [kind, request] of [
    [MessageKind.Call, 1],
    [MessageKind.Register, 2],
    [MessageKind.Subscribe, 3],
    [MessageKind.Publish, 5],
  ] as const) {
    expect(await peer.isRefused(kind, request)).toBe('wamp.error.not_authorized');
  }
  await peer.getsNothing();
  expect(asked).toEqual([
    ['call', 'a.proc', 'exact'],
    ['register', 'a.', 'prefix'],
    ['subscribe', 'a..b', 'wildcard'],
    ['publish', 'a.topic', 'exact'],
    ['publish', 'a.topic', 'exact'],
  ]);
  expect(house.router.stats().totals.denials).toBe(5);
});

it('the authorizer is told who asks', async () => {
  let asking: SessionInfo | undefined;
  const house = guarded((session) => {
    asking = session;
    return 'allowed';
  });
  const peer = await house.joins('realm1', { roles: { caller: {} }, agent: 'test-1.0' });
  await peer.failure('a.proc');
  expect(asking).toMatchObject({
    session: peer.id,
    realm: 'realm1',
    authrole: 'anonymous',
    authmethod: 'anonymous',
    agent: 'test-1.0',
    transport: { type: 'memory' },
  });
});

it.each<[string, Authorizer['authorize']]>([
  [
    'throws',
    () => {
      throw new Error('secret');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret'))],
  ['answers nonsense', () => true as never],
  ['answers nonsense later', () => Promise.resolve(undefined as never)],
])('AUTHZ-003: an authorizer that %s refuses the request', async (_, authorize) => {
  const house = guarded((session, action, uri, match) =>
    action === 'register' ? 'allowed' : authorize(session, action, uri, match),
  );
  const callee = await house.joins();
  await callee.registers('a.proc');
  const peer = await house.joins();
  expect(await peer.failure('a.proc')).toBe('wamp.error.authorization_failed');
  await callee.getsNothing();
  expect(house.router.stats().totals.hookFailures).toBe(1);
});

it('an authorizer that never decides refuses the request after a while, and the session goes on', async () => {
  const judge = new Judge();
  const house = new House({ realms: { realm1: { authorizer: judge } } });
  const peer = await house.joins();
  const call = peer.calls('a.proc');
  const next = peer.calls('free.proc');
  await settled();
  house.clock.advance(30_000);
  expect(await peer.isRefused(MessageKind.Call, call)).toBe('wamp.error.authorization_failed');
  expect(await peer.isRefused(MessageKind.Call, next)).toBe('wamp.error.no_such_procedure');
  judge.waiting[0]!.decide('allowed');
  await peer.getsNothing();
});

it('AUTHZ-004, AUTHZ-005: a refusal does not reveal what exists', async () => {
  const house = guarded((session, action) =>
    action === 'register' && callee === session.session ? 'allowed' : 'denied',
  );
  let callee = 0;
  const owner = await house.joins();
  callee = owner.id;
  await owner.registers('a.proc');
  const peer = await house.joins();
  expect(await peer.failure('a.proc')).toBe('wamp.error.not_authorized');
  expect(await peer.failure('a.none')).toBe('wamp.error.not_authorized');
  peer.sends(new RegisterMessage(3, {}, 'a.proc'));
  expect(await peer.isRefused(MessageKind.Register, 3)).toBe('wamp.error.not_authorized');
});

it('AUTHZ-007, ORDER-005: a slow decision on the first CALL holds back the second', async () => {
  const judge = new Judge();
  const house = new House({ realms: { realm1: { authorizer: judge } } });
  const callee = await house.joins();
  await callee.registers('free.fast');
  callee.sends(new RegisterMessage(callee.next(), {}, 'a.slow'));
  await settled();
  judge.waiting.shift()!.decide('allowed');
  await callee.gets(MessageKind.Registered);
  const caller = await house.joins();
  caller.calls('a.slow', [1]);
  caller.calls('free.fast', [2]);
  await callee.getsNothing();
  judge.waiting[0]!.decide('allowed');
  expect((await callee.gets(MessageKind.Invocation)).payload.args).toEqual([1]);
  expect((await callee.gets(MessageKind.Invocation)).payload.args).toEqual([2]);
});

it.each([1, 2, 3])(
  'ORDER-003, ORDER-005: with decisions of random delay, events and invocations keep their order (seed %i)',
  async (seed) => {
    const random = dice(seed);
    const house = guarded(async (): Promise<Decision> => {
      for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await settled(1);
      return 'allowed';
    });
    const receiver = await house.joins();
    for (const name of ['t1', 't2']) await receiver.subscribes(`a.${name}`);
    for (const name of ['p1', 'p2']) await receiver.registers(`a.${name}`);
    const senders = [await house.joins(), await house.joins()];
    const COUNT = 60;
    for (let n = 0; n < COUNT; n += 1) {
      for (const [index, sender] of senders.entries()) {
        if (random() < 0.5) sender.publishes(random() < 0.5 ? 'a.t1' : 'a.t2', [index, n]);
        else sender.calls(random() < 0.5 ? 'a.p1' : 'a.p2', [index, n]);
      }
    }
    const seen: number[][] = [[], []];
    for (let n = 0; n < 2 * COUNT; n += 1) {
      for (let turn = 0; receiver.inbox.length === 0 && turn < 2_000; turn += 1) await settled(1);
      const message = receiver.inbox.shift()!;
      if (message.kind !== MessageKind.Event && message.kind !== MessageKind.Invocation) throw new Error();
      const [index, number] = message.payload.args as [number, number];
      seen[index]!.push(number);
    }
    const sequence = Array.from({ length: COUNT }, (_, n) => n);
    expect(seen).toEqual([sequence, sequence]);
  },
);

describe('while a decision is pending', () => {
  it('AUTHZ-008: a session that leaves gets no registration and no subscription', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } } });
    const watcher = await house.joins();
    for (const request of [new RegisterMessage(1, {}, 'a.proc'), new SubscribeMessage(1, {}, 'a.topic')]) {
      const peer = await house.joins();
      peer.sends(request);
      await settled();
      peer.transport.terminate('gone');
      await settled();
      judge.waiting.pop()!.decide('allowed');
      await settled();
    }
    expect(await watcher.result('wamp.registration.list')).toEqual([{ exact: [], prefix: [], wildcard: [] }]);
    expect(await watcher.result('wamp.subscription.list')).toEqual([{ exact: [], prefix: [], wildcard: [] }]);
  });

  it('GOODBYE waits its turn, so that what was sent before it is done', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } } });
    const watcher = await house.joins();
    await watcher.subscribes('free.topic');
    const peer = await house.joins();
    peer.sends(
      new CallMessage(1, {}, 'a.proc'),
      new PublishMessage(2, {}, 'free.topic'),
      new GoodbyeMessage({}, CloseUri.CloseRealm),
    );
    await peer.getsNothing();
    judge.waiting[0]!.decide('denied');
    expect(await peer.isRefused(MessageKind.Call, 1)).toBe('wamp.error.not_authorized');
    await peer.gets(MessageKind.Goodbye);
    await watcher.gets(MessageKind.Event);
    expect(await peer.isClosed()).toBe(true);
  });

  it('shutting down does not wait for it', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } } });
    const peer = await house.joins();
    peer.sends(new CallMessage(1, {}, 'a.proc'), new CallMessage(2, {}, 'a.proc'));
    await settled();
    const closed = house.router.close();
    await peer.gets(MessageKind.Goodbye);
    peer.sends(new GoodbyeMessage({}, CloseUri.GoodbyeAndOut));
    await closed;
    judge.waiting[0]!.decide('allowed');
    await peer.getsNothing();
    expect(house.clock.running).toBe(0);
  });

  it('the transport is paused, and only the session concerned waits', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } } });
    let transport: BentTransport | undefined;
    const waiting = house.peerOver((inner) => (transport = new BentTransport(inner)));
    await waiting.joins();
    const other = await house.joins();
    waiting.calls('a.proc');
    await settled();
    expect(transport!.isPaused).toBe(true);
    expect(await other.result('wamp.session.count')).toEqual([2]);
    judge.waiting[0]!.decide('allowed');
    expect(await waiting.isRefused(MessageKind.Call, 1)).toBe('wamp.error.no_such_procedure');
    expect(transport!.isPaused).toBe(false);
  });

  it('a session whose transport delivers too much all the same is ended', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } }, limits: { parkedMessages: 3 } });
    let transport: BentTransport | undefined;
    const peer = house.peerOver((inner) => (transport = new BentTransport(inner)));
    await peer.joins();
    peer.calls('a.proc');
    await settled();
    const frame = peer.serializer.encode(new CallMessage(2, {}, 'free.proc'));
    for (let n = 0; n < 3; n += 1) transport!.receiver!.receive(frame);
    await peer.getsNothing();
    transport!.receiver!.receive(frame);
    await peer.isAborted('wamp.error.limit_exceeded');
    judge.waiting[0]!.decide('allowed');
    await peer.getsNothing();
  });

  it('what waits keeps its bytes although the transport uses its buffer again', async () => {
    const judge = new Judge();
    const house = new House({ realms: { realm1: { authorizer: judge } } });
    const callee = await house.joins();
    await callee.registers('free.proc');
    let transport: BentTransport | undefined;
    const peer = house.peerOver((inner) => (transport = new BentTransport(inner)));
    await peer.joins();
    await settled();
    const buffer = new Uint8Array(1_000);
    for (const [request, procedure] of [
      [1, 'a.proc'],
      [2, 'free.proc'],
    ] as const) {
      const payload = Payload.of([`bytes of ${procedure}`]);
      const encoded = peer.serializer.encode(new CallMessage(request, {}, procedure, payload));
      buffer.set(encoded);
      transport!.receiver!.receive(buffer.subarray(0, encoded.length));
      buffer.fill(0xff);
    }
    callee.sends(new RegisterMessage(callee.next(), {}, 'a.proc'));
    await settled();
    judge.waiting[1]!.decide('allowed');
    await callee.gets(MessageKind.Registered);
    judge.waiting[0]!.decide('allowed');
    expect((await callee.gets(MessageKind.Invocation)).payload.args).toEqual(['bytes of a.proc']);
    expect((await callee.gets(MessageKind.Invocation)).payload.args).toEqual(['bytes of free.proc']);
  });
});

describe('progressive calls', () => {
  it('AUTHZ-010: only the first chunk is asked for', async () => {
    let asked = 0;
    const house = guarded(async (_, action): Promise<Decision> => {
      if (action === 'call') asked += 1;
      await settled(1);
      return 'allowed';
    });
    const callee = await house.joins();
    await callee.registers('a.proc');
    const caller = await house.joins();
    const progress = { progress: true };
    caller.sends(
      new CallMessage(1, progress, 'a.proc'),
      new CallMessage(1, progress, 'a.proc'),
      new CallMessage(1, EMPTY_DICT, 'a.proc'),
    );
    for (let n = 0; n < 3; n += 1) await callee.gets(MessageKind.Invocation);
    expect(asked).toBe(1);
  });

  it.each(['strict', 'unused'] as const)(
    'PCI-006: the chunks behind a denied one get no answer, with request ids %s',
    async (requestIds) => {
      let asked = 0;
      const house = guarded(
        () => {
          asked += 1;
          return 'denied';
        },
        { requestIds },
      );
      const caller = await house.joins();
      const progress = { progress: true };
      caller.sends(
        new CallMessage(1, progress, 'a.proc'),
        new CallMessage(1, progress, 'a.proc'),
        new CallMessage(1, EMPTY_DICT, 'a.proc'),
        new CallMessage(2, EMPTY_DICT, 'a.proc'),
      );
      expect(await caller.isRefused(MessageKind.Call, 1)).toBe('wamp.error.not_authorized');
      expect(await caller.isRefused(MessageKind.Call, 2)).toBe('wamp.error.not_authorized');
      expect(asked).toBe(2);
    },
  );
});
