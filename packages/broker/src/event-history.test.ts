import { ErrorUri } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  BrokerWorld,
  event,
  publish,
  published,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  type HistoryItem,
} from './broker-world.fixture.js';
import type { HistoryQuery } from './history-query.js';

const HISTORY = [{ uri: 'a.b' }, { uri: 'a', match: 'prefix' }] as const;
const EXACT = 1;
const PREFIX = 2;

/** What was published, by first argument; or the URI of the refusal. */
function seen(answer: readonly HistoryItem[] | string): unknown {
  return typeof answer === 'string' ? answer : answer.map(({ args }) => args?.[0]);
}

/** A world in which 1 to 5 were published, with their publication ids and times. */
function published1to5() {
  const world = new BrokerWorld({ history: HISTORY });
  const publisher = world.joins();
  const ids: number[] = [];
  const times: number[] = [];
  for (const [number, topic] of [
    [1, 'a.b'],
    [2, 'a.c'],
    [3, 'a.b'],
    [4, 'a.c'],
    [5, 'a.b'],
  ] as const) {
    publisher.sends(publish(topic, [number], { acknowledge: true }));
    ids[number] = publisher.gets(published()).publication;
    times[number] = world.now;
    world.now += 99;
  }
  return {
    world,
    ids,
    times,
    asks: (query: HistoryQuery, subscription = PREFIX) => seen(world.asks(subscription, query)),
  };
}

