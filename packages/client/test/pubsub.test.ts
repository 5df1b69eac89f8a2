import {
  EventMessage,
  MessageKind,
  Payload,
  PublishedMessage,
  SubscribedMessage,
  UnsubscribedMessage,
} from '@wamp/protocol';
import { CanceledError, type ReceivedEvent } from '@wamp/client';
import { describe, expect, it } from 'vitest';
import { joined, settle, type ScriptedRouter } from './scripted-router.fixture.js';

const TOPIC = 'com.example.topic';

function publishes(router: ScriptedRouter, subscription: number, args: unknown[], details = {}): void {
  router.sends(new EventMessage(subscription, 1000, details, Payload.of(args)));
}

describe('publishing', () => {
  it('sends the options under their names in the specification', async () => {
    const { client, router } = await joined();
    const options = {
      kwargs: { k: 1 },
      excludeMe: false,
      exclude: [1],
      excludeAuthid: ['a'],
      excludeAuthrole: ['b'],
      eligible: [2],
      eligibleAuthid: ['c'],
      eligibleAuthrole: ['d'],
      retain: true,
      discloseMe: true,
    };
    expect(await client.publish(TOPIC, [1], options)).toBeUndefined();
    const publish = await router.gets(MessageKind.Publish);
    expect(publish.options).toEqual({
      exclude_me: false,
      exclude: [1],
      exclude_authid: ['a'],
      exclude_authrole: ['b'],
      eligible: [2],
      eligible_authid: ['c'],
      eligible_authrole: ['d'],
      retain: true,
      disclose_me: true,
    });
    expect(publish).toMatchObject({ topic: TOPIC, payload: { args: [1], kwargs: { k: 1 } } });
  });

  it('resolves with the publication id when acknowledged, and rejects when refused', async () => {
    const { client, router } = await joined();
    const first = client.publish(TOPIC, [], { acknowledge: true });
    const second = client.publish(TOPIC, [], { acknowledge: true });
    const one = await router.gets(MessageKind.Publish);
    const two = await router.gets(MessageKind.Publish);
    expect(one.options).toEqual({ acknowledge: true });
    router.refuses(MessageKind.Publish, two.request, 'wamp.error.not_authorized');
    router.sends(new PublishedMessage(one.request, 4242));
    expect(await first).toBe(4242);
    await expect(second).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
  });

  it('stops waiting for the acknowledgement when the signal is aborted', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const publishing = client.publish(TOPIC, [], { acknowledge: true, signal: stop.signal });
    const { request } = await router.gets(MessageKind.Publish);
    stop.abort();
    await expect(publishing).rejects.toBeInstanceOf(CanceledError);
    router.sends(new PublishedMessage(request, 4242));
    await settle();
    expect(client.status.current).toBe('open');
  });
});

