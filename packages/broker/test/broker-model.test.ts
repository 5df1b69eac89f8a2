/**
 * Random interleavings of sessions, against a model that is nothing but lists of who is subscribed to what and of what
 * was published, and the rules of the specification, one line each. Slices are so small that most publications take several
 * turns, between which everything else goes on.
 */
import { EventMessage, type Feature, type MatchPolicy, type PublishOptions } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BrokerWorld,
  publish,
  published,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  type HistoryItem,
  type Peer,
} from '../src/broker-world.fixture.js';
import { IDENTITY, TRUST_LEVEL, type PublisherFacts } from '../src/publisher-facts.js';

const PEERS = 4;
/** So small that all of them are reached. */
const LIMITS = {
  receiversPerSlice: 2,
  subscribersPerSlice: 3,
  pendingPublicationsPerSession: 3,
  pendingPublications: 5,
};
/** Another one by hand: `BROKER_MODEL_SEED=7 BROKER_MODEL_RUNS=100000 pnpm vitest run broker-model`. */
const SEED = Number(process.env['BROKER_MODEL_SEED'] ?? 1);
const RUNS = Number(process.env['BROKER_MODEL_RUNS'] ?? 150);
const NAMES = ['ann', 'bob'] as const;

interface Entry {
  readonly peer: Peer;
  readonly topic: string;
  readonly match: MatchPolicy;
  readonly id: number;
}

/** A publication, as far as it can be asked for later. */
interface Past {
  readonly number: number;
  readonly topic: string;
  readonly publisher: number;
  readonly trustLevel: number | undefined;
  readonly options: PublishOptions;
}

/** An event that somebody has still to get. */
interface Due {
  readonly past: Past;
  readonly entry: Entry;
}

/** The subscriptions whose history is kept; their ids are 1 and 2. */
const HISTORY = [
  { uri: 'a', match: 'prefix' },
  { uri: '.b', match: 'wildcard' },
] as const;
const RESTRICTED_PER_TOPIC = 1;
const SESSION_LISTS = ['eligible', 'exclude'] as const;
const LISTS = [
  ...SESSION_LISTS,
  'eligible_authid',
  'eligible_authrole',
  'exclude_authid',
  'exclude_authrole',
] as const;

function matches({ match, topic }: Pick<Entry, 'match' | 'topic'>, uri: string): boolean {
  if (match === 'exact') return topic === uri;
  if (match === 'prefix') return uri.startsWith(topic);
  const [wanted, given] = [topic.split('.'), uri.split('.')];
  return wanted.length === given.length && wanted.every((part, k) => part === '' || part === given[k]);
}

function takesFact({ session }: Peer, fact: PublisherFacts): boolean {
  return (session.takesFacts & fact) !== 0;
}

function receives(receiver: Peer, publisher: number, options: PublishOptions): boolean {
  if (receiver.id === publisher && options.exclude_me !== false) return false;
  return isListed(receiver, options);
}

function isListed(receiver: Peer, options: PublishOptions): boolean {
  const { session, authid, authrole } = receiver.session.identity;
  if (options.eligible && !options.eligible.includes(session)) return false;
  if (options.eligible_authid && !options.eligible_authid.includes(authid)) return false;
  if (options.eligible_authrole && !options.eligible_authrole.includes(authrole)) return false;
  if (options.exclude?.includes(session)) return false;
  if (options.exclude_authid?.includes(authid)) return false;
  return !options.exclude_authrole?.includes(authrole);
}