describe('the history of a subscription', () => {
  it('HIST-001: holds its events in their order, though nobody was subscribed', () => {
    expect(published1to5().asks({}, EXACT)).toEqual([1, 3, 5]);
  });

  it('HIST-002: of a prefix holds several topics, of which one can be asked for', () => {
    const { asks } = published1to5();
    expect(asks({})).toEqual([1, 2, 3, 4, 5]);
    expect(asks({ topic: 'a.c' })).toEqual([2, 4]);
    expect(asks({ topic: 'a' })).toEqual([]);
    expect(asks({ topic: 'a.c' }, EXACT)).toEqual([]);
  });

  it('HIST-002: of a wildcard holds what has as many components', () => {
    const world = new BrokerWorld({ history: [{ uri: 'a.', match: 'wildcard' }] });
    const publisher = world.joins();
    for (const topic of ['a.b', 'a.b.c', 'a', 'a.c']) publisher.sends(publish(topic, [topic]));
    expect(seen(world.asks(1))).toEqual(['a.b', 'a.c']);
  });

  it('HIST-003: can be read backwards', () => {
    expect(published1to5().asks({ reverse: true })).toEqual([5, 4, 3, 2, 1]);
  });

  it('HIST-004: is limited from where reading begins', () => {
    const { asks } = published1to5();
    expect(asks({ limit: 2 })).toEqual([1, 2]);
    expect(asks({ limit: 2, reverse: true })).toEqual([5, 4]);
    expect(asks({ limit: 99 })).toHaveLength(5);
  });

  it('HIST-005: is bounded by times, inclusive and exclusive', () => {
    const { asks, times } = published1to5();
    const [two, four] = [times[2]!, times[4]!];
    expect(asks({ fromTime: two })).toEqual([2, 3, 4, 5]);
    expect(asks({ afterTime: two })).toEqual([3, 4, 5]);
    expect(asks({ beforeTime: four })).toEqual([1, 2, 3]);
    expect(asks({ untilTime: four })).toEqual([1, 2, 3, 4]);
    expect(asks({ fromTime: two + 0.5 })).toEqual([3, 4, 5]);
    expect(asks({ afterTime: two - 0.5 })).toEqual([2, 3, 4, 5]);
    expect(asks({ beforeTime: four + 0.5 })).toEqual([1, 2, 3, 4]);
    expect(asks({ untilTime: four - 0.5 })).toEqual([1, 2, 3]);
  });

  it('HIST-006: is bounded by publications, in the order in which they were stored', () => {
    const { asks, ids } = published1to5();
    const [two, four] = [ids[2]!, ids[4]!];
    expect(asks({ fromPublication: two })).toEqual([2, 3, 4, 5]);
    expect(asks({ afterPublication: two })).toEqual([3, 4, 5]);
    expect(asks({ beforePublication: four })).toEqual([1, 2, 3]);
    expect(asks({ untilPublication: four })).toEqual([1, 2, 3, 4]);
    expect(asks({ afterPublication: two, reverse: true, limit: 1 })).toEqual([5]);
  });

  it('HIST-006: is empty where a publication is asked for that it does not hold', () => {
    const { asks, ids } = published1to5();
    expect(asks({ fromPublication: 4711 })).toEqual([]);
    expect(asks({ untilPublication: 4711 })).toEqual([]);
    expect(asks({ fromPublication: ids[2]! }, EXACT)).toEqual([]);
  });

  it('HIST-007: is what all conditions together admit', () => {
    const { asks, ids, times } = published1to5();
    expect(
      asks({ topic: 'a.b', fromPublication: ids[2]!, afterPublication: ids[1]!, untilTime: times[4]! }),
    ).toEqual([3]);
    expect(asks({ fromTime: times[2]!, afterTime: times[3]! })).toEqual([4, 5]);
    expect(asks({ beforePublication: ids[4]!, untilPublication: ids[2]! })).toEqual([1, 2]);
    expect(asks({ afterPublication: ids[3]!, beforePublication: ids[3]! })).toEqual([]);
    expect(asks({ afterTime: times[3]!, beforeTime: times[3]! })).toEqual([]);
    expect(asks({ fromTime: times[5]! + 1 })).toEqual([]);
  });

  it('HIST-008: does not hold events published with lists of sessions', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], { eligible: [subscriber.id] }));
    publisher.sends(publish('a.b', [2], { exclude: [99] }));
    publisher.sends(publish('a.b', [3]));
    for (const number of [1, 2, 3]) subscriber.gets(event({ args: [number] }));
    expect(seen(world.asks(EXACT))).toEqual([3]);
  });

  it('HIST-009: shows an event to those whom its lists of authids and authroles admit', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], { eligible_authrole: ['admin'] }));
    publisher.sends(publish('a.b', [2], { exclude_authid: ['ann'] }));
    publisher.sends(publish('a.b', [3], { eligible_authid: ['ann'] }));
    publisher.sends(publish('a.b', [4]));
    const asks = (authid: string, authrole: string, query: HistoryQuery = {}) =>
      seen(world.asks(EXACT, query, { session: 1, authid, authrole }));
    expect(asks('ann', 'user')).toEqual([3, 4]);
    expect(asks('bob', 'admin')).toEqual([1, 2, 4]);
    // The limit counts what is shown.
    expect(asks('ann', 'user', { limit: 1 })).toEqual([3]);
  });

  it('HIST-011: is refused where there is no such subscription, or where it is not kept', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const other = world.subscriberOf('b');
    expect(world.asks(4711)).toBe(ErrorUri.NoSuchSubscription);
    expect(world.asks(other.lastSubscription)).toBe('wamp.error.history_unavailable');
  });

  it('HIST-012: has items with all that the specification names', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const publisher = world.joins({ authid: 'joe', authrole: 'user' });
    world.now = Date.UTC(2026, 0, 31, 12, 0, 0);
    publisher.sends(publish('a.b', [1], { acknowledge: true, disclose_me: true }, { k: 'v' }));
    const { publication } = publisher.gets(published());
    publisher.sends(publish('a.b', [2], { ppt_scheme: 'x_custom', x_mine: 1 }));
    publisher.sends(publish('a.b'));
    const identity = { publisher: publisher.id, publisher_authid: 'joe', publisher_authrole: 'user' };
    const [first, second, third] = world.asks(EXACT) as HistoryItem[];
    expect(first).toEqual({
      timestamp: '2026-01-31T12:00:00.001Z',
      subscription: EXACT,
      publication,
      details: identity,
      args: [1],
      kwargs: { k: 'v' },
    });
    expect(second).toEqual({
      timestamp: '2026-01-31T12:00:00.002Z',
      subscription: EXACT,
      publication: second!.publication,
      details: { ppt_scheme: 'x_custom' },
      args: [2],
    });
    expect(Object.keys(third!)).toEqual(['timestamp', 'subscription', 'publication', 'details']);
    const [fromPattern] = world.asks(PREFIX) as HistoryItem[];
    expect(fromPattern).toMatchObject({ subscription: PREFIX, publication });
    expect(fromPattern!.details).toEqual({ topic: 'a.b', ...identity });
  });

  it('A33: as a result is one argument for each event, and says whether there is more', () => {
    const { world } = published1to5();
    const ask = (query: HistoryQuery) =>
      world.does((broker, now) => {
        const answer = broker.events(EXACT, query, { session: 9, authid: 'x', authrole: 'y' }, now);
        if ('uri' in answer) throw new Error(answer.sentence);
        const { args, kwargs } = broker.eventsPayload(answer);
        return [args.length, kwargs];
      });
    expect(ask({ limit: 2 })).toEqual([2, { is_limit_reached: true }]);
    expect(ask({ limit: 3 })).toEqual([3, { is_limit_reached: false }]);
    expect(ask({ topic: 'x' })).toEqual([0, { is_limit_reached: false }]);
  });

  it('is shown in parts: so many events, so many bytes, but one always', () => {
    const filled = (limits: ConstructorParameters<typeof BrokerWorld>[0]) => {
      const world = new BrokerWorld({ history: HISTORY, ...limits });
      const publisher = world.joins();
      for (const number of [1, 2, 3]) publisher.sends(publish('a.b', [number]));
      return seen(world.asks(EXACT, { limit: 3 }));
    };
    expect(filled({ limits: { storedEventsPerRequest: 2 } })).toEqual([1, 2]);
    expect(filled({ limits: { storedBytesPerRequest: 1 } })).toEqual([1]);
    expect(filled({ limits: { storedBytesPerRequest: 1_100 } })).toEqual([1, 2]);
  });

  it('forgets the oldest, by number and by age', () => {
    const limits = { events: 3, maxAgeMs: 100 };
    const world = new BrokerWorld({ history: [{ uri: 'a.b', limits }] });
    const publisher = world.joins();
    for (const number of [1, 2, 3, 4, 5]) publisher.sends(publish('a.b', [number]));
    expect(seen(world.asks(1))).toEqual([3, 4, 5]);
    world.now += 97;
    expect(seen(world.asks(1))).toEqual([4, 5]);
    world.now += 1_000;
    expect(seen(world.asks(1))).toEqual([]);
  });

  it('leaves out an event whose payload cannot be read, and shows the others', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1]));
    publisher.sends(publish('a.b', [2]));
    const shown = world.does((broker, now) => {
      const answer = broker.events(EXACT, {}, { session: 9, authid: 'x', authrole: 'y' }, now);
      if ('uri' in answer) throw new Error(answer.sentence);
      const [first, second] = answer.events;
      const unreadable = { ...first!, payload: { ...first!.payload, format: 'msgpack' as const } };
      const bytes = new Uint8Array([0xff]);
      const broken = { ...first!, payload: { ...first!.payload, format: 'cbor' as const, bytes } };
      return broker.eventsPayload({ ...answer, events: [unreadable, broken, second!] }).args;
    });
    expect(shown).toMatchObject([{ args: [2] }]);
  });
});

