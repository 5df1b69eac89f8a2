/** What publishers and subscribers must be able to do with each other through our router, whoever wrote them. */
import { Router, type Authenticator } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { listen, type RouterServer } from '../../src/listen.js';
import { failureOf, Tally } from './interop-outcome.fixture.js';
import {
  reply,
  type EventDetailsSeen,
  type EventSeen,
  type Lack,
  type MakePeer,
  type Peer,
  type PublicationChoice,
} from './interop-peer.fixture.js';

/** Who joins first, second, third. */
const NAMES = ['ann', 'bob', 'joe'] as const;
const ROLES = ['red', 'blue', 'green'] as const;
const HISTORY = 'com.history';

/** Lets everybody in, under the next name. */
function byOrder(): Authenticator {
  let next = 0;
  return {
    method: 'anonymous',
    begin: () => {
      const at = (next += 1) - 1;
      const principal = { authid: NAMES[at] ?? 'late', authrole: ROLES[at] ?? 'late', authprovider: 'test' };
      return { type: 'accepted', principal };
    },
  };
}

/** Ids as numbers; some clients read large ones as BigInt. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

type Seen = EventSeen & EventDetailsSeen;

/** The first arguments of the events that came, up to and with the first 'end'. */
async function untilEnd(events: Tally<Seen>): Promise<unknown[]> {
  for (let count = 1; ; count += 1) {
    const seen = await events.reach(count);
    if (seen[count - 1]!.args[0] === 'end') return seen.map(({ args }) => args[0]);
  }
}

/**
 * @param left subscribes, as ann and as bob
 * @param right publishes, as joe
 */
