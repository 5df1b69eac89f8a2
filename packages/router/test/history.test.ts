import { MessageKind, type Dict } from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { describe, expect, it } from 'vitest';
import { Router, type Authorizer, type RealmOptions } from '../src/index.js';
import { as, believing } from './claimed-identity.fixture.js';
import { House, plain, settled, SERIALIZERS, type TestPeer } from './test-peer.fixture.js';

const GET_EVENTS = 'wamp.subscription.get_events';

const house = (options: RealmOptions = {}): House =>
  new House({
    realms: {
      realm1: {
        authenticators: [believing],
        history: [{ uri: 'com.shop.opened' }, { uri: 'com.shop.', match: 'prefix' }],
        ...options,
      },
    },
  });

/** The id of a subscription whose history is kept. */
async function lookup(peer: TestPeer, topic: string, match = 'exact'): Promise<number> {
  return (await peer.result('wamp.subscription.lookup', [topic, { match }]))[0] as number;
}

/** The first argument of each event of the answer. */
async function firsts(peer: TestPeer, subscription: number, kwargs?: Dict): Promise<unknown[]> {
  const items = await peer.result(GET_EVENTS, [subscription], kwargs);
  return items.map((item) => (item as { args: unknown[] }).args[0]);
}

/** Publishes, and returns the publication id. */
async function published(
  peer: TestPeer,
  topic: string,
  args: unknown[],
  options: Dict = {},
): Promise<number> {
  peer.publishes(topic, args, { ...options, acknowledge: true });
  return (await peer.gets(MessageKind.Published)).publication;
}

describe.each(SERIALIZERS)('event history over %s', (_name, serializer) => {
  const joins = (h: House, authid = 'joe', authrole = 'user'): Promise<TestPeer> =>
    h.joins('realm1', as(authid, authrole), serializer());

  it('HIST-001: of a subscription is its events in order, though nobody was subscribed; Arguments is the list', async () => {
    const h = house();
    const peer = await joins(h);
    const exact = await lookup(peer, 'com.shop.opened');
    expect(await peer.result(GET_EVENTS, [exact])).toEqual([]);
    for (const city of ['Berlin', 'Paris', 'Rome']) await published(peer, 'com.shop.opened', [city]);
    await published(peer, 'com.shop.closed', ['Oslo']);
    expect(await firsts(peer, exact)).toEqual(['Berlin', 'Paris', 'Rome']);
    const prefix = await lookup(peer, 'com.shop.', 'prefix');
    expect(await firsts(peer, prefix)).toEqual(['Berlin', 'Paris', 'Rome', 'Oslo']);
    expect(await firsts(peer, prefix, { topic: 'com.shop.closed' })).toEqual(['Oslo']);
  });

  it('HIST-004: is limited from where reading begins, and says whether there is more', async () => {
    const h = house();
    const peer = await joins(h);
    for (const city of [1, 2, 3]) await published(peer, 'com.shop.opened', [city]);
    const exact = await lookup(peer, 'com.shop.opened');
    expect(await firsts(peer, exact, { limit: 2 })).toEqual([1, 2]);
    expect(await firsts(peer, exact, { limit: 2, reverse: true })).toEqual([3, 2]);
    for (const [limit, isLimitReached] of [
      [2, true],
      [3, false],
    ]) {
      peer.calls(GET_EVENTS, [exact], { limit });
      const { payload } = await peer.gets(MessageKind.Result);
      expect(payload.kwargs).toEqual({ is_limit_reached: isLimitReached });
    }
  });

  it('HIST-009: shows events to those whom the lists of authids and authroles admit', async () => {
    const h = house();
    const [user, admin] = [await joins(h), await joins(h, 'root', 'admin')];
    const exact = await lookup(user, 'com.shop.opened');
    await published(admin, 'com.shop.opened', ['secret'], { eligible_authrole: ['admin'] });
    await published(admin, 'com.shop.opened', ['not joe'], { exclude_authid: ['joe'] });
    await published(admin, 'com.shop.opened', ['for all']);
    expect(await firsts(user, exact)).toEqual(['for all']);
    expect(await firsts(admin, exact)).toEqual(['secret', 'not joe', 'for all']);
  });

  it('HIST-011: is refused for bad limits and times, and for subscriptions that do not exist', async () => {
    const h = house();
    const peer = await joins(h);
    const exact = await lookup(peer, 'com.shop.opened');
    for (const kwargs of [{ limit: 0 }, { limit: 1.5 }, { limit: 'x' }, { from_time: 'yesterday' }]) {
      expect(await peer.failure(GET_EVENTS, [exact], kwargs)).toBe('wamp.error.invalid_argument');
    }
    expect(await peer.failure(GET_EVENTS, [])).toBe('wamp.error.invalid_argument');
    expect(await peer.failure(GET_EVENTS, [4711])).toBe('wamp.error.no_such_subscription');
    const other = await peer.subscribes('com.other');
    expect(await peer.failure(GET_EVENTS, [other])).toBe('wamp.error.history_unavailable');
  });

  it('HIST-012: has items with time, subscription, publication, details and the arguments, if there are any', async () => {
    const h = house();
    const peer = await joins(h);
    const prefix = await lookup(peer, 'com.shop.', 'prefix');
    const first = await published(peer, 'com.shop.opened', ['Berlin', 7]);
    h.clock.advance(1_500);
    const second = await published(peer, 'com.shop.closed', []);
    expect(await peer.result(GET_EVENTS, [prefix])).toEqual([
      {
        timestamp: '2026-01-01T00:00:00.000Z',
        subscription: prefix,
        publication: first,
        details: { topic: 'com.shop.opened' },
        args: ['Berlin', 7],
      },
      {
        timestamp: '2026-01-01T00:00:01.500Z',
        subscription: prefix,
        publication: second,
        details: { topic: 'com.shop.closed' },
      },
    ]);
  });

  it('HIST-013: numbers mean the same in every format', async () => {
    const h = house();
    const peer = await joins(h);
    const ids: number[] = [];
    for (const city of [1, 2, 3, 4]) ids.push(await published(peer, 'com.shop.opened', [city]));
    const exact = await lookup(peer, 'com.shop.opened');
    expect(await firsts(peer, exact, { from_publication: ids[1], limit: 2 })).toEqual([2, 3]);
    expect(await firsts(peer, exact, { after_publication: ids[1] })).toEqual([3, 4]);
    expect(await firsts(peer, exact, { before_publication: ids[1] })).toEqual([1]);
    expect(await firsts(peer, exact, { until_publication: ids[1], reverse: true })).toEqual([2, 1]);
    expect(await firsts(peer, exact, { from_publication: 2 ** 53 })).toEqual([]);
  });
});

