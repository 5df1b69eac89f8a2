/** Subscribers that read more slowly than events come, by the policies of their realm and of their own. */
import { MessageKind, SubscribeMessage, UnsubscribeMessage, type SubscribeOptions } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { RealmOptions, RouterLimits, SlowPolicy } from '../src/index.js';
import { House, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

const LIMITS = { outboundEventBytes: 500, keptEvents: 10, keptEventBytes: 100_000 };
const EVENTS = 60;
const DROPPING = ['drop-oldest', 'drop-newest', 'latest'] as const satisfies readonly SlowPolicy[];

function houseWith(
  realm: RealmOptions,
  limits: Partial<RouterLimits> = {},
): { house: House; losses: number[][] } {
  const losses: number[][] = [];
  const house = new House({
    realms: { realm1: realm },
    limits: { ...LIMITS, ...limits },
    observer: { eventsLost: (_, lost, total) => losses.push([lost, total]) },
  });
  return { house, losses };
}

/** The first arguments of the events that have come, and the kinds of everything else. */
async function taken(peer: TestPeer): Promise<unknown[]> {
  await settled();
  return peer.inbox
    .splice(0)
    .map((message) =>
      message.kind === MessageKind.Event ? message.payload.args[0] : message.constructor.name,
    );
}

async function publishes(peer: TestPeer, first: number, last: number, topic = 'a.topic'): Promise<void> {
  for (let n = first; n <= last; n += 1) {
    peer.publishes(topic, [n, 'x'.repeat(90)]);
    await settled(1); // those who read have read it
  }
  await settled();
}

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('a subscriber that stops reading', () => {
  it.each(DROPPING.flatMap((policy) => SERIALIZERS.map(([name, make]) => [policy, name, make] as const)))(
    '%s in %s: received and dropped make published; others get everything; it stays',
    async (policy, _, make) => {
      const { house, losses } = houseWith({ slowSubscribers: policy });
      const slow = await house.joins('realm1', undefined, make());
      const fast = await house.joins();
      const publisher = await house.joins();
      await slow.subscribes('a.topic');
      await fast.subscribes('a.topic');
      slow.transport.pause();
      await publishes(publisher, 1, EVENTS);
      slow.transport.resume();
      const got = (await taken(slow)) as number[];
      expect(await taken(fast)).toEqual(numbers(1, EVENTS));
      const dropped = house.router.stats().realms.get('realm1')!.eventsDropped;
      expect(dropped[policy]).toBeGreaterThan(20);
      expect(got.length + dropped[policy]).toBe(EVENTS);
      expect(got).toEqual(got.toSorted((a, b) => a - b));
      expect(dropped).toEqual({
        unsendable: 0,
        'drop-oldest': 0,
        'drop-newest': 0,
        latest: 0,
        [policy]: EVENTS - got.length,
      });
      expect(house.router.stats().totals).toMatchObject({
        eventsDropped: EVENTS - got.length,
        congestions: 0,
      });
      if (policy === 'drop-newest') expect(got).toEqual(numbers(1, got.length));
      else expect(got.at(-1)).toBe(EVENTS);
      expect(losses[0]).toEqual([1, 1]);
      await publishes(publisher, EVENTS + 1, EVENTS + 1);
      expect(await taken(slow)).toEqual([EVENTS + 1]);
    },
  );

  it('disconnect, the default: it loses nothing until it is cut at the high mark', async () => {
    const { house } = houseWith({}, { outboundHighBytes: 5_000 });
    const slow = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.topic');
    slow.transport.pause();
    await publishes(publisher, 1, 30);
    slow.transport.resume();
    expect(await taken(slow)).toEqual(numbers(1, 30));
    slow.transport.pause();
    await publishes(publisher, 31, EVENTS * 2);
    expect(await slow.isClosed()).toBe(true);
    expect(house.router.stats().totals).toMatchObject({ slowSessionsCut: 1, eventsDropped: 0 });
  });

  it('latest: the last event of each topic of a pattern', async () => {
    const { house } = houseWith({ slowSubscribers: 'latest' });
    const slow = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.', { match: 'prefix' });
    slow.transport.pause();
    await publishes(publisher, 1, 10, 'a.one');
    await publishes(publisher, 11, 20, 'a.two');
    await publishes(publisher, 21, 30, 'a.one');
    slow.transport.resume();
    const got = await taken(slow);
    expect(got.slice(-2)).toEqual([20, 30]);
  });

  it('ORDER-006: replies and invocations keep their places among its events, and none is lost', async () => {
    const { house } = houseWith({ slowSubscribers: 'drop-oldest' });
    const slow = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.topic');
    await slow.registers('a.proc');
    await publisher.registers('b.proc');
    slow.calls('b.proc');
    const invocation = await publisher.gets(MessageKind.Invocation);
    slow.transport.pause();
    await publishes(publisher, 1, 20);
    publisher.yields(invocation, ['result']);
    await publishes(publisher, 21, 22);
    publisher.calls('a.proc');
    await publishes(publisher, 23, 24);
    slow.transport.resume();
    const got = await taken(slow);
    const dropped = house.router.stats().realms.get('realm1')!.eventsDropped['drop-oldest'];
    const expected = [...numbers(1, 20), 'ResultMessage', 21, 22, 'InvocationMessage', 23, 24];
    expect(got).toEqual(expected.filter((one) => got.includes(one)));
    expect(got).toEqual(expect.arrayContaining(['ResultMessage', 'InvocationMessage']));
    expect(dropped).toBe(expected.length - got.length);
    expect(dropped).toBeGreaterThan(0);
  });

  it('PUBSUB-011: gets nothing behind UNSUBSCRIBED', async () => {
    const { house } = houseWith({ slowSubscribers: 'drop-oldest' });
    const slow = await house.joins();
    const publisher = await house.joins();
    const subscription = await slow.subscribes('a.topic');
    slow.transport.pause();
    await publishes(publisher, 1, 20);
    slow.sends(new UnsubscribeMessage(slow.next(), subscription));
    await publishes(publisher, 21, 40);
    slow.transport.resume();
    const got = await taken(slow);
    expect(got.slice(-2)).toEqual([20, 'UnsubscribedMessage']);
  });

  it('that ends gets its last messages, and no event behind them', async () => {
    const { house } = houseWith({ slowSubscribers: 'drop-oldest', adminRoles: ['anonymous'] });
    const slow = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.topic');
    await publisher.registers('b.proc');
    slow.calls('b.proc');
    const invocation = await publisher.gets(MessageKind.Invocation);
    slow.transport.pause();
    await publishes(publisher, 1, 20);
    publisher.yields(invocation, ['result']);
    await settled();
    await publisher.result('wamp.session.kill', [slow.id]);
    slow.transport.resume();
    expect((await taken(slow)).slice(-2)).toEqual(['ResultMessage', 'GoodbyeMessage']);
  });
});

describe('the option x_slow_policy of SUBSCRIBE', () => {
  const SLOW = 'x_slow_policy';

  async function subscribes(
    options: SubscribeOptions,
  ): Promise<{ slow: TestPeer; publisher: TestPeer; house: House }> {
    const { house } = houseWith({ slowSubscribers: 'drop-oldest' });
    const slow = await house.joins();
    await slow.subscribes('a.topic', options);
    return { slow, publisher: await house.joins(), house };
  }

  it.each([...DROPPING, 'disconnect'] as const)('%s goes before what the realm says', async (policy) => {
    const { slow, publisher, house } = await subscribes({ [SLOW]: policy });
    slow.transport.pause();
    await publishes(publisher, 1, EVENTS);
    slow.transport.resume();
    const got = await taken(slow);
    const dropped = house.router.stats().realms.get('realm1')!.eventsDropped;
    const expected = { unsendable: 0, 'drop-oldest': 0, 'drop-newest': 0, latest: 0 };
    expect(dropped).toEqual(
      policy === 'disconnect' ? expected : { ...expected, [policy]: EVENTS - got.length },
    );
  });

  it('is changed by subscribing again, and left as it is by subscribing without it', async () => {
    const { slow, publisher, house } = await subscribes({ [SLOW]: 'latest' });
    await slow.subscribes('a.topic', { [SLOW]: 'drop-newest' });
    await slow.subscribes('a.topic');
    slow.transport.pause();
    await publishes(publisher, 1, EVENTS);
    expect(house.router.stats().realms.get('realm1')!.eventsDropped).toMatchObject({
      latest: 0,
      'drop-oldest': 0,
    });
    expect(house.router.stats().totals.eventsDropped).toBeGreaterThan(0);
  });

  it.each(['drop', '', 1, null, true, ['latest']])('%j is refused, and nothing changes', async (policy) => {
    const { slow } = await subscribes({});
    for (const topic of ['a.topic', 'b.topic']) {
      const request = slow.next();
      slow.sends(new SubscribeMessage(request, { [SLOW]: policy }, topic));
      expect(await slow.isRefused(MessageKind.Subscribe, request)).toBe('wamp.error.invalid_argument');
    }
    expect(await slow.result('wamp.subscription.lookup', ['b.topic'])).toEqual([null]);
  });
});

describe('the operator', () => {
  it('is told when a session begins to lose events, then from time to time while it does, and at its end', async () => {
    const { house, losses } = houseWith({ slowSubscribers: 'drop-newest' }, { lossReportMs: 1_000 });
    const slow = await house.joins();
    const publisher = await house.joins();
    await slow.subscribes('a.topic');
    slow.transport.pause();
    await publishes(publisher, 1, 20);
    expect(losses).toEqual([[1, 1]]);
    house.clock.advance(1_000);
    expect(losses).toHaveLength(2);
    const total = house.router.stats().totals.eventsDropped;
    expect(losses[1]).toEqual([total - 1, total]);
    house.clock.advance(5_000);
    expect(losses).toHaveLength(2);
    await publishes(publisher, 21, 23);
    expect(losses[2]).toEqual([1, total + 1]);
    slow.transport.terminate('gone');
    await settled();
    expect(losses.slice(3)).toEqual([[2, total + 3]]);
    house.clock.advance(5_000);
    expect(losses).toHaveLength(4);
    expect(house.clock.running).toBe(0);
  });
});