const peer = fc.nat(PEERS - 1);
const uri = fc.constantFrom('a', 'b', 'a.b', 'a.a', 'b.b', 'ab.b');
const pattern = fc.oneof(
  uri.map((topic) => ({ topic, match: 'exact' as const })),
  fc.constantFrom('', 'a', 'a.', 'b.b').map((topic) => ({ topic, match: 'prefix' as const })),
  fc.constantFrom('', '.', 'a.', '.b', 'a.b').map((topic) => ({ topic, match: 'wildcard' as const })),
);
const ids = fc.subarray([1, 2, 3, 4]);
const names = fc.subarray([...NAMES]);
const flags = {
  acknowledge: fc.boolean(),
  exclude_me: fc.boolean(),
  disclose_me: fc.boolean(),
  retain: fc.constant(true),
};
const lists = {
  eligible: ids,
  eligible_authid: names,
  eligible_authrole: names,
  exclude: ids,
  exclude_authid: names,
  exclude_authrole: names,
};
// With every list at random hardly anything would be for everybody, or for anybody.
const options = fc.oneof(
  fc.record(flags, { requiredKeys: [] }),
  fc.record({ ...flags, eligible_authid: names, exclude_authrole: names }, { requiredKeys: [] }),
  fc.record({ ...flags, ...lists }, { requiredKeys: [] }),
);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('subscribe' as const),
      by: peer,
      pattern,
      getRetained: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('unsubscribe' as const), by: peer, which: fc.nat() }),
  },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('publish' as const), by: peer, uri, options }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), by: peer }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('turn' as const), by: peer }) },
);

/**
 * Who is subscribed from the beginning. With a crowd some publication is on its way most of the time, without one hardly
 * ever; and publications that have a subscription in common wait for another reason than those of the same publisher.
 */
const crowd = fc.constantFrom<readonly { topic: string; match: MatchPolicy; from: number }[]>(
  [],
  [
    { topic: '', match: 'prefix', from: 0 },
    { topic: 'a', match: 'prefix', from: 0 },
  ],
  [
    { topic: 'a', match: 'exact', from: 0 },
    { topic: 'b', match: 'exact', from: 0 },
    { topic: 'b.b', match: 'exact', from: 2 },
  ],
);

class Model {
  readonly world = new BrokerWorld({
    history: HISTORY,
    retention: { restrictedPerTopic: RESTRICTED_PER_TOPIC },
    limits: LIMITS,
  });
  readonly peers: Peer[] = [];
  entries: Entry[] = [];
  /** oldest first */
  due: Due[] = [];
  /** oldest first */
  retained: Past[] = [];
  readonly recorded: Past[] = [];
  #published = 0;

  constructor() {
    for (let n = 0; n < PEERS; n++) this.#joins(n);
  }

