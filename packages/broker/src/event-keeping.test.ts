import { ErrorUri, MessageKind } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  BrokerWorld,
  CODECS,
  error,
  event,
  publish,
  published,
  RecordingOutbox,
  subscribe,
  subscribed,
} from './broker-world.fixture.js';
import { Broker } from './broker.js';
import type { EventStore } from './event-store.js';
import { MemoryEventStore } from './memory-event-store.js';
import type { StoredEvent } from './stored-event.js';

const HISTORY = [{ uri: 'a', match: 'prefix' }] as const;
const KEEP = { retain: true, acknowledge: true };

/** A disk that can be full: a store of its own, not a stand-in for one. */
class FailingStore extends MemoryEventStore implements EventStore {
  isBroken = false;

  override append(...parameters: Parameters<EventStore['append']>): void {
    this.#check();
    super.append(...parameters);
  }
  override *retained(...parameters: Parameters<EventStore['retained']>): Generator<StoredEvent> {
    yield* super.retained(...parameters);
    this.#check();
  }
  override history(...parameters: Parameters<EventStore['history']>): Iterable<StoredEvent> {
    this.#check();
    return super.history(...parameters);
  }

  #check(): void {
    if (this.isBroken) throw new Error('the disk is full');
  }
}

describe('a publication that is to be kept', () => {
  it('has a time in whole milliseconds in the store, also from a clock with fractions', () => {
    const store = new MemoryEventStore();
    const world = new BrokerWorld({ history: HISTORY, store });
    world.now = 1_000.75;
    world.joins().sends(publish('a', [1], KEEP));
    const [kept] = store.retained('a', 'exact', 0);
    expect([kept?.publishedAt, Math.floor(world.now)]).toEqual([1_001, 1_001]);
  });

  it('is in the store before it is acknowledged, and acknowledged before it is delivered', () => {
    const order: string[] = [];
    const store = new MemoryEventStore();
    const world = new BrokerWorld({
      history: HISTORY,
      store: {
        append: (kept, placement) => {
          order.push(`append ${placement.histories.length}, ${placement.retention !== undefined}`);
          expect(world.history.filter(({ type }) => type !== 'subscriptionEvent')).toHaveLength(before);
          store.append(kept, placement);
        },
        retained: (...parameters) => store.retained(...parameters),
        positionOf: (...parameters) => store.positionOf(...parameters),
        history: (...parameters) => store.history(...parameters),
      },
    });
    const subscriber = world.subscriberOf('a.b');
    const before = world.history.filter(({ type }) => type !== 'subscriptionEvent').length;
    world.joins().sends(publish('a.b', [1], KEEP));
    expect(order).toEqual(['append 1, true']);
    expect(world.history.slice(-2).map(({ type }) => type)).toEqual(['send', 'fanOut']);
    subscriber.gets(event({ args: [1] }));
  });

  it('is stored once, and only if it is to be kept', () => {
    const appended: string[] = [];
    const store = new MemoryEventStore();
    const world = new BrokerWorld({
      history: HISTORY,
      store: {
        append: ({ topic }) => void appended.push(topic),
        retained: (...parameters) => store.retained(...parameters),
        positionOf: (...parameters) => store.positionOf(...parameters),
        history: (...parameters) => store.history(...parameters),
      },
    });
    const publisher = world.joins();
    publisher.sends(publish('a.1', [], KEEP));
    publisher.sends(publish('a.2', [], { eligible: [1] }));
    publisher.sends(publish('b.1', [], { acknowledge: true }));
    publisher.sends(publish('b.2', [], { retain: true }));
    publisher.sends(publish('a.3', [], { retain: true, exclude: [1] }));
    expect(appended).toEqual(['a.1', 'b.2', 'a.3']);
  });

  it('is refused and goes to nobody if the store fails; the operator is told', () => {
    const store = new FailingStore();
    const world = new BrokerWorld({ store });
    const subscriber = world.subscriberOf('a.b');
    const publisher = world.joins();
    store.isBroken = true;
    const request = publisher.sends(publish('a.b', [1], KEEP));
    publisher.gets(error(ErrorUri.Unavailable, { requestKind: MessageKind.Publish, request }));
    publisher.getsNothing();
    subscriber.getsNothing();
    expect(world.storeFailures).toEqual(['append a.b']);
    store.isBroken = false;
    publisher.sends(publish('a.b', [2], KEEP));
    publisher.gets(published());
    subscriber.gets(event({ args: [2] }));
  });

  it('is delivered nevertheless if nothing was promised', () => {
    const store = new FailingStore();
    store.isBroken = true;
    const world = new BrokerWorld({ store, history: HISTORY });
    const subscriber = world.subscriberOf('a.b');
    world.joins().sends(publish('a.b', [1]));
    subscriber.gets(event({ args: [1] }));
    expect(world.storeFailures).toEqual(['append a.b']);
  });

  it('is refused if its payload cannot be expressed, which is no failure of the store', () => {
    const world = new BrokerWorld();
    const publisher = world.joins();
    publisher.sends(publish('a.b', [Symbol('x')], KEEP));
    publisher.gets(error(ErrorUri.InvalidArgument));
    expect(world.storeFailures).toEqual([]);
  });
});

