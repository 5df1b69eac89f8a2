/** Publications to more subscribers than one turn has room for. */
import { Payload, PublishMessage } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  BrokerWorld,
  event,
  publish,
  published,
  revoked,
  subscribe,
  subscribed,
  unsubscribe,
  unsubscribed,
  type JoinOptions,
  type Peer,
} from './broker-world.fixture.js';
import type { BrokerLimits } from './limits.js';
import { IDENTITY } from './publisher-facts.js';

/** A world in which three receivers fill a slice. */
function sliced(limits: Partial<BrokerLimits> = {}): BrokerWorld {
  return new BrokerWorld({ limits: { receiversPerSlice: 3, ...limits } });
}

function crowd(world: BrokerWorld, size: number, topic = 'big', join: JoinOptions = {}): Peer[] {
  return Array.from({ length: size }, () => world.subscriberOf(topic, {}, join));
}

const reached = (peers: readonly Peer[]): number[] => peers.map((peer) => peer.takesEvents().length);

describe('a publication to many subscribers', () => {
  it('is delivered in slices, the first one at once', () => {
    const world = sliced();
    const peers = crowd(world, 8);
    const publisher = world.joins();
    publisher.sends(publish('big', [1], { acknowledge: true }));
    publisher.gets(published());
    expect(reached(peers)).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
    expect(world.broker.stats().pendingPublications).toBe(1);
    world.turns(1);
    expect(reached(peers)).toEqual([0, 0, 0, 1, 1, 1, 0, 0]);
    world.turns();
    expect(reached(peers)).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
    expect(world.broker.stats().pendingPublications).toBe(0);
    expect(world.putOff).toBe(0);
  });

  it('is delivered at once where the host has no later turns', () => {
    const world = new BrokerWorld({ limits: { receiversPerSlice: 3 } }, false);
    const peers = crowd(world, 8);
    world.joins().sends(publish('big', [1]));
    expect(reached(peers)).toEqual(Array(8).fill(1));
  });

  it('few receivers get it at once, in one fan-out, and nothing is put off', () => {
    const world = sliced();
    crowd(world, 3);
    world.joins().sends(publish('big', [1]));
    expect(world.fanOuts.map(({ owners, encodings }) => [owners.length, encodings])).toEqual([
      [3, undefined],
    ]);
    expect(world.putOff).toBe(0);
  });

  it('its slices share the EVENT and its encodings, one of each for those who learn the publisher', () => {
    const world = sliced();
    const untold = { features: { subscriber: [] } };
    for (let n = 0; n < 4; n += 1) {
      crowd(world, 1);
      crowd(world, 1, 'big', untold);
    }
    world.joins().sends(publish('big', [1], { disclose_me: true }));
    world.turns();
    expect(world.fanOuts.reduce((sum, { owners }) => sum + owners.length, 0)).toBe(8);
    expect(new Set(world.fanOuts.map((fanOut) => fanOut.event)).size).toBe(2);
    expect(new Set(world.fanOuts.map((fanOut) => fanOut.encodings)).size).toBe(2);
    for (const { owners, event: sent } of world.fanOuts) {
      for (const { session } of owners)
        expect(sent.details.publisher !== undefined).toBe((session.takesFacts & IDENTITY) !== 0);
    }
  });

  it('receivers are looked for in slices, too', () => {
    const world = sliced({ subscribersPerSlice: 4 });
    const peers = crowd(world, 10);
    world.joins().sends(publish('big', [1], { eligible: [peers[9]!.id] }));
    world.turns(1);
    peers[9]!.getsNothing();
    world.turns(1);
    expect(reached(peers)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(world.putOff).toBe(0);
  });
});

describe('while it is on its way', () => {
  it('PUBSUB-011: who unsubscribes gets nothing more', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    world.joins().sends(publish('big', [1]));
    peers[4]!.sends(unsubscribe());
    peers[4]!.gets(unsubscribed());
    world.turns();
    expect(reached(peers)).toEqual([1, 1, 1, 1, 0]);
  });

  it('PUBSUB-014, PUBSUB-016: nor does who leaves, or is taken off', () => {
    const world = sliced();
    const peers = crowd(world, 6);
    world.joins().sends(publish('big', [1]));
    peers[3]!.leaves();
    world.does((broker, now) => broker.removeSubscriber(1, peers[5]!.id, undefined, now));
    peers[5]!.gets(revoked(1));
    world.turns();
    expect(reached(peers)).toEqual([1, 1, 1, 0, 1, 0]);
  });

  it('who subscribes does not get it, also if it was subscribed before', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    world.joins().sends(publish('big', [1]));
    const newcomer = world.subscriberOf('big');
    peers[4]!.sends(unsubscribe());
    peers[4]!.gets(unsubscribed());
    peers[4]!.sends(subscribe('big'));
    peers[4]!.gets(subscribed());
    world.turns();
    expect(reached([...peers, newcomer])).toEqual([1, 1, 1, 1, 0, 0]);
  });

  it('it survives its publisher', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    const publisher = world.joins();
    publisher.sends(publish('big', [1]));
    publisher.leaves();
    world.turns();
    expect(reached(peers)).toEqual([1, 1, 1, 1, 1]);
  });

  it('and the subscription, whose last subscribers leave', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    world.joins().sends(publish('big', [1]));
    for (const peer of peers) peer.leaves();
    const newcomer = world.subscriberOf('big');
    world.turns();
    newcomer.getsNothing();
    expect(world.broker.stats()).toMatchObject({ subscriptions: 1, pendingPublications: 0 });
  });

  it('what a subscriber asks for of the past comes behind it', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    const publisher = world.joins();
    publisher.sends(publish('big', [1], { retain: true }));
    publisher.sends(publish('big', [2], { retain: true }));
    peers[4]!.sends(subscribe('b', { match: 'prefix', get_retained: true }));
    peers[4]!.gets(subscribed());
    const got = [1, 2, 2].map((number) => peers[4]!.gets(event({ args: [number] })));
    expect(got.map(({ subscription, details }) => [subscription, details.retained])).toEqual([
      [1, undefined],
      [1, undefined],
      [2, true],
    ]);
    world.turns();
    expect(reached(peers)).toEqual([2, 2, 2, 2, 0]);
  });
});