export function pubsubCases(title: string, left: MakePeer, right: MakePeer): void {
  describe(title, () => {
    let router: Router;
    let server: RouterServer;
    let ann: Peer;
    let bob: Peer;
    let joe: Peer;
    const joined: Peer[] = [];
    const violations: string[] = [];

    const join = async (make: MakePeer): Promise<Peer> => {
      const peer = await make(server.url);
      joined.push(peer);
      return peer;
    };
    const needs = (context: TestContext, peer: Peer, lack: Lack): void => {
      const reason = peer.lacks[lack];
      context.skip(reason !== undefined, reason);
    };
    const follows = async (peer: Peer, topic: string, options: Parameters<Peer['subscribe']>[2] = {}) => {
      const events = new Tally<Seen>();
      await peer.subscribe(topic, (seen, details) => events.add({ ...seen, ...details }), options);
      return events;
    };
    const publishes = (topic: string, value: unknown, choice: PublicationChoice = {}) =>
      joe.publish(topic, reply([value]), { acknowledge: true, ...choice });
    /** What ann and bob get of one event, by what they get before the next one. */
    const gets = async (choice: PublicationChoice): Promise<[unknown[], unknown[]]> => {
      const [forAnn, forBob] = [await follows(ann, 'com.news'), await follows(bob, 'com.news')];
      await publishes('com.news', 'chosen', choice);
      await publishes('com.news', 'end');
      return [await untilEnd(forAnn), await untilEnd(forBob)];
    };
    const [BOTH, NONE] = [['chosen', 'end'], ['end']];

    beforeEach(async () => {
      violations.length = 0;
      const realm1 = { authenticators: [byOrder()], history: [{ uri: HISTORY }], adminRoles: ['green'] };
      router = new Router({
        realms: { realm1 },
        observer: { violated: (code, sentence) => violations.push(`${code}: ${sentence}`) },
      });
      server = await listen(router, { port: 0 });
      ann = await join(left);
      bob = await join(left);
      joe = await join(right);
    });
    afterEach(async () => {
      await router.close();
      await server.close({ graceMs: 50 });
      await Promise.all(joined.splice(0).map(({ gone }) => gone));
      expect(violations).toEqual([]);
    });

    it('exclude chooses sessions', async () => {
      expect(await gets({ exclude: [ann.session] })).toEqual([NONE, BOTH]);
    });
    it('eligible chooses sessions, exclude takes some of them out', async () => {
      expect(await gets({ eligible: [ann.session, bob.session], exclude: [bob.session] })).toEqual([
        BOTH,
        NONE,
      ]);
    });
    it('exclude_authid chooses by authid', async () => {
      expect(await gets({ exclude_authid: ['ann', 'nobody'] })).toEqual([NONE, BOTH]);
    });
    it('eligible_authid chooses by authid', async () => {
      expect(await gets({ eligible_authid: ['ann'] })).toEqual([BOTH, NONE]);
    });
    it('exclude_authrole chooses by authrole', async () => {
      expect(await gets({ exclude_authrole: ['blue'] })).toEqual([BOTH, NONE]);
    });
    it('eligible_authrole chooses by authrole', async () => {
      expect(await gets({ eligible_authrole: ['blue', 'green'] })).toEqual([NONE, BOTH]);
    });
    it('an empty list of eligible sessions is nobody', async (context) => {
      needs(context, joe, 'empty lists');
      expect(await gets({ eligible: [] })).toEqual([NONE, NONE]);
    });

    it('PUBLISHED has the id that the event has', async (context) => {
      needs(context, ann, 'publication of an event');
      const events = await follows(ann, 'com.news');
      const publication = await publishes('com.news', 1);
      expect(Number.isSafeInteger(publication)).toBe(true);
      expect((await events.reach(1))[0]!.publication).toBe(publication);
    });

    it('disclose_me tells who publishes, and nothing else does', async () => {
      const events = await follows(ann, 'com.news');
      await publishes('com.news', 1);
      await publishes('com.news', 2, { disclose_me: true });
      const [silent, open] = await events.reach(2);
      expect(silent!.publisher).toBeUndefined();
      expect(open!.publisher).toEqual([joe.session, 'joe', 'green']);
    });

    it('an acknowledged publication that is refused is an error', async () => {
      // The client may refuse it itself.
      await expect(joe.publish('wamp.news', reply([1]), { acknowledge: true })).rejects.toThrow();
      const events = await follows(ann, 'com.news');
      await publishes('com.news', 1);
      expect((await events.reach(1))[0]!.args).toEqual([1]);
    });

    it('retained events come to those who ask for them, and to nobody else', async (context) => {
      needs(context, joe, 'retain');
      await publishes('com.state.door', 'old', { retain: true });
      await publishes('com.state.door', 'open', { retain: true });
      await publishes('com.state.lamp', 'on', { retain: true });
      const [asked, silent] = [
        await follows(ann, 'com.state.door', { getRetained: true }),
        await follows(bob, 'com.state.door'),
      ];
      await publishes('com.state.door', 'end');
      expect(await untilEnd(asked)).toEqual(['open', 'end']);
      expect(asked.seen.map(({ isRetained }) => isRetained)).toEqual([true, false]);
      expect(await untilEnd(silent)).toEqual(['end']);
      const all = await follows(bob, 'com.state', { match: 'prefix', getRetained: true });
      const retained = (await all.reach(2)).map(({ topic, args, isRetained }) => [
        topic,
        args[0],
        isRetained,
      ]);
      expect(retained).toEqual([
        ['com.state.door', 'open', true],
        ['com.state.lamp', 'on', true],
      ]);
    });

    it('the history of a subscription can be asked for by everybody', async () => {
      const before = await follows(ann, HISTORY);
      for (const value of [1, 2, 3, 'end']) await publishes(HISTORY, value);
      expect(await untilEnd(before)).toEqual([1, 2, 3, 'end']);
      for (const peer of [ann, joe]) {
        const { args: found } = await peer.call('wamp.subscription.lookup', reply([HISTORY]));
        const { args, kwargs } = await peer.call(
          'wamp.subscription.get_events',
          reply([plain(found[0])], { limit: 2, reverse: true }),
        );
        const values = (args as { args: unknown[] }[]).map((item) => item.args[0]);
        expect([values, kwargs]).toEqual([['end', 3], { is_limit_reached: true }]);
      }
      const failure = await failureOf(joe.call('wamp.subscription.get_events', reply([4711])));
      expect(failure.uri).toBe('wamp.error.no_such_subscription');
    });

    it('meta procedures tell about subscriptions', async () => {
      await follows(ann, 'com.news');
      await follows(bob, 'com.news');
      await follows(bob, 'com', { match: 'prefix' });
      const call = async (name: string, ...args: unknown[]): Promise<unknown> =>
        plain((await joe.call(`wamp.subscription.${name}`, reply(args))).args[0]);
      const id = await call('lookup', 'com.news');
      const pattern = await call('lookup', 'com', { match: 'prefix' });
      expect(await call('match', 'com.news')).toEqual(expect.arrayContaining([id, pattern]));
      expect(await call('get', id)).toMatchObject({ id, uri: 'com.news', match: 'exact' });
      expect(await call('count_subscribers', id)).toBe(2);
      expect(new Set((await call('list_subscribers', id)) as number[])).toEqual(
        new Set([ann.session, bob.session]),
      );
      expect(await call('list')).toMatchObject({ prefix: [pattern], wildcard: [] });
    });

    it('meta events tell when subscriptions come and go', async () => {
      const names = ['on_create', 'on_subscribe', 'on_unsubscribe', 'on_delete'];
      const events = new Tally<readonly unknown[]>();
      for (const name of names) {
        await joe.subscribe(`wamp.subscription.${name}`, ({ args }) =>
          events.add([name, ...(plain(args) as unknown[])]),
        );
      }
      // The subscriptions to the four topics are such events themselves.
      const unsubscribe = await ann.subscribe('com.brief', () => undefined);
      const { args } = await joe.call('wamp.subscription.lookup', reply(['com.brief']));
      await unsubscribe();
      const ofAnn = (): string[] =>
        events.seen.filter(([, session]) => session === ann.session).map(([name]) => String(name));
      for (let count = 1; !ofAnn().includes('on_delete'); count += 1) await events.reach(count);
      expect(ofAnn()).toEqual(names);
      const created = events.seen.find(([name, session]) => name === 'on_create' && session === ann.session);
      expect(created![2]).toMatchObject({ id: plain(args[0]), uri: 'com.brief', match: 'exact' });
    });

    it('a subscriber that is removed by an administrator gets nothing any more, and lives on', async () => {
      const [news, other] = [await follows(ann, 'com.news'), await follows(ann, 'com.other')];
      const { args } = await joe.call('wamp.subscription.lookup', reply(['com.news']));
      await joe.call('wamp.subscription.remove_subscriber', reply([plain(args[0]), ann.session]));
      await publishes('com.news', 'late');
      await publishes('com.other', 'end');
      expect(await untilEnd(other)).toEqual(['end']);
      expect(news.seen).toEqual([]);
    });

    it('testaments are published when their session ends, and not when they are flushed', async () => {
      const events = await follows(ann, 'com.last');
      await bob.call('wamp.session.add_testament', reply(['com.last', ['flushed'], {}]));
      await bob.call('wamp.session.flush_testaments');
      await bob.call('wamp.session.add_testament', reply(['com.last', ['bob', 1], { why: 'gone' }]));
      await joe.call('wamp.session.add_testament', reply(['com.last', ['joe'], {}]));
      if (bob.lose === undefined) await bob.leave();
      else bob.lose();
      expect((await events.reach(1))[0]).toMatchObject({ args: ['bob', 1], kwargs: { why: 'gone' } });
      await joe.leave();
      expect((await events.reach(2))[1]).toMatchObject({ args: ['joe'], topic: 'com.last' });
    });
  });
}