describe('who may not subscribe', () => {
  /** Knows what it was asked about subscriptions; users may not subscribe to patterns. */
  class Strict implements Authorizer {
    readonly asked: unknown[] = [];
    readonly answer: (decision: 'allowed' | 'denied') => ReturnType<Authorizer['authorize']>;

    constructor(answer: Strict['answer']) {
      this.answer = answer;
    }

    authorize(
      ...[session, action, uri, match]: Parameters<Authorizer['authorize']>
    ): ReturnType<Authorizer['authorize']> {
      if (action !== 'subscribe') return 'allowed';
      this.asked.push([session.authid, uri, match]);
      return this.answer(session.authrole === 'admin' || match === 'exact' ? 'allowed' : 'denied');
    }
  }

  it.each(SERIALIZERS)(
    'HIST-010: may not ask what happened there either, over %s',
    async (_name, serializer) => {
      for (const answer of [
        (decision: 'allowed' | 'denied') => decision,
        (decision: 'allowed' | 'denied') => Promise.resolve(decision),
      ]) {
        const authorizer = new Strict(answer);
        const h = house({ authorizer });
        const user = await h.joins('realm1', as('joe', 'user'), serializer());
        const admin = await h.joins('realm1', as('root', 'admin'), serializer());
        await published(user, 'com.shop.opened', ['Berlin']);
        const prefix = await lookup(user, 'com.shop.', 'prefix');
        expect(await user.failure(GET_EVENTS, [prefix])).toBe('wamp.error.not_authorized');
        expect(await firsts(user, await lookup(user, 'com.shop.opened'))).toEqual(['Berlin']);
        expect(await firsts(admin, prefix)).toEqual(['Berlin']);
        expect(authorizer.asked).toEqual([
          ['joe', 'com.shop.', 'prefix'],
          ['joe', 'com.shop.opened', 'exact'],
          ['root', 'com.shop.', 'prefix'],
        ]);
        expect(h.router.stats().totals.denials).toBe(1);
      }
    },
  );

  it('HIST-010: gets an error of its own where nobody could decide', async () => {
    const authorizer = new Strict(() => {
      throw new Error('the directory is down');
    });
    const h = house({ authorizer });
    const user = await h.joins('realm1', as('joe', 'user'));
    const exact = await lookup(user, 'com.shop.opened');
    expect(await user.failure(GET_EVENTS, [exact])).toBe('wamp.error.authorization_failed');
  });

  it('the age of events counts when the answer is given, however long a permission took', async () => {
    let decide: (decision: 'allowed') => void = () => undefined;
    const authorizer = new Strict(() => new Promise((resolve) => (decide = resolve)));
    const h = house({ authorizer, history: [{ uri: 'com.shop.opened', limits: { maxAgeMs: 1_000 } }] });
    const user = await h.joins('realm1', as('joe', 'user'));
    await published(user, 'com.shop.opened', ['Berlin']);
    user.calls(GET_EVENTS, [await lookup(user, 'com.shop.opened')]);
    await settled();
    h.clock.advance(1_001);
    decide('allowed');
    expect((await user.gets(MessageKind.Result)).payload.args).toEqual([]);
  });

  it('an identity is known also where callers are never disclosed', async () => {
    const h = house({ disclosure: 'never' });
    const admin = await h.joins('realm1', as('root', 'admin'));
    await published(admin, 'com.shop.opened', [1], { eligible_authrole: ['admin'] });
    expect(await firsts(admin, await lookup(admin, 'com.shop.opened'))).toEqual([1]);
  });
});