describe('the order of publications on their way', () => {
  it('ORDER-001, ORDER-008: of one publisher over all topics', () => {
    const world = sliced();
    const peers = crowd(world, 7);
    for (const peer of peers) {
      peer.sends(subscribe('small.of.all'));
      peer.gets(subscribed());
    }
    const one = world.subscriberOf('small');
    const publisher = world.joins();
    peers[6]!.sends(subscribe('small'));
    peers[6]!.gets(subscribed());
    publisher.sends(publish('big', [1]));
    publisher.sends(publish('small', [2]));
    publisher.sends(publish('small.of.all', [3]));
    publisher.sends(publish('small', [4]));
    one.getsNothing();
    world.turns();
    expect(peers[6]!.takesEvents()).toEqual([1, 2, 3, 4]);
    expect(peers[0]!.takesEvents()).toEqual([1, 3]);
    expect(one.takesEvents()).toEqual([2, 4]);
  });

  it('ORDER-002: of several publishers on one subscription', () => {
    const world = sliced();
    const peers = crowd(world, 7);
    const [ann, bob] = [world.joins(), world.joins()];
    ann.sends(publish('big', ['ann 1']));
    bob.sends(publish('big', ['bob 1']));
    world.turns(1);
    ann.sends(publish('big', ['ann 2']));
    world.turns();
    for (const peer of peers) expect(peer.takesEvents()).toEqual(['ann 1', 'bob 1', 'ann 2']);
  });

  it('ORDER-008: with 10,000 subscribers and the limits that are set by default', () => {
    const world = new BrokerWorld();
    const peers = Array.from({ length: 10_000 }, (_, n) =>
      n % 2 === 0 ? world.subscriberOf('big') : world.subscriberOf('b', { match: 'prefix' }),
    );
    const [ann, bob] = [world.joins(), world.joins()];
    ann.sends(publish('big', ['ann 1']));
    ann.sends(publish('boat', ['ann 2']));
    world.turns(7);
    bob.sends(publish('big', ['bob 1']));
    bob.sends(publish('bag', ['bob 2'], { eligible: peers.slice(0, 400).map(({ id }) => id) }));
    world.turns(11);
    ann.sends(publish('big', ['ann 3']));
    world.turns();
    for (const [at, peer] of peers.entries()) {
      const all = ['ann 1', 'ann 2', 'bob 1', 'bob 2', 'ann 3'];
      const due =
        at % 2 === 0 ? ['ann 1', 'bob 1', 'ann 3'] : at < 400 ? all : all.filter((one) => one !== 'bob 2');
      const got = peer.takesEvents();
      if (String(got) !== String(due)) throw new Error(`peer ${at} got ${String(got)}`);
    }
    expect(world.broker.stats().pendingPublications).toBe(0);
  });

  it('what has neither publisher nor subscription in common does not wait', () => {
    const world = sliced();
    crowd(world, 7);
    const other = world.subscriberOf('other');
    // A logger of everything must not tie all topics together: it has got the event with the first slice.
    const logger = world.subscriberOf('', { match: 'prefix' });
    const [ann, bob] = [world.joins(), world.joins()];
    ann.sends(publish('big', [1]));
    bob.sends(publish('other', [2]));
    expect(other.takesEvents()).toEqual([2]);
    expect(logger.takesEvents()).toEqual([1, 2]);
  });

  it('large ones of different publishers take turns', () => {
    const world = sliced();
    const [left, right] = [crowd(world, 9, 'left'), crowd(world, 9, 'right')];
    world.joins().sends(publish('left', [1]));
    world.joins().sends(publish('right', [1]));
    world.turns(1);
    expect([reached(left), reached(right)].map((numbers) => numbers.filter((n) => n === 1).length)).toEqual([
      6, 3,
    ]);
    world.turns(1);
    expect([reached(left), reached(right)].map((numbers) => numbers.filter((n) => n === 1).length)).toEqual([
      0, 3,
    ]);
  });

  it('META-029: a testament comes behind what its session, and whoever it follows, have published', () => {
    const world = sliced();
    const peers = crowd(world, 5);
    const [last, other] = [peers[4]!, world.joins()];
    last.sends(subscribe('testament'));
    last.gets(subscribed());
    const publisher = world.joins();
    publisher.sends(publish('big', [1]));
    other.sends(publish('big', [2]));
    publisher.leaves();
    world.does((broker, now) => {
      const testament = new PublishMessage(1, { acknowledge: true }, 'testament', Payload.of([3]));
      broker.publishTestament(publisher.session, testament, now, other.session);
    });
    last.getsNothing();
    world.turns();
    expect(last.takesEvents()).toEqual([1, 2, 3]);
  });
});