describe('subscribing', () => {
  it('delivers arguments and what is known of the event', async () => {
    const { client, router } = await joined();
    const seen: [unknown[], ReceivedEvent][] = [];
    const subscribing = client.subscribe('com.example.', (args, event) => seen.push([args, event]), {
      match: 'prefix',
    });
    const subscribe = await router.subscribes(5);
    expect(subscribe).toMatchObject({ topic: 'com.example.', options: { match: 'prefix' } });
    const details = { topic: TOPIC, publisher: 3, publisher_authid: 'joe' };
    router.sends(new EventMessage(5, 1000, details, Payload.of([1, 2], { k: 3 })));
    expect(await subscribing).toMatchObject({
      id: 5,
      topic: 'com.example.',
      match: 'prefix',
      isActive: true,
    });
    await settle();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject([
      [1, 2],
      {
        args: [1, 2],
        kwargs: { k: 3 },
        details,
        topic: TOPIC,
        publication: 1000,
        publisher: { session: 3, authid: 'joe' },
        retained: false,
      },
    ]);
  });

  it('delivers an event that comes in the same moment as SUBSCRIBED', async () => {
    const { client, router } = await joined();
    const seen: unknown[] = [];
    void client.subscribe(TOPIC, ([value], event) => seen.push(value, event.topic));
    const { request } = await router.gets(MessageKind.Subscribe);
    router.sends(new SubscribedMessage(request, 5), new EventMessage(5, 1, {}, Payload.of([1])));
    await settle();
    expect(seen).toEqual([1, TOPIC]);
  });

  it('rejects with the router’s refusal', async () => {
    const { client, router } = await joined();
    const subscribing = client.subscribe('not a uri', () => undefined);
    const { request } = await router.gets(MessageKind.Subscribe);
    router.refuses(MessageKind.Subscribe, request, 'wamp.error.invalid_uri');
    await expect(subscribing).rejects.toMatchObject({ uri: 'wamp.error.invalid_uri' });
  });

  it('PUBSUB-018: counts the handlers of one topic: only the last one that leaves sends UNSUBSCRIBE', async () => {
    const { client, router } = await joined();
    const seen: string[] = [];
    const subscribing = [
      client.subscribe(TOPIC, () => seen.push('a')),
      client.subscribe(TOPIC, () => seen.push('b')),
    ];
    await router.subscribes(5);
    await router.subscribes(5);
    const [a, b] = await Promise.all(subscribing);
    publishes(router, 5, []);
    await settle();
    expect(seen).toEqual(['a', 'b']);
    await a!.unsubscribe();
    await a!.unsubscribe();
    expect(a!.isActive).toBe(false);
    publishes(router, 5, []);
    await settle();
    expect(seen).toEqual(['a', 'b', 'b']);
    expect(router.unread).toEqual([]);
    const leaving = b!.unsubscribe();
    const { request, subscription } = await router.gets(MessageKind.Unsubscribe);
    expect(subscription).toBe(5);
    publishes(router, 5, []); // crosses with UNSUBSCRIBE
    router.sends(new UnsubscribedMessage(request));
    await leaving;
    expect(seen).toEqual(['a', 'b', 'b']);
    expect(client.status.current).toBe('open');
  });

  it('keeps a subscription that a SUBSCRIBE on its way will share', async () => {
    const { client, router } = await joined();
    const seen: string[] = [];
    const first = client.subscribe(TOPIC, () => seen.push('a'));
    await router.subscribes(5);
    const a = await first;
    const second = client.subscribe(TOPIC, () => seen.push('b'));
    await a.unsubscribe();
    await router.subscribes(5);
    const b = await second;
    publishes(router, 5, []);
    await settle();
    expect(seen).toEqual(['b']);
    expect(router.unread).toEqual([]);
    void b.unsubscribe();
    await router.gets(MessageKind.Unsubscribe);
  });

  it('gives it up after all if that SUBSCRIBE is refused', async () => {
    const { client, router } = await joined();
    const first = client.subscribe(TOPIC, () => undefined);
    await router.subscribes(5);
    const a = await first;
    const second = client.subscribe(TOPIC, () => undefined);
    await a.unsubscribe();
    const { request } = await router.gets(MessageKind.Subscribe);
    router.refuses(MessageKind.Subscribe, request, 'wamp.error.not_authorized');
    await expect(second).rejects.toMatchObject({ uri: 'wamp.error.not_authorized' });
    expect((await router.gets(MessageKind.Unsubscribe)).subscription).toBe(5);
  });

  it('gives a subscription back that comes after its signal was aborted', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const subscribing = client.subscribe(TOPIC, () => undefined, { signal: stop.signal });
    const { request } = await router.gets(MessageKind.Subscribe);
    stop.abort();
    await expect(subscribing).rejects.toBeInstanceOf(CanceledError);
    router.sends(new SubscribedMessage(request, 5));
    expect((await router.gets(MessageKind.Unsubscribe)).subscription).toBe(5);
  });

  it('delivers retained events only to handlers that asked for them', async () => {
    const { client, router } = await joined();
    const seen: string[] = [];
    void client.subscribe(TOPIC, () => seen.push('a'));
    await router.subscribes(5);
    void client.subscribe(TOPIC, () => seen.push('b'), { getRetained: true });
    expect((await router.subscribes(5)).options).toEqual({ get_retained: true });
    publishes(router, 5, [], { retained: true });
    publishes(router, 5, []);
    await settle();
    expect(seen).toEqual(['b', 'a', 'b']);
  });

  it('a handler that throws or rejects is reported; the others and the session go on', async () => {
    const reported: unknown[] = [];
    const { client, router } = await joined({ onError: (error, origin) => reported.push(error, origin) });
    const seen: unknown[] = [];
    const trouble = new Error('sync');
    const later = new Error('async');
    void client.subscribe(TOPIC, () => {
      throw trouble;
    });
    void client.subscribe(TOPIC, () => Promise.reject(later));
    void client.subscribe(TOPIC, ([value]) => seen.push(value));
    for (let i = 0; i < 3; i++) await router.subscribes(5);
    publishes(router, 5, [1]);
    publishes(router, 5, [2]);
    await settle();
    const origin = { where: 'event', uri: TOPIC };
    expect(seen).toEqual([1, 2]);
    expect(reported).toEqual([trouble, origin, trouble, origin, later, origin, later, origin]);
    expect(client.status.current).toBe('open');
  });

  it('a revocation ends it for all its handlers and is told; an unknown one is ignored', async () => {
    const { client, router } = await joined();
    const reasons: unknown[] = [];
    const subscribing = client.subscribe(TOPIC, () => undefined, {
      onRevoked: (reason) => reasons.push(reason),
    });
    await router.subscribes(5);
    const subscription = await subscribing;
    router.sends(new UnsubscribedMessage(0, { subscription: 99 }));
    router.sends(new UnsubscribedMessage(0, { subscription: 5, reason: 'com.example.reason' }));
    await settle();
    expect(reasons).toEqual(['com.example.reason']);
    expect(subscription.isActive).toBe(false);
    await subscription.unsubscribe();
    expect(router.unread).toEqual([]);
    expect(client.status.current).toBe('open');
  });

  it('an event for an unknown subscription is ignored', async () => {
    const ignored: string[] = [];
    const { client, router } = await joined({ onIgnored: (text) => ignored.push(text) });
    publishes(router, 99, []);
    await settle();
    expect(client.status.current).toBe('open');
    expect(ignored).toHaveLength(1);
  });

  it('ends with the session', async () => {
    const { client, router } = await joined();
    const subscribing = client.subscribe(TOPIC, () => undefined);
    await router.subscribes(5);
    const subscription = await subscribing;
    router.cuts();
    await client.closed;
    expect(subscription.isActive).toBe(false);
    await subscription.unsubscribe();
  });
});

describe('what is taken out of a subscription', () => {
  it('works without it: unsubscribe', async () => {
    const { client, router } = await joined();
    const subscribing = client.subscribe(TOPIC, () => undefined);
    await router.subscribes(5);
    const { unsubscribe } = await subscribing;
    const leaving = unsubscribe();
    const { request, subscription } = await router.gets(MessageKind.Unsubscribe);
    expect(subscription).toBe(5);
    router.sends(new UnsubscribedMessage(request));
    await leaving;
  });
});