describe('a store that fails', () => {
  it('leaves a subscriber with what could be read', () => {
    const store = new FailingStore();
    const world = new BrokerWorld({ store });
    world.joins().sends(publish('a.b', [1], { retain: true }));
    store.isBroken = true;
    const subscriber = world.joins();
    subscriber.sends(subscribe('a', { match: 'prefix', get_retained: true }));
    subscriber.gets(subscribed());
    subscriber.gets(event({ args: [1] }));
    subscriber.getsNothing();
    expect(world.storeFailures).toEqual(['retained a']);
  });

  it('leaves a question about a history unanswered, with an error', () => {
    const store = new FailingStore();
    const world = new BrokerWorld({ store, history: HISTORY });
    store.isBroken = true;
    expect(world.asks(1)).toBe(ErrorUri.Unavailable);
    expect(world.storeFailures).toEqual(['history a']);
  });

  it('harms nobody whose host does not want to know', () => {
    const store = new FailingStore();
    store.isBroken = true;
    const outbox = new RecordingOutbox();
    const silent = {
      send: outbox.send.bind(outbox),
      fanOut: outbox.fanOut.bind(outbox),
      abort: outbox.abort.bind(outbox),
      subscriptionEvent: outbox.subscriptionEvent.bind(outbox),
    };
    const broker = new Broker(silent, { random32: () => 1, store, history: HISTORY, codecs: CODECS });
    const requester = { session: 1, authid: 'x', authrole: 'y' };
    expect(broker.events(1, {}, requester, 1)).toMatchObject({ uri: ErrorUri.Unavailable });
    expect(outbox.take()).toEqual([]);
  });
});

describe('what was kept', () => {
  it('is there for the next broker with the same store', () => {
    const store = new MemoryEventStore();
    const before = new BrokerWorld({ store, history: HISTORY });
    const publisher = before.joins({ authid: 'joe' });
    publisher.sends(publish('a.b', [1], { ...KEEP, disclose_me: true, eligible_authrole: ['user'] }));
    const { publication } = publisher.gets(published());

    const after = new BrokerWorld({ store, history: [{ uri: 'x' }, ...HISTORY] });
    const user = { session: 9, authid: 'ann', authrole: 'user' };
    expect(after.asks(2, {}, user)).toMatchObject([{ publication, subscription: 2, args: [1] }]);
    expect(after.asks(2)).toEqual([]);
    after.joins(); // takes the session id that the publisher had
    const subscriber = after.joins({ authrole: 'user' });
    subscriber.sends(subscribe('a.b', { get_retained: true }));
    subscriber.gets(subscribed());
    subscriber.gets(event({ publication, args: [1] }));
  });
});
