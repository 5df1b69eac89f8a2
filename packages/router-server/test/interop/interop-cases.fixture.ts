/** What two clients must be able to do with each other through our router, whoever wrote them. */
import { Router } from '@wamp/router';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { listen, type RouterServer } from '../../src/listen.js';
import { failureOf, Tally } from './interop-outcome.fixture.js';
import {
  Failure,
  reply,
  type EventSeen,
  type Lack,
  type MakePeer,
  type Peer,
  type Reply,
} from './interop-peer.fixture.js';

/** Values that JSON, MessagePack and CBOR all carry. */
const VALUES: readonly unknown[] = [
  0,
  1,
  -1,
  255,
  65_536,
  -30_000,
  0.5,
  -1e300,
  null,
  true,
  false,
  '',
  'Ünïcödé ☃ 𝄞',
  [],
  [[1], [2, [3]]],
  { a: { b: [null] } },
];

/** The procedure's answer to everything: what came in. */
const echo = ({ args, kwargs }: Reply): Reply => reply(args, kwargs);

/**
 * @param left registers and subscribes
 * @param right calls and publishes
 */
export function interopCases(title: string, left: MakePeer, right: MakePeer): void {
  describe(title, () => {
    let router: Router;
    let server: RouterServer;
    let callee: Peer;
    let caller: Peer;
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

    beforeEach(async () => {
      violations.length = 0;
      router = new Router({
        realms: { realm1: {} },
        observer: { violated: (code, sentence) => violations.push(`${code}: ${sentence}`) },
      });
      server = await listen(router, { port: 0 });
      callee = await join(left);
      caller = await join(right);
    });
    afterEach(async () => {
      await router.close();
      await server.close({ graceMs: 50 });
      await Promise.all(joined.splice(0).map(({ gone }) => gone));
      expect(violations).toEqual([]);
    });

    it('calls with args and kwargs, and gets the result with args and kwargs', async () => {
      await callee.register('com.example.echo', echo);
      const given = reply(VALUES, { list: VALUES, name: 'x' });
      expect(await caller.call('com.example.echo', given)).toEqual(given);
    });

    it('carries integers beyond 32 bits', async (context) => {
      needs(context, callee, 'integers beyond 32 bits');
      needs(context, caller, 'integers beyond 32 bits');
      await callee.register('com.example.echo', echo);
      const given = reply([2 ** 32, -(2 ** 31), Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]);
      expect(await caller.call('com.example.echo', given)).toEqual(given);
    });

    it('calls without arguments and gets an empty or a single result', async () => {
      await callee.register('com.example.one', ({ args }) => reply([args.length]));
      expect(await caller.call('com.example.one')).toEqual(reply([0]));
      await callee.register('com.example.nothing', () => reply());
      expect(await caller.call('com.example.nothing')).toEqual(reply());
    });

    it('carries bytes', async (context) => {
      needs(context, callee, 'bytes');
      needs(context, caller, 'bytes');
      await callee.register('com.example.echo', echo);
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const { args } = await caller.call('com.example.echo', reply([bytes]));
      expect(Uint8Array.from(args[0] as Uint8Array)).toEqual(bytes);
    });

    it('an application error arrives with URI, args and kwargs', async () => {
      await callee.register('com.example.fail', () => {
        throw new Failure('com.example.error.empty', ['cart', 7], { hint: 'fill it' });
      });
      const failure = await failureOf(caller.call('com.example.fail'));
      expect(failure).toMatchObject({
        uri: 'com.example.error.empty',
        args: ['cart', 7],
        kwargs: { hint: 'fill it' },
      });
    });

    it('an unknown procedure is an error, and so is a second registration', async () => {
      expect((await failureOf(caller.call('com.example.none'))).uri).toBe('wamp.error.no_such_procedure');
      await callee.register('com.example.once', echo);
      const second = caller.register('com.example.once', echo);
      expect((await failureOf(second)).uri).toBe('wamp.error.procedure_already_exists');
    });

    it('a procedure that was unregistered is unknown', async () => {
      const unregister = await callee.register('com.example.brief', echo);
      await caller.call('com.example.brief');
      await unregister();
      expect((await failureOf(caller.call('com.example.brief'))).uri).toBe('wamp.error.no_such_procedure');
    });

    it('prefix and wildcard registrations are called with the concrete procedure', async () => {
      const procedureOf = ({ procedure }: { procedure: string | undefined }): Reply => reply([procedure]);
      await callee.register('com.example.tree', procedureOf, { match: 'prefix' });
      await callee.register('com.other..get', procedureOf, { match: 'wildcard' });
      expect(await caller.call('com.example.tree.leaf.7')).toEqual(reply(['com.example.tree.leaf.7']));
      expect(await caller.call('com.other.thing.get')).toEqual(reply(['com.other.thing.get']));
      expect((await failureOf(caller.call('com.other.thing.set'))).uri).toBe('wamp.error.no_such_procedure');
    });

    it('a pattern that was unregistered is unknown', async (context) => {
      needs(context, callee, 'unregister a pattern');
      const unregister = await callee.register('com.other..get', echo, { match: 'wildcard' });
      await unregister();
      expect((await failureOf(caller.call('com.other.thing.get'))).uri).toBe('wamp.error.no_such_procedure');
    });

    it('roundrobin takes several callees in turn', async () => {
      const callees = [callee, await join(left), await join(left)];
      for (const [i, one] of callees.entries()) {
        await one.register('com.example.shared', () => reply([i]), { invoke: 'roundrobin' });
      }
      const order: unknown[] = [];
      for (let i = 0; i < 6; i++) order.push((await caller.call('com.example.shared')).args[0]);
      expect(order.slice(0, 3).sort()).toEqual([0, 1, 2]);
      expect(order.slice(3)).toEqual(order.slice(0, 3));
    });

    it('many calls at a time each get their own answer', async () => {
      await callee.register('com.example.square', ({ args }) => reply([(args[0] as number) ** 2]));
      const numbers = Array.from({ length: 200 }, (_, i) => i);
      const results = await Promise.all(numbers.map((n) => caller.call('com.example.square', reply([n]))));
      expect(results.map(({ args }) => args[0])).toEqual(numbers.map((n) => n * n));
    });

    it('progressive results arrive in order, before the final one', async (context) => {
      needs(context, callee, 'progressive callee');
      needs(context, caller, 'progressive caller');
      await callee.register('com.example.count', ({ args, progress }) => {
        for (let i = 0; i < (args[0] as number); i++) progress?.(reply([i]));
        return reply(['done']);
      });
      const parts: unknown[] = [];
      const result = await caller.call('com.example.count', reply([3]), (part) => parts.push(part.args[0]));
      expect(parts).toEqual([0, 1, 2]);
      expect(result).toEqual(reply(['done']));
    });

    it('a canceled call is answered with canceled, and the callee is not disturbed', async (context) => {
      needs(context, caller, 'cancel');
      const started = new Tally<void>();
      const unfinished: ((reply: Reply) => void)[] = [];
      await callee.register('com.example.slow', () => {
        started.add();
        return new Promise<Reply>((resolve) => unfinished.push(resolve));
      });
      await callee.register('com.example.echo', echo);
      const canceled = caller.callAndCancel(
        'com.example.slow',
        started.reach(1).then(() => undefined),
      );
      expect((await failureOf(canceled)).uri).toBe('wamp.error.canceled');
      for (const finish of unfinished) finish(reply(['too late']));
      expect(await caller.call('com.example.echo', reply([1]))).toEqual(reply([1]));
    });

    it('RPC-019: a callee that is lost: the caller gets canceled, and serves on', async (context) => {
      context.skip(callee.lose === undefined, `${callee.name} gives no way to cut its own connection`);
      const started = new Tally<void>();
      await callee.register('com.example.slow', () => {
        started.add();
        return new Promise<Reply>(() => undefined);
      });
      const call = failureOf(caller.call('com.example.slow'));
      await started.reach(1);
      callee.lose?.();
      expect((await call).uri).toBe('wamp.error.canceled');
      expect((await failureOf(caller.call('com.example.slow'))).uri).toBe('wamp.error.no_such_procedure');
    });

    it('RPC-019: a callee that leaves with GOODBYE: the caller gets canceled', async () => {
      const started = new Tally<void>();
      await callee.register('com.example.slow', () => {
        started.add();
        return new Promise<Reply>(() => undefined);
      });
      const call = failureOf(caller.call('com.example.slow'));
      await started.reach(1);
      await Promise.all([callee.leave(), callee.gone]);
      expect((await call).uri).toBe('wamp.error.canceled');
    });

    it('events carry args and kwargs, acknowledged or not', async (context) => {
      const events = new Tally<EventSeen>();
      await callee.subscribe('com.example.news', events.add);
      const given = reply(VALUES, { list: VALUES });
      await caller.publish('com.example.news', given, { acknowledge: true });
      expect(await events.reach(1)).toEqual([{ ...given, topic: 'com.example.news' }]);
      await caller.publish('com.example.news', reply([2]), { acknowledge: true });
      await events.reach(2);
      needs(context, caller, 'unacknowledged publish');
      await caller.publish('com.example.news', reply([3]));
      expect((await events.reach(3)).at(-1)).toEqual({ ...reply([3]), topic: 'com.example.news' });
    });

    it('a publisher does not get its own event', async () => {
      const own = new Tally<EventSeen>();
      const others = new Tally<EventSeen>();
      await caller.subscribe('com.example.news', own.add);
      await callee.subscribe('com.example.news', others.add);
      await caller.publish('com.example.news', reply([1]), { acknowledge: true });
      await callee.publish('com.example.news', reply([2]), { acknowledge: true });
      expect((await own.reach(1)).map(({ args }) => args)).toEqual([[2]]);
      expect((await others.reach(1)).map(({ args }) => args)).toEqual([[1]]);
    });

    it('exclude_me: false brings it its own event', async (context) => {
      needs(context, caller, 'exclude_me: false');
      const own = new Tally<EventSeen>();
      await caller.subscribe('com.example.news', own.add);
      await caller.publish('com.example.news', reply([1]), { acknowledge: true, excludeMe: false });
      expect((await own.reach(1)).map(({ args }) => args)).toEqual([[1]]);
    });

    it('prefix and wildcard subscriptions get events with the concrete topic', async () => {
      const events = new Tally<EventSeen>();
      await callee.subscribe('com.example', events.add, { match: 'prefix' });
      await callee.subscribe('com.other..changed', events.add, { match: 'wildcard' });
      for (const topic of ['com.example.a.b', 'com.other.price.changed', 'com.other.price.removed']) {
        await caller.publish(topic, reply([topic]), { acknowledge: true });
      }
      const seen = await events.reach(2);
      expect(seen.map(({ topic }) => topic)).toEqual(['com.example.a.b', 'com.other.price.changed']);
    });

    it('after unsubscribing no event comes', async () => {
      const first = new Tally<EventSeen>();
      const second = new Tally<EventSeen>();
      const unsubscribe = await callee.subscribe('com.example.brief', first.add);
      await callee.subscribe('com.example.marker', second.add);
      await caller.publish('com.example.brief', reply(), { acknowledge: true });
      await first.reach(1);
      await unsubscribe();
      await caller.publish('com.example.brief', reply(), { acknowledge: true });
      await caller.publish('com.example.marker', reply(), { acknowledge: true });
      await second.reach(1);
      expect(first.seen).toHaveLength(1);
    });

    it('a router that shuts down says goodbye, and both leave', async () => {
      await router.close();
      await Promise.all([callee.gone, caller.gone]);
      expect(router.stats().sessions).toBe(0);
    });
  });
}
