import { Payload, PublishMessage, type EventMessage, type PublishOptions } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
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
  type JoinOptions,
  type Peer,
} from './broker-world.fixture.js';

const RETAIN = { retain: true };
const GET = { get_retained: true };

/** Subscribes, and gives back the arguments of the retained events that follow, in their order. */
function gets(peer: Peer, topic: string, match: 'exact' | 'prefix' | 'wildcard' = 'exact'): unknown[] {
  peer.sends(subscribe(topic, { match, ...GET }));
  peer.gets(subscribed());
  const arrived: unknown[] = [];
  for (;;) {
    let next: EventMessage;
    try {
      next = peer.gets(event());
    } catch {
      return arrived;
    }
    expect(next.details.retained).toBe(true);
    arrived.push(next.payload.args[0]);
  }
}

describe('a retained event', () => {
  it('RETAIN-001, RETAIN-007: arrives behind SUBSCRIBED, though nobody was subscribed when it was published', () => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], RETAIN, { k: 'v' }));
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    const { subscription } = subscriber.gets(subscribed());
    subscriber.gets(event({ subscription, details: { retained: true }, args: [1], kwargs: { k: 'v' } }));
    subscriber.getsNothing();
  });

  it('RETAIN-001: comes behind the subscription events, which belong to the reply', () => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], RETAIN));
    world.joins().sends(subscribe('a.b', GET));
    expect(world.history.map(({ type }) => type)).toEqual([
      'send',
      'subscriptionEvent',
      'subscriptionEvent',
      'fanOut',
    ]);
  });

  it('RETAIN-002: does not arrive without get_retained', () => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], RETAIN));
    world.subscriberOf('a.b').getsNothing();
    world.subscriberOf('a.b', { get_retained: false }).getsNothing();
  });

  it('RETAIN-003: is the most recent one only', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], RETAIN));
    publisher.sends(publish('a.b', [2], RETAIN));
    expect(gets(world.joins(), 'a.b')).toEqual([2]);
  });

  it('RETAIN-004: stays when something is published without retain', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], RETAIN));
    publisher.sends(publish('a.b', [2], { retain: false }));
    publisher.sends(publish('a.b', [3]));
    expect(gets(world.joins(), 'a.b')).toEqual([1]);
  });

  it('with an empty payload replaces the one before it', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], RETAIN));
    publisher.sends(publish('a.b', [], RETAIN));
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    expect(subscriber.gets(event()).payload.isEmpty).toBe(true);
  });

  it('RETAIN-006: is live for those who are there, and says so', () => {
    const world = new BrokerWorld();
    const subscriber = world.subscriberOf('a.b');
    world.joins().sends(publish('a.b', [1], RETAIN));
    subscriber.gets(event({ details: {}, args: [1] }));
  });

  it('RETAIN-009: keeps its publication id', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], { ...RETAIN, acknowledge: true }));
    const { publication } = publisher.gets(published());
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    subscriber.gets(event({ publication }));
  });

  it('arrives again with every SUBSCRIBE that asks for it', () => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], RETAIN));
    const subscriber = world.joins();
    for (let n = 0; n < 2; n++) expect(gets(subscriber, 'a.b')).toEqual([1]);
    subscriber.sends(unsubscribe());
    subscriber.gets(unsubscribed());
    expect(gets(subscriber, 'a.b')).toEqual([1]);
  });

  it('does not arrive behind a SUBSCRIBE that is refused, nor after the session has left', () => {
    const world = new BrokerWorld({ limits: { subscriptionsPerSession: 0 } });
    world.joins().sends(publish('a.b', [1], RETAIN));
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    expect(world.history.map(({ type }) => type)).toEqual(['send']);
    subscriber.leaves();
    subscriber.sends(subscribe('a.b', GET));
    expect(world.history).toHaveLength(1);
  });

  it('PPT-004: keeps its passthru attributes, and nothing else of the options', () => {
    const world = new BrokerWorld();
    const attributes = { ppt_scheme: 'x_custom', ppt_keyid: 'k1' };
    world.joins().sends(publish('a.b', [1], { ...RETAIN, ...attributes, x_mine: 1 }));
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    subscriber.gets(event({ details: { ...attributes, retained: true } }));
  });

  it('IDENT-009: tells who published it to those who understand, if that was disclosed', () => {
    const world = new BrokerWorld();
    const publisher = world.joins({ authid: 'joe', authrole: 'user' });
    publisher.sends(publish('a.b', [1], { ...RETAIN, disclose_me: true }));
    const identity = { publisher: publisher.id, publisher_authid: 'joe', publisher_authrole: 'user' };
    publisher.leaves();
    const details = (join: JoinOptions): object => {
      const subscriber = world.joins(join);
      subscriber.sends(subscribe('a.b', GET));
      subscriber.gets(subscribed());
      return subscriber.gets(event()).details;
    };
    expect(details({})).toEqual({ ...identity, retained: true });
    expect(details({ features: { subscriber: [] } })).toEqual({ retained: true });
    world.joins().sends(publish('a.b', [2], RETAIN));
    expect(details({})).toEqual({ retained: true });
  });

  it('is declined silently by a broker without codecs, and acknowledged all the same', () => {
    const world = new BrokerWorld({ codecs: [] });
    const publisher = world.joins();
    publisher.sends(publish('a.b', [1], { ...RETAIN, acknowledge: true }));
    publisher.gets(published());
    expect(gets(world.joins(), 'a.b')).toEqual([]);
  });

  it('that is older than the limit is forgotten', () => {
    const world = new BrokerWorld({ retention: { maxAgeMs: 1_000 } });
    world.joins().sends(publish('a.b', [1], RETAIN));
    world.now += 998;
    expect(gets(world.joins(), 'a.b')).toEqual([1]); // a message takes a millisecond
    world.now += 1;
    expect(gets(world.joins(), 'a.b')).toEqual([]);
  });
});