  #joins(n: number): void {
    // Sessions 1 and 3 have one name, 2 and 4 another; roles the other way round. Half of them want no identity, another
    // half no trust level, and the last one has none.
    const subscriber: Feature[] = n < 2 ? ['publisher_identification'] : [];
    if (n % 2 === 0) subscriber.push('publication_trustlevels');
    const trust = n < PEERS - 1 ? { trustLevel: n } : {};
    const [authid, authrole] = [NAMES[n % 2]!, NAMES[n >> 1]!];
    this.peers[n] = this.world.joins({ authid, authrole, features: { subscriber }, ...trust });
  }

  subscribe(by: Peer, topic: string, match: MatchPolicy, getRetained: boolean): void {
    by.sends(subscribe(topic, { match, get_retained: getRetained }));
    const { subscription: id } = by.gets(subscribed());
    const same = this.entries.filter((entry) => entry.topic === topic && entry.match === match);
    for (const entry of same) expect(id).toBe(entry.id);
    if (!same.some((entry) => entry.peer === by)) this.entries.push({ peer: by, topic, match, id });
    if (getRetained) this.getRetained(by, { topic, match });
    by.getsNothing();
  }

  /** What has arrived since the last time was due, and its turn had come. */
  collect(receiver: Peer, messages = receiver.takes()): void {
    for (const message of messages) {
      if (!(message instanceof EventMessage)) throw new Error('something else than an EVENT came');
      const [number] = message.payload.args;
      const { subscription, details } = message;
      const mine = this.due.filter(({ entry }) => entry.peer === receiver);
      const found = mine.find((due) => due.past.number === number && due.entry.id === subscription);
      if (found === undefined) throw new Error(`an EVENT came that is not due: ${String(number)}`);
      const { past, entry } = found;
      const before = mine.filter(
        (due) =>
          due.past.number < past.number && (due.past.publisher === past.publisher || due.entry === entry),
      );
      if (before.length > 0) throw new Error('an EVENT came before an earlier one');
      expect(details.retained).toBeUndefined();
      this.#checkDetails(details, entry.match, past, receiver);
      this.due = this.due.filter((due) => due !== found);
    }
  }

  /** Holds after every step. */
  settle(): void {
    for (const one of this.peers) this.collect(one);
    const { pendingPublications } = this.world.broker.stats();
    if (pendingPublications === 0 && this.due.length > 0) throw new Error('an EVENT never comes');
    if (pendingPublications > 0 && this.world.putOff === 0) throw new Error('no turn is asked for');
    expect(pendingPublications).toBeLessThanOrEqual(LIMITS.pendingPublications);
    for (const { session, isPushedBack } of this.peers) {
      const own = session.pendingPublications;
      expect(own).toBeLessThanOrEqual(LIMITS.pendingPublicationsPerSession);
      if (isPushedBack ? own === 0 : own >= LIMITS.pendingPublicationsPerSession) {
        throw new Error('a publisher is pushed back without need, or is not');
      }
    }
  }

  /** All turns that are asked for, until everything has arrived. */
  rest(): void {
    this.world.turns(1000);
    this.settle();
    expect(this.world.putOff).toBe(0);
    expect(this.due).toEqual([]);
  }

  getRetained(by: Peer, pattern: Pick<Entry, 'match' | 'topic'>): void {
    const due = this.retained.filter(
      (past) => matches(pattern, past.topic) && receives(by, past.publisher, past.options),
    );
    const messages = by.takes();
    const retained = messages.filter(
      (message) => message instanceof EventMessage && message.details.retained === true,
    ) as EventMessage[];
    // What is still on its way to the subscriber comes first: it was published before.
    const live = messages.slice(0, messages.length - retained.length);
    this.collect(by, live);
    expect(this.due.filter(({ entry }) => entry.peer === by)).toEqual([]);
    const last = due.filter((past, at) => !due.slice(at + 1).some(({ topic }) => topic === past.topic));
    expect(retained.map(({ payload }) => payload.args[0])).toEqual(last.map(({ number }) => number));
    for (const [at, past] of last.entries()) {
      this.#checkDetails(retained[at]!.details, pattern.match, past, by);
    }
  }

  /** What everybody may know of the past, forwards and backwards. */
  ask(by: Peer): void {
    for (const [at, { uri: topic, match }] of HISTORY.entries()) {
      const expected = this.recorded
        .filter((past) => matches({ topic, match }, past.topic) && isListed(by, past.options))
        .map(({ number }) => number);
      const asks = (query: object) =>
        (this.world.asks(at + 1, query, by.session.identity) as HistoryItem[]).map(({ args }) => args?.[0]);
      expect(asks({})).toEqual(expected);
      expect(asks({ reverse: true, limit: 3 })).toEqual(expected.toReversed().slice(0, 3));
    }
  }

  #checkDetails(details: EventMessage['details'], match: MatchPolicy, past: Past, receiver: Peer): void {
    const isTold = past.options.disclose_me === true && takesFact(receiver, IDENTITY);
    expect(details.topic).toBe(match === 'exact' ? undefined : past.topic);
    expect(details.publisher).toBe(isTold ? past.publisher : undefined);
    const isTrusted = details.retained !== true && takesFact(receiver, TRUST_LEVEL);
    expect(details.trustlevel).toBe(isTrusted ? past.trustLevel : undefined);
  }

  #keep(past: Past): void {
    const { topic, options: chosen } = past;
    const isRestricted = (one: Past): boolean => LISTS.some((list) => one.options[list] !== undefined);
    if (SESSION_LISTS.every((list) => chosen[list] === undefined)) this.recorded.push(past);
    if (chosen.retain !== true) return;
    if (!isRestricted(past)) this.retained = this.retained.filter((one) => one.topic !== topic);
    this.retained.push(past);
    const restricted = this.retained.filter((one) => one.topic === topic && isRestricted(one));
    const dropped = restricted.slice(0, Math.max(0, restricted.length - RESTRICTED_PER_TOPIC));
    this.retained = this.retained.filter((one) => !dropped.includes(one));
  }

  unsubscribe(by: Peer, which: number): void {
    const own = this.entries.filter((entry) => entry.peer === by);
    const chosen = own[which % Math.max(1, own.length)];
    if (chosen === undefined) return;
    by.sends(unsubscribe(chosen.id));
    by.gets(unsubscribed());
    this.entries = this.entries.filter((entry) => entry !== chosen);
    this.due = this.due.filter(({ entry }) => entry !== chosen);
  }

  publish(by: Peer, topic: string, chosen: PublishOptions): void {
    // The host takes nothing from a publisher that is pushed back.
    if (by.isPushedBack) return;
    const number = (this.#published += 1);
    by.sends(publish(topic, [number], chosen));
    if (chosen.acknowledge === true) by.gets(published());
    const past = { number, topic, publisher: by.id, trustLevel: by.session.trustLevel, options: chosen };
    this.#keep(past);
    for (const entry of this.entries) {
      if (matches(entry, topic) && receives(entry.peer, by.id, chosen)) this.due.push({ past, entry });
    }
  }

  leave(n: number): void {
    const leaving = this.peers[n]!;
    leaving.leaves();
    this.entries = this.entries.filter((entry) => entry.peer !== leaving);
    this.due = this.due.filter(({ entry }) => entry.peer !== leaving);
    this.#joins(n);
  }
}

