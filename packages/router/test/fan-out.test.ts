/** Publications to more subscribers than one turn has room for, at work in a router. */
import { MessageKind, type Serializer } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import type { RealmOptions } from '../src/index.js';
import { House, SERIALIZERS, settled, type TestPeer } from './test-peer.fixture.js';

/** A router in which two receivers fill a slice, and whose later turns a test takes by hand. */
class SlicedHouse extends House {
  readonly later: (() => void)[];

  constructor(realm: RealmOptions = {}) {
    const later: (() => void)[] = [];
    const brokerLimits = { receiversPerSlice: 2, pendingPublicationsPerSession: 2, ...realm.brokerLimits };
    super({
      realms: { realm1: { ...realm, brokerLimits }, realm2: {} },
      defer: (work) => later.push(work),
    });
    this.later = later;
  }

  async turns(count = Infinity): Promise<void> {
    for (let turn = 0; turn < count && this.later.length > 0; turn += 1) {
      this.later.shift()!();
      await settled();
    }
  }

  async crowd(size: number, topic = 'big', serializer?: Serializer): Promise<TestPeer[]> {
    const peers: TestPeer[] = [];
    for (let n = 0; n < size; n += 1) {
      const peer = await this.joins('realm1', undefined, serializer);
      await peer.subscribes(topic);
      peers.push(peer);
    }
    return peers;
  }
}

/** The first arguments of the events that have come. */
async function events(peer: TestPeer): Promise<unknown[]> {
  await settled();
  return peer.inbox
    .splice(0)
    .map((message) =>
      message.kind === MessageKind.Event ? message.payload.args[0] : `${message.kind} instead of EVENT`,
    );
}

describe('a publication to very many subscribers', () => {
  it('does not delay a call', async () => {
    const house = new SlicedHouse();
    const peers = await house.crowd(5);
    const [caller, callee] = [await house.joins(), await house.joins()];
    await callee.registers('a.proc');
    (await house.joins()).publishes('big', [1]);
    await settled();
    expect(await events(peers[2]!)).toEqual([]);
    caller.calls('a.proc', ['now']);
    callee.yields(await callee.gets(MessageKind.Invocation), ['done']);
    expect((await caller.gets(MessageKind.Result)).payload.args).toEqual(['done']);
    expect(house.router.stats().realms.get('realm1')?.pendingPublications).toBe(1);
    await house.turns();
    for (const peer of peers.slice(2)) expect(await events(peer)).toEqual([1]);
    expect(house.router.stats().realms.get('realm1')?.pendingPublications).toBe(0);
  });

  it('a publisher that sends too many of them is not read until they have arrived; others are', async () => {
    const house = new SlicedHouse();
    const peers = await house.crowd(5);
    const [eager, other] = [await house.joins(), await house.joins()];
    for (let n = 1; n <= 4; n += 1) eager.publishes('big', [n]);
    const call = eager.calls('a.none');
    await eager.getsNothing();
    expect(house.router.stats().realms.get('realm1')?.pendingPublications).toBe(2);
    expect(await other.failure('a.none')).toBe('wamp.error.no_such_procedure');
    await house.turns();
    expect(await eager.isRefused(MessageKind.Call, call)).toBe('wamp.error.no_such_procedure');
    for (const peer of peers) expect(await events(peer)).toEqual([1, 2, 3, 4]);
  });

  it('a publisher that leaves while it is held leaves nothing behind', async () => {
    const house = new SlicedHouse();
    const peers = await house.crowd(5);
    const publisher = await house.joins();
    for (let n = 1; n <= 3; n += 1) publisher.publishes('big', [n]);
    await settled();
    publisher.transport.terminate('gone');
    await settled();
    await house.turns();
    for (const peer of peers) expect(await events(peer)).toEqual([1, 2]);
    expect(house.router.stats()).toMatchObject({ sessions: 5, totals: { failures: 0 } });
  });

  it.each(SERIALIZERS)('in %s is encoded once', async (_, make) => {
    const serializer = make();
    let encoded = 0;
    const counting: Serializer = {
      ...serializer,
      subprotocol: serializer.subprotocol,
      format: serializer.format,
      isBinary: serializer.isBinary,
      payloadCodec: serializer.payloadCodec,
      decode: (frame) => serializer.decode(frame),
      encode: (message) => {
        if (message.kind === MessageKind.Event) encoded += 1;
        return serializer.encode(message);
      },
    };
    const house = new SlicedHouse();
    const peers = await house.crowd(7, 'big', counting);
    (await house.joins()).publishes('big', [1]);
    await settled();
    await house.turns();
    for (const peer of peers) expect(await events(peer)).toEqual([1]);
    expect(encoded).toBe(1);
  });

  it('PUBSUB-012: the payload is what was sent, though the frame that it came in is long gone', async () => {
    const house = new SlicedHouse();
    const crowds = await Promise.all(SERIALIZERS.map(([, make]) => house.crowd(3, 'big', make())));
    for (const [, make] of SERIALIZERS) {
      const publisher = await house.joins('realm1', undefined, make());
      publisher.publishes('big', ['something long enough not to be inlined', { of: [1, 2.5, null] }]);
      await settled();
      publisher.publishes('none', ['x'.repeat(200)]);
      await settled();
      await house.turns();
      for (const peer of crowds.flat()) {
        const { payload } = await peer.gets(MessageKind.Event);
        expect(payload.args).toEqual(['something long enough not to be inlined', { of: [1, 2.5, null] }]);
      }
    }
  });
});

describe('the end of a session', () => {
  it('META-029, TESTAMENT-002: its events, testaments and on_leave arrive in this order', async () => {
    const house = new SlicedHouse();
    const watchers: TestPeer[] = [];
    for (let n = 0; n < 5; n += 1) {
      const peer = await house.joins();
      for (const topic of [
        'wamp.session.on_leave',
        'wamp.subscription.on_unsubscribe',
        'big',
        'last.words',
      ]) {
        await peer.subscribes(topic);
      }
      watchers.push(peer);
    }
    const only = await house.joins();
    await only.subscribes('last.words.of.all');
    await house.turns();
    for (const peer of [...watchers, only]) peer.inbox.length = 0;
    const mortal = await house.joins();
    const subscription = await mortal.subscribes('a.topic');
    await mortal.result('wamp.session.add_testament', ['last.words', ['testament 1'], {}]);
    await mortal.result('wamp.session.add_testament', ['last.words.of.all', ['testament 2'], {}]);
    mortal.publishes('big', ['event']);
    await settled();
    mortal.transport.terminate('gone');
    await settled();
    await only.getsNothing();
    await house.turns();
    for (const peer of watchers) {
      expect(await events(peer)).toEqual(['event', mortal.id, 'testament 1', mortal.id]);
    }
    expect(subscription).toBeGreaterThan(0);
    expect(await events(only)).toEqual(['testament 2']);
  });
});
