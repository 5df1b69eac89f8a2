/** What a client can never do with publications: speak in the router's name, or be heard in another realm. */
import {
  MessageKind,
  Payload,
  PublishMessage,
  SubscribeMessage,
  type MatchPolicy,
  type PublishOptions,
} from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SLOW_POLICIES } from '@wamp/broker';
import { House, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

/** All combinations of the given values. */
function combinations(choices: Readonly<Record<string, readonly unknown[]>>): PublishOptions[] {
  return Object.entries(choices).reduce<Record<string, unknown>[]>(
    (all, [key, values]) =>
      all.flatMap((one) => values.map((value) => (value === undefined ? one : { ...one, [key]: value }))),
    [{}],
  );
}

const flag = [undefined, true, false];
const RESERVED = ['wamp.session.on_join', 'wamp.error.x', 'wamp.', 'wamp'];

describe('topics that begin with wamp', () => {
  it.each(SERIALIZERS)(
    'SEC-002: nobody can publish to them, with whatever options, in %s',
    async (_, make) => {
      const house = new House();
      const serializer = make();
      const watcher = await house.joins('realm1', undefined, make());
      for (const topic of RESERVED.slice(0, 2)) await watcher.subscribes(topic);
      for (const [pattern, match] of [
        ['', 'prefix'],
        ['wamp.', 'prefix'],
        ['wamp..', 'wildcard'],
        ['..on_join', 'wildcard'],
      ] as const) {
        watcher.sends(new SubscribeMessage(watcher.next(), { match }, pattern));
      }
      const publisher = await house.joins('realm1', undefined, serializer);
      await settled();
      watcher.inbox.length = 0; // meta events of those who came
      const all = combinations({
        acknowledge: flag,
        exclude_me: flag,
        disclose_me: flag,
        retain: flag,
        eligible: [undefined, [watcher.id], []],
        exclude_authrole: [undefined, ['nobody']],
        forward_for: [undefined, []],
        ppt_scheme: [undefined, 'x_test'],
      });
      for (const topic of RESERVED) {
        for (const options of all) {
          const request = publisher.next();
          publisher.sends(new PublishMessage(request, options, topic, Payload.of([1])));
          if (options.acknowledge !== true) continue;
          expect(await publisher.isRefused(MessageKind.Publish, request)).toBe('wamp.error.invalid_uri');
        }
      }
      await publisher.getsNothing();
      await watcher.getsNothing();
      for (const topic of ['wamp.', '']) {
        const late = await house.joins('realm1', undefined, make());
        late.sends(new SubscribeMessage(late.next(), { match: 'prefix', get_retained: true }, topic));
        await settled();
        const retained = late.inbox.filter((one) => one.kind === MessageKind.Event && one.details.retained);
        expect(retained).toEqual([]);
      }
    },
  );
});

/** Two realms with the same names, in which everybody says where it is. */
interface Somebody {
  readonly realm: string;
  peer: TestPeer;
}

const topic = fc.constantFrom('a', 'a.b', 'b.b');
const step = fc.record({
  by: fc.nat(7),
  what: fc.oneof(
    fc.record({
      type: fc.constant('subscribe' as const),
      pattern: fc.constantFrom<readonly [string, MatchPolicy]>(
        ['a', 'exact'],
        ['a.b', 'exact'],
        ['', 'prefix'],
        ['a', 'prefix'],
        ['.b', 'wildcard'],
      ),
      getRetained: fc.boolean(),
      policy: fc.constantFrom(...SLOW_POLICIES),
    }),
    fc.record({
      type: fc.constant('publish' as const),
      topic,
      options: fc.record(
        {
          acknowledge: fc.boolean(),
          exclude_me: fc.boolean(),
          disclose_me: fc.boolean(),
          retain: fc.boolean(),
          toEverybody: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({ type: fc.constant('testament' as const), topic }),
    fc.record({ type: fc.constant('leave' as const) }),
    fc.record({ type: fc.constant('stall' as const) }),
    fc.record({ type: fc.constant('turn' as const) }),
  ),
});

class TwoRealms {
  readonly later: (() => void)[] = [];
  readonly house: House;
  readonly all: Somebody[] = [];
  readonly ids = new Map<string, Set<number>>([
    ['one', new Set()],
    ['two', new Set()],
  ]);
  #number = 0;

  constructor() {
    const realm = {
      brokerLimits: { receiversPerSlice: 2 },
      history: [{ uri: '', match: 'prefix' as const }],
    };
    this.house = new House({
      realms: { one: realm, two: realm },
      limits: { outboundEventBytes: 100, keptEvents: 5 },
      defer: (work) => this.later.push(work),
    });
  }

  async joins(n: number): Promise<void> {
    const realm = n % 2 === 0 ? 'one' : 'two';
    const peer = await this.house.joins(realm, undefined, SERIALIZERS[n % SERIALIZERS.length]![1]());
    this.ids.get(realm)!.add(peer.id);
    this.all[n] = { realm, peer };
    peer.sends(new SubscribeMessage(peer.next(), { match: 'prefix' }, n < 4 ? '' : 'a'));
    await settled(1);
  }

  /** Addresses everybody of both realms by id. */
  publish(
    { realm, peer }: Somebody,
    uri: string,
    { toEverybody, ...options }: Record<string, unknown>,
  ): void {
    this.#number += 1;
    const eligible = this.all.map((one) => one.peer.id);
    peer.publishes(uri, [realm, this.#number], { ...options, ...(toEverybody === true && { eligible }) });
  }

  turn(): void {
    this.later.shift()?.();
  }

  async rest(): Promise<void> {
    for (const { peer } of this.all) peer.transport.resume();
    await settled();
    for (let turns = 0; this.later.length > 0; turns += 1) {
      if (turns > 10_000) throw new Error('it never comes to rest');
      this.turn();
      await settled(1);
    }
  }

  /** Nothing that anybody got says anything about the other realm. @returns how many events there were */
  check({ realm, peer }: Somebody): number {
    let events = 0;
    for (const message of peer.log) {
      if (message.kind !== MessageKind.Event) continue;
      events += 1;
      const [from] = message.payload.args;
      // Meta events name session ids of this realm.
      if (typeof from === 'number') expect(this.ids.get(realm)!.has(from)).toBe(true);
      else if (typeof from === 'string') expect(from).toBe(realm);
      const { publisher } = message.details;
      if (publisher !== undefined) expect(this.ids.get(realm)!.has(publisher)).toBe(true);
    }
    return events;
  }
}

describe('two realms', () => {
  it('SEC-001: whatever happens, nobody gets an event of another realm, live, retained or from a history', async () => {
    let events = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
        const world = new TwoRealms();
        for (let n = 0; n < 8; n += 1) await world.joins(n);
        const left: Somebody[] = [];
        for (const { by, what } of steps) {
          const one = world.all[by]!;
          const { peer } = one;
          if (what.type === 'subscribe') {
            const [uri, match] = what.pattern;
            const options = { match, get_retained: what.getRetained, x_slow_policy: what.policy };
            peer.sends(new SubscribeMessage(peer.next(), options, uri));
          } else if (what.type === 'publish') world.publish(one, what.topic, what.options);
          else if (what.type === 'testament')
            peer.calls('wamp.session.add_testament', [what.topic, [one.realm, 0], {}]);
          else if (what.type === 'leave') {
            left.push({ ...one });
            peer.transport.terminate('gone');
            await world.joins(by);
          } else if (what.type === 'stall') peer.transport.pause();
          else world.turn();
          await settled(1);
        }
        await world.rest();
        for (const one of [...world.all, ...left]) events += world.check(one);
        for (const { realm, peer } of world.all) {
          peer.inbox.length = 0;
          const [subscription] = await peer.result('wamp.subscription.lookup', ['', { match: 'prefix' }]);
          const kept = (await peer.result('wamp.subscription.get_events', [subscription])) as {
            args: unknown[];
          }[];
          expect(kept.filter(({ args }) => typeof args[0] === 'string' && args[0] !== realm)).toEqual([]);
        }
      }),
      { numRuns: 25, seed: 1 },
    );
    expect(events).toBeGreaterThan(100);
  });
});