describe('a retained event that is not for everybody', () => {
  const user = { authid: 'ann', authrole: 'user' };
  const admin = { authid: 'bob', authrole: 'admin' };

  it('RETAIN-005: is left out for those it is not for, who get the last one that is', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [0], { ...RETAIN, eligible_authrole: ['user'] }));
    publisher.sends(publish('a.b', [1], RETAIN));
    publisher.sends(publish('a.b', [2], { ...RETAIN, eligible_authrole: ['admin'] }));
    publisher.sends(publish('a.b', [3], { ...RETAIN, exclude_authid: ['bob', 'ann'] }));
    expect(gets(world.joins(user), 'a.b')).toEqual([1]);
    expect(gets(world.joins(admin), 'a.b')).toEqual([2]);
    expect(gets(world.joins(), 'a.b')).toEqual([3]);
  });

  it('RETAIN-005: is all there is, and they get none', () => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], { ...RETAIN, eligible_authrole: ['admin'] }));
    expect(gets(world.joins(user), 'a.b')).toEqual([]);
    expect(gets(world.joins(admin), 'a.b')).toEqual([1]);
  });

  it.each<[string, PublishOptions, number[]]>([
    ['RETAIN-010: eligible only', { eligible: [3] }, [3]],
    ['exclude only', { exclude: [3] }, [2, 4]],
    ['eligible_authid', { eligible_authid: ['bob'] }, [3]],
    ['exclude_authid', { exclude_authid: ['bob'] }, [2, 4]],
    ['eligible_authrole', { eligible_authrole: ['user'] }, [2]],
    ['exclude_authrole', { exclude_authrole: ['user'] }, [3, 4]],
    ['an empty whitelist', { eligible: [] }, []],
    ['an empty whitelist of authids', { eligible_authid: [] }, []],
    ['an empty whitelist of authroles', { eligible_authrole: [] }, []],
    ['empty blacklists', { exclude: [], exclude_authid: [], exclude_authrole: [] }, [2, 3, 4]],
    ['two lists', { eligible: [2, 3], exclude_authrole: ['user'] }, [3]],
  ])('respects %s', (_name, lists, reached) => {
    const world = new BrokerWorld();
    world.joins().sends(publish('a.b', [1], { ...RETAIN, ...lists }));
    const peers = [world.joins(user), world.joins(admin), world.joins()];
    expect(peers.filter((peer) => gets(peer, 'a.b').length > 0).map(({ id }) => id)).toEqual(reached);
  });

  it('RETAIN-011: does not go to the session that published it, unless it asked for that', () => {
    const world = new BrokerWorld();
    const publisher = world.joins({ authid: 'joe' });
    publisher.sends(publish('a.b', [1], RETAIN));
    expect(gets(publisher, 'a.b')).toEqual([]);
    expect(gets(world.joins({ authid: 'joe' }), 'a.b')).toEqual([1]);
    publisher.sends(publish('a.c', [2], { ...RETAIN, exclude_me: false }));
    expect(gets(publisher, 'a.c')).toEqual([2]);
  });

  it('is kept a limited number of times; the one for everybody stays', () => {
    const world = new BrokerWorld({ retention: { restrictedPerTopic: 2 } });
    const publisher = world.joins();
    publisher.sends(publish('a.b', ['all'], RETAIN));
    for (const name of ['r1', 'r2', 'r3']) {
      publisher.sends(publish('a.b', [name], { ...RETAIN, eligible_authrole: [name] }));
    }
    const got = ['r1', 'r2', 'r3', 'x'].map((authrole) => gets(world.joins({ authrole }), 'a.b'));
    expect(got).toEqual([['all'], ['r2'], ['r3'], ['all']]);
  });

  it('keeps the lists as they were when it was published', () => {
    const world = new BrokerWorld();
    const exclude = [99];
    world.joins().sends(publish('a.b', [1], { ...RETAIN, exclude }));
    exclude.push(2);
    expect(gets(world.joins(), 'a.b')).toEqual([1]);
  });
});