describe('what is on its way is bounded', () => {
  it('a publisher with too many publications is pushed back until they have arrived, and nobody else', () => {
    const world = sliced({ pendingPublicationsPerSession: 2 });
    const peers = crowd(world, 5);
    const [ann, bob] = [world.joins(), world.joins()];
    ann.sends(publish('big', [1]));
    bob.sends(publish('big', [2]));
    expect([ann.isPushedBack, bob.isPushedBack]).toEqual([false, false]);
    ann.sends(publish('big', [3]));
    expect([ann.isPushedBack, bob.isPushedBack]).toEqual([true, false]);
    world.turns(2);
    expect(ann.isPushedBack).toBe(true);
    world.turns();
    expect([ann.isPushedBack, bob.isPushedBack]).toEqual([false, false]);
    for (const peer of peers) expect(peer.takesEvents()).toEqual([1, 2, 3]);
  });

  it('a publisher that has left is not released', () => {
    const world = sliced({ pendingPublicationsPerSession: 1 });
    crowd(world, 5);
    const publisher = world.joins();
    publisher.sends(publish('big', [1]));
    publisher.leaves();
    world.turns();
    expect(world.history.filter(({ type }) => type === 'pushBack')).toHaveLength(1);
  });

  it.each([
    ['their number', { pendingPublications: 2 }],
    ['their size', { pendingBytes: 2 * 1024 }],
  ])('of all publishers together, %s: the oldest is delivered at once', (_, limits) => {
    const world = sliced(limits);
    const peers = crowd(world, 5);
    for (let n = 1; n <= 4; n += 1) {
      world.joins().sends(publish('big', [n]));
      expect(world.broker.stats().pendingPublications).toBeLessThanOrEqual(2);
    }
    expect(peers[4]!.takesEvents()).toEqual([1, 2]);
    world.turns();
    expect(peers[4]!.takesEvents()).toEqual([3, 4]);
    for (const peer of peers.slice(0, 4)) expect(peer.takesEvents()).toEqual([1, 2, 3, 4]);
  });
});