describe('a subscription whose history is kept', () => {
  it('META-024: is there from the beginning, can be looked up, and has no subscribers', () => {
    const world = new BrokerWorld({ history: HISTORY, startedAt: 1_234 });
    const { subscriptions } = world.broker;
    expect(subscriptions.lookup('a', 'prefix')?.id).toBe(PREFIX);
    expect(subscriptions.get(EXACT)).toMatchObject({ uri: 'a.b', match: 'exact', createdAt: 1_234 });
    expect(subscriptions.get(EXACT)!.subscribers.size).toBe(0);
    expect(world.broker.stats()).toEqual({
      sessions: 0,
      subscriptions: 2,
      subscribers: 0,
      pendingPublications: 0,
    });
    expect(world.broker.isObserved('a.b')).toBe(true);
    expect(world.events).toEqual([]);
  });

  it('META-020: is neither created by its first subscriber nor deleted with its last', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b'));
    subscriber.gets(subscribed({ subscription: EXACT }));
    subscriber.sends(unsubscribe());
    subscriber.gets(unsubscribed());
    subscriber.sends(subscribe('a', { match: 'prefix' }));
    subscriber.leaves();
    expect(world.events).toEqual([
      'subscribe 1 by 1',
      'unsubscribe 1 by 1',
      'subscribe 2 by 1',
      'unsubscribe 2 by 1',
    ]);
    expect(world.broker.stats()).toEqual({
      sessions: 0,
      subscriptions: 2,
      subscribers: 0,
      pendingPublications: 0,
    });
  });

  it('delivers live like any other', () => {
    const world = new BrokerWorld({ history: HISTORY });
    const subscriber = world.subscriberOf('a', { match: 'prefix' });
    world.joins().sends(publish('a.c', [1]));
    subscriber.gets(event({ subscription: PREFIX, details: { topic: 'a.c' }, args: [1] }));
    expect(world.fanOuts).toHaveLength(1);
  });

  it.each([
    ['a bad URI', { history: [{ uri: 'a..b' }] }],
    ['a URI that the rule of the broker does not admit', { history: [{ uri: 'A' }], uriRule: 'strict' }],
    ['one that is there twice', { history: [{ uri: 'a' }, { uri: 'a', match: 'exact' }] }],
    ['no codecs', { history: HISTORY, codecs: [] }],
  ] as const)('cannot be configured with %s', (_name, options) => {
    expect(() => new BrokerWorld(options)).toThrow(RangeError);
  });
});