describe('retained events for a pattern', () => {
  function filled(options: ConstructorParameters<typeof BrokerWorld>[0] = {}): BrokerWorld {
    const world = new BrokerWorld(options);
    const publisher = world.joins();
    for (const topic of ['a.x', 'b.x', 'a.y', 'a.x.z', 'ab'])
      publisher.sends(publish(topic, [topic], RETAIN));
    publisher.sends(publish('a.x', ['new'], RETAIN));
    return world;
  }

  it('RETAIN-008: are one for each matching topic, named, in the order in which they were published', () => {
    const world = filled();
    expect(gets(world.joins(), 'a', 'prefix')).toEqual(['a.y', 'a.x.z', 'ab', 'new']);
    expect(gets(world.joins(), 'a.', 'wildcard')).toEqual(['a.y', 'new']);
    expect(gets(world.joins(), '.x', 'wildcard')).toEqual(['b.x', 'new']);
    expect(gets(world.joins(), 'c', 'prefix')).toEqual([]);
    const subscriber = world.joins();
    subscriber.sends(subscribe('b.', { match: 'prefix', ...GET }));
    const { subscription } = subscriber.gets(subscribed());
    subscriber.gets(event({ subscription, details: { topic: 'b.x', retained: true } }));
  });

  it('RETAIN-008: are for each topic the last one that is for the subscriber', () => {
    const world = filled();
    const publisher = world.joins();
    publisher.sends(publish('a.y', ['secret'], { ...RETAIN, eligible_authrole: ['admin'] }));
    expect(gets(world.joins(), 'a.', 'prefix')).toEqual(['a.y', 'a.x.z', 'new']);
    expect(gets(world.joins({ authrole: 'admin' }), 'a.', 'prefix')).toEqual(['a.x.z', 'new', 'secret']);
  });

  it('are limited in number: those that were published last', () => {
    const world = filled({ limits: { storedEventsPerRequest: 2 } });
    expect(gets(world.joins(), '', 'prefix')).toEqual(['ab', 'new']);
  });

  it('are limited in bytes, but one always goes', () => {
    expect(gets(filled({ limits: { storedBytesPerRequest: 1 } }).joins(), '', 'prefix')).toEqual(['new']);
    expect(gets(filled({ limits: { storedBytesPerRequest: 1_200 } }).joins(), '', 'prefix')).toEqual([
      'ab',
      'new',
    ]);
  });
});

describe('the payload of a retained event', () => {
  it('may be one bare value, and stays one', () => {
    const world = new BrokerWorld();
    const serializer = cbor();
    const attributes = { enc_algo: 'cryptobox', enc_key: 'k1' };
    const sent = new PublishMessage(1, { ...RETAIN, ...attributes }, 'a.b', Payload.opaque('secret'));
    world.joins().sends(() => serializer.decode(serializer.encode(sent)) as PublishMessage);
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    const got = subscriber.gets(event({ details: { ...attributes, retained: true } }));
    expect(got.payload.opaque).toBe('secret');
  });

  it('does not hold on to the frame that it came in, and goes out as the same bytes', () => {
    const world = new BrokerWorld();
    const serializer = cbor();
    const frame = serializer.encode(new PublishMessage(1, RETAIN, 'a.b', Payload.of([1, 'x'], { k: null })));
    const chunk = new Uint8Array(frame.length + 1_000);
    chunk.set(frame, 500);
    const message = serializer.decode(chunk.subarray(500, 500 + frame.length)) as PublishMessage;
    world.joins().sends(() => message);
    chunk.fill(0xff);
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    const { payload } = subscriber.gets(event({ args: [1, 'x'], kwargs: { k: null } }));
    expect(payload.format).toBe('cbor');
    expect(payload.encodedFor(serializer.payloadCodec).bytes.buffer.byteLength).toBeLessThan(frame.length);
  });

  it('is written by the first codec if it came in a format that the broker has no codec for', () => {
    const world = new BrokerWorld({ codecs: [json().payloadCodec] });
    const serializer = cbor();
    const frame = serializer.encode(new PublishMessage(1, RETAIN, 'a.b', Payload.of([1])));
    world.joins().sends(() => serializer.decode(frame) as PublishMessage);
    const subscriber = world.joins();
    subscriber.sends(subscribe('a.b', GET));
    subscriber.gets(subscribed());
    expect(subscriber.gets(event({ args: [1] })).payload.format).toBe('json');
  });
});