describe('subscriptions that only keep history', () => {
  it('META-020, META-024: emit no meta events and count no subscribers', async () => {
    const h = house();
    const watching = await h.joins('realm1', as('watcher', 'user'));
    await watching.subscribes('wamp.subscription.', { match: 'prefix' });
    const peer = await h.joins('realm1', as('joe', 'user'));
    await published(peer, 'com.shop.opened', [1]);
    const exact = await lookup(peer, 'com.shop.opened');
    expect(await peer.result('wamp.subscription.list_subscribers', [exact])).toEqual([[]]);
    expect(await peer.result('wamp.subscription.count_subscribers', [exact])).toEqual([0]);
    expect(await peer.result('wamp.subscription.get', [exact])).toEqual([
      { id: exact, created: '2026-01-01T00:00:00.000Z', uri: 'com.shop.opened', match: 'exact' },
    ]);
    expect(await peer.subscribes('com.shop.opened')).toBe(exact);
    expect(await peer.result('wamp.subscription.count_subscribers', [exact])).toEqual([1]);
    await peer.leaves();
    expect(watching.inbox.splice(0).map(plain)).toMatchObject([
      ['EVENT', {}, {}, { topic: 'wamp.subscription.on_subscribe' }, [peer.id, exact]],
      ['EVENT', {}, {}, { topic: 'wamp.subscription.on_unsubscribe' }, [peer.id, exact]],
    ]);
    expect(await lookup(watching, 'com.shop.opened')).toBe(exact);
    expect(await watching.result('wamp.subscription.count_subscribers', [exact])).toEqual([0]);
  });

  it('are checked when the router is made', () => {
    expect(() => new Router({ realms: { realm1: { history: [{ uri: 'a..b' }] } } })).toThrow('a..b');
  });
});

it('an event that cannot be expressed inside the answer does not keep the others from whoever asks', async () => {
  for (const [name, serializer] of SERIALIZERS) {
    const h = house();
    const peer = await h.joins('realm1', as('joe', 'user'), serializer());
    let deep: unknown = [];
    for (let depth = 0; depth < 61; depth += 1) deep = [deep];
    await published(peer, 'com.shop.opened', ['before']);
    await published(peer, 'com.shop.opened', [deep]);
    await published(peer, 'com.shop.opened', ['after']);
    const exact = await lookup(peer, 'com.shop.opened');
    expect(await firsts(peer, exact), name).toEqual(['before', 'after']);
    // the event as such is fine
    const live = await h.joins('realm1', as('ann', 'user'), json());
    await live.subscribes('com.shop.opened');
    await published(peer, 'com.shop.opened', [deep]);
    expect((await live.gets(MessageKind.Event)).payload.args).toEqual([deep]);
  }
});
