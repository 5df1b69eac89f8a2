import { MessageKind, type Dict, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { describe, expect, it } from 'vitest';
import { MemoryEventStore, Router, type RealmOptions, type StoreFailure } from '../src/index.js';
import { as, believing } from './claimed-identity.fixture.js';
import { House, plain, settled, SERIALIZERS, type TestPeer } from './test-peer.fixture.js';

const house = (options: RealmOptions = {}): House =>
  new House({ realms: { realm1: { authenticators: [believing], ...options } } });

/** The EVENTs that came, as what is in them, without publication id. */
async function events(peer: TestPeer): Promise<unknown[]> {
  await settled();
  return peer.inbox.splice(0).map((message) => {
    if (message.kind !== MessageKind.Event) return plain(message);
    return [message.details, ...message.payload.args];
  });
}

describe.each(SERIALIZERS)('retained events over %s', (_name, serializer) => {
  const joins = (h: House, authid = 'joe', authrole = 'user'): Promise<TestPeer> =>
    h.joins('realm1', as(authid, authrole), serializer());

  it('RETAIN-001: arrive behind SUBSCRIBED, with the id of the publication, and say that they are retained', async () => {
    const h = house();
    const [publisher, subscriber] = [await joins(h), await joins(h)];
    publisher.publishes('com.sign', ['open', { since: 8 }], { retain: true, acknowledge: true });
    const { publication } = await publisher.gets(MessageKind.Published);
    const subscription = await subscriber.subscribes('com.sign', { get_retained: true });
    const event = await subscriber.gets(MessageKind.Event);
    expect(event).toMatchObject({ subscription, publication, details: { retained: true } });
    expect(event.payload.args).toEqual(['open', { since: 8 }]);
    await subscriber.getsNothing();
  });

  it('RETAIN-003: are only the most recent ones', async () => {
    const h = house();
    const [publisher, subscriber] = [await joins(h), await joins(h)];
    for (const sign of ['open', 'closed']) publisher.publishes('com.sign', [sign], { retain: true });
    await settled();
    await subscriber.subscribes('com.sign', { get_retained: true });
    expect(await events(subscriber)).toEqual([[{ retained: true }, 'closed']]);
  });

  it('RETAIN-005: are never those for somebody else, but the last one that is not', async () => {
    const h = house();
    const [publisher, user, admin] = [await joins(h), await joins(h), await joins(h, 'root', 'admin')];
    publisher.publishes('com.sign', ['for all'], { retain: true });
    publisher.publishes('com.sign', ['secret'], { retain: true, eligible_authrole: ['admin'] });
    publisher.publishes('com.only', ['secret'], { retain: true, exclude_authid: ['joe'] });
    await settled();
    for (const peer of [user, admin]) {
      await peer.subscribes('com.only', { get_retained: true });
      const only = await events(peer);
      await peer.subscribes('com.sign', { get_retained: true });
      const secret = [{ retained: true }, 'secret'];
      const [onlyWanted, signWanted] =
        peer === admin ? [[secret], secret] : [[], [{ retained: true }, 'for all']];
      expect(only).toEqual(onlyWanted);
      expect(await events(peer)).toEqual([signWanted]);
    }
  });

  it('RETAIN-008: are for a pattern one for each topic that matches, and name it', async () => {
    const h = house();
    const [publisher, subscriber] = [await joins(h), await joins(h)];
    for (const topic of ['com.door.1', 'com.door.2', 'org.door.3']) {
      publisher.publishes(topic, [topic], { retain: true });
    }
    await settled();
    await subscriber.subscribes('com.door.', { match: 'prefix', get_retained: true });
    expect(await events(subscriber)).toEqual([
      [{ topic: 'com.door.1', retained: true }, 'com.door.1'],
      [{ topic: 'com.door.2', retained: true }, 'com.door.2'],
    ]);
    await subscriber.subscribes('.door.3', { match: 'wildcard', get_retained: true });
    expect(await events(subscriber)).toEqual([[{ topic: 'org.door.3', retained: true }, 'org.door.3']]);
  });
});

it('are translated for subscribers of other formats', async () => {
  const value = ['grün', 1.5, -7, 2 ** 40, true, null, [{ a: [] }]];
  for (const [from, publishing] of SERIALIZERS) {
    for (const [to, subscribing] of SERIALIZERS) {
      const h = house();
      const publisher = await h.joins('realm1', as('joe', 'user'), publishing());
      publisher.publishes('com.sign', value, { retain: true });
      await publisher.leaves();
      const late = await h.joins('realm1', as('ann', 'user'), subscribing());
      await late.subscribes('com.sign', { get_retained: true });
      expect(await events(late), `${from} to ${to}`).toEqual([[{ retained: true }, ...value]]);
    }
  }
});

it('a json publisher and a cbor late subscriber: bytes are bytes', async () => {
  const h = house();
  const joins = (serializer: Serializer): Promise<TestPeer> =>
    h.joins('realm1', as('joe', 'user'), serializer);
  (await joins(json())).publishes('com.sign', [new Uint8Array([0, 255])], { retain: true });
  const late = await joins(cbor());
  await late.subscribes('com.sign', { get_retained: true });
  expect([...((await late.gets(MessageKind.Event)).payload.args[0] as Uint8Array)]).toEqual([0, 255]);
});

it('that cannot be expressed in the format of a late subscriber are dropped for it, and counted', async () => {
  const h = house();
  const publisher = await h.joins('realm1', as('joe', 'user'), cbor());
  publisher.publishes('com.sign', [2n ** 70n], { retain: true });
  await settled();
  const over = async (serializer: Serializer): Promise<unknown[]> => {
    const late = await h.joins('realm1', as('ann', 'user'), serializer);
    await late.subscribes('com.sign', { get_retained: true });
    return events(late);
  };
  expect(await over(msgpack())).toEqual([]);
  expect(h.router.stats().totals).toMatchObject({ eventsDropped: 1, failures: 0 });
  expect(await over(cbor())).toEqual([[{ retained: true }, 2n ** 70n]]);
});

it('may be testaments', async () => {
  const h = house();
  const peer = await h.joins();
  const args = ['com.device.1', ['offline'], {}];
  await peer.result('wamp.session.add_testament', args, { publish_options: { retain: true } });
  peer.transport.terminate('gone');
  await settled();
  const late = await h.joins();
  await late.subscribes('com.device.1', { get_retained: true });
  expect(await events(late)).toEqual([[{ retained: true }, 'offline']]);
});

it('retention says how much of a topic is retained', async () => {
  const h = house({ retention: { maxAgeMs: 1_000 } });
  const [publisher, subscriber] = [await h.joins(), await h.joins()];
  publisher.publishes('com.sign', [1], { retain: true });
  await settled();
  h.clock.advance(1_001);
  await subscriber.subscribes('com.sign', { get_retained: true });
  await subscriber.getsNothing();
});

describe('an event store', () => {
  it('of the host is the one that is used, also by the next router', async () => {
    const eventStore = new MemoryEventStore();
    const publisher = await house({ eventStore }).joins();
    publisher.publishes('com.sign', ['open'], { retain: true });
    await settled();
    const subscriber = await house({ eventStore }).joins();
    await subscriber.subscribes('com.sign', { get_retained: true });
    expect((await subscriber.gets(MessageKind.Event)).payload.args).toEqual(['open']);
  });

  it('that fails is told to the observer and counted; an acknowledged publication is refused', async () => {
    const told: [string, StoreFailure][] = [];
    const cause = new Error('the disk is full');
    const fail = (): never => {
      throw cause;
    };
    const eventStore = { append: fail, retained: fail, positionOf: fail, history: fail };
    const h = new House({
      realms: { realm1: { eventStore, history: [{ uri: 'com.sign' }] } },
      observer: { storeFailed: (...all) => void told.push(all) },
    });
    const [publisher, subscriber] = [await h.joins(), await h.joins()];
    const request = publisher.publishes('com.sign', [1], { retain: true, acknowledge: true });
    expect(await publisher.isRefused(MessageKind.Publish, request)).toBe('wamp.error.unavailable');
    const subscription = await subscriber.subscribes('com.sign', { get_retained: true });
    await subscriber.getsNothing();
    expect(await subscriber.failure('wamp.subscription.get_events', [subscription])).toBe(
      'wamp.error.unavailable',
    );
    expect(told).toEqual([
      ['realm1', { task: 'append', topic: 'com.sign', cause }],
      ['realm1', { task: 'retained', topic: 'com.sign', cause }],
      ['realm1', { task: 'history', topic: 'com.sign', cause }],
    ]);
    expect(h.router.stats().totals).toMatchObject({ storeFailures: 3, failures: 0, eventsDropped: 0 });
  });

  it('belongs to one realm: nothing crosses from one realm to another', async () => {
    const eventStore = new MemoryEventStore();
    expect(() => new Router({ realms: { realm1: { eventStore }, realm2: { eventStore } } })).toThrow(
      'realm2',
    );
    const errors: unknown[] = [];
    const h = new House({
      createRealm: () => ({ eventStore }),
      observer: { failed: (error) => void errors.push(error) },
    });
    const details: Dict = as('joe', 'user');
    await h.joins('realm1', details);
    const second = h.peer().hello('realm2', details);
    expect((await second.gets(MessageKind.Abort)).reason).toBe('wamp.error.no_such_realm');
    expect(errors).toHaveLength(1);
  });
});