describe('any sequence of messages', () => {
  it('delivers and keeps what the specification says, for whom it says, and leaves nothing else behind', () => {
    fc.assert(
      fc.property(crowd, fc.array(step, { maxLength: 60, size: 'max' }), (crowded, steps) => {
        const model = new Model();
        for (const { topic, match, from } of crowded) {
          for (const one of model.peers.slice(from)) model.subscribe(one, topic, match, false);
        }
        for (const one of steps) {
          const by = model.peers[one.by]!;
          if (one.type === 'subscribe')
            model.subscribe(by, one.pattern.topic, one.pattern.match, one.getRetained);
          else if (one.type === 'unsubscribe') model.unsubscribe(by, one.which);
          else if (one.type === 'publish') model.publish(by, one.uri, one.options);
          else if (one.type === 'leave') model.leave(one.by);
          else model.world.turns(1);
          model.settle();
          const distinct = new Set([1, 2, ...model.entries.map(({ id }) => id)]).size;
          expect(model.world.broker.stats()).toMatchObject({
            sessions: PEERS,
            subscriptions: distinct,
            subscribers: model.entries.length,
          });
        }
        for (const one of model.peers) {
          model.ask(one);
          model.subscribe(one, '', 'prefix', true);
        }
        model.rest();
        for (const one of model.peers) one.leaves();
        expect(model.world.broker.stats()).toMatchObject({ sessions: 0, subscriptions: 2, subscribers: 0 });
        expect(balance(model.world.events)).toEqual([]);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

/** Subscription events that have no counterpart: every create wants its delete, every subscribe its unsubscribe. */
function balance(events: readonly string[]): string[] {
  const open = new Set<string>();
  for (const entry of events) {
    const [type, ...rest] = entry.split(' ');
    const [subscription] = rest;
    const key = type === 'create' || type === 'delete' ? subscription! : rest.join(' ');
    if (type === 'create' || type === 'subscribe') open.add(key);
    else open.delete(key);
  }
  return [...open];
}
