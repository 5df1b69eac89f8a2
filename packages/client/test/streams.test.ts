/** Streams in both directions, and the pace that the consumer's loop gives to the producer's generator. */
import { announceRoles, InvocationMessage, MessageKind, Payload, ResultMessage } from '@wamp/protocol';
import { ConnectionLostError, type Invocation } from '@wamp/client';
import { createLoopback } from '@wamp/client/loopback';
import { chunksFrom, readableFrom } from '@wamp/client/web-streams';
import { afterEach, describe, expect, it } from 'vitest';
import { joined, settle } from './scripted-router.fixture.js';

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function pair(): Promise<{
  caller: Awaited<ReturnType<ReturnType<typeof createLoopback>['connect']>>;
  callee: Awaited<ReturnType<ReturnType<typeof createLoopback>['connect']>>;
}> {
  const loopback = createLoopback();
  open.push(() => loopback.close());
  return { caller: await loopback.connect(), callee: await loopback.connect() };
}

const CREDIT = announceRoles({ dealer: ['call_canceling', 'progressive_call_results', 'x_credit'] });

describe('credit', () => {
  it('a producer of a million rows keeps only a window ahead of a slow consumer', async () => {
    const { caller, callee } = await pair();
    let produced = 0;
    await callee.register('a.rows', async function* () {
      for (; produced < 1_000_000; produced++) yield produced;
      return 'end';
    });
    const rows = caller.stream<number>('a.rows');
    let seen = 0;
    let furthest = 0;
    for await (const row of rows) {
      expect(row).toBe(seen);
      seen += 1;
      await settle();
      furthest = Math.max(furthest, produced - seen);
      if (seen === 300) break;
    }
    expect(furthest).toBeLessThanOrEqual(2 * 64);
    await expect(rows.result).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
  });

  it('lets a stream of many windows through to its end, in order and complete', async () => {
    const { caller, callee } = await pair();
    await callee.register('a.rows', function* ([n]: [number]) {
      for (let i = 0; i < n; i++) yield i;
      return n;
    });
    const rows = caller.stream<number, number>('a.rows', [10_000]);
    let next = 0;
    for await (const row of rows) expect(row).toBe(next++);
    expect(next).toBe(10_000);
    expect(await rows.result).toBe(10_000);
  });

  it('is at most what the loop buffers, and is asked for by halves', async () => {
    const { client, router } = await joined({}, CREDIT);
    const stream = client.stream('a.b', [], { maxBuffered: 4 });
    const call = await router.gets(MessageKind.Call);
    expect(call.options).toEqual({ receive_progress: true, x_credit: 4 });
    const progress = (n: number): ResultMessage =>
      new ResultMessage(call.request, { progress: true }, Payload.of([n]));
    router.sends(progress(1), progress(2), progress(3), progress(4));
    await settle();
    expect(router.unread).toEqual([]);
    const loop = stream[Symbol.asyncIterator]();
    await loop.next();
    await settle();
    expect(router.unread).toEqual([]);
    await loop.next();
    const grant = await router.gets(MessageKind.Call);
    expect(grant).toMatchObject({ request: call.request, procedure: 'a.b', options: { x_credit: 2 } });
    expect(grant.payload.isEmpty).toBe(true);
    router.sends(new ResultMessage(call.request, {}, Payload.of(['end'])));
    expect(await stream.result).toBe('end');
    await loop.next();
    await loop.next();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('is not asked for where the router did not announce it', async () => {
    const { client, router } = await joined();
    client.stream('a.b');
    expect((await router.gets(MessageKind.Call)).options).toEqual({ receive_progress: true });
  });

  it('makes a callee wait; progress() goes on, and whenReady() tells', async () => {
    const { client, router } = await joined({}, CREDIT);
    let seen: Invocation | undefined;
    void client.register('a.b', (_args, invocation) => {
      seen = invocation;
      return new Promise(() => undefined);
    });
    await router.registers(7);
    router.sends(new InvocationMessage(1, 7, { receive_progress: true, x_credit: 2 }));
    await settle();
    expect(seen!.whenReady()).toBeUndefined();
    seen!.progress(1);
    seen!.progress(2);
    let isReady = false;
    void seen!.whenReady()!.then(() => (isReady = true));
    await settle();
    expect(isReady).toBe(false);
    router.sends(new InvocationMessage(1, 7, { x_credit: 1 }));
    await settle();
    expect(isReady).toBe(true);
  });

  it('a generator that waits for credit ends with the session', async () => {
    const { client, router } = await joined({}, CREDIT);
    let left = false;
    void client.register('a.b', async function* () {
      try {
        for (;;) yield 1;
      } finally {
        left = true;
      }
    });
    await router.registers(7);
    router.sends(new InvocationMessage(1, 7, { receive_progress: true, x_credit: 1 }));
    await router.gets(MessageKind.Yield);
    await settle();
    expect(left).toBe(false);
    router.cuts();
    await client.closed;
    await settle();
    expect(left).toBe(true);
  });
});

describe('both directions', () => {
  it('stream at once: chunks in, results out', async () => {
    const { caller, callee } = await pair();
    await callee.register('a.double', async function* (_args: unknown, { chunks }: Invocation) {
      let count = 0;
      for await (const chunk of chunks) {
        count += 1;
        yield (chunk as number) * 2;
      }
      return count;
    });
    async function* numbers(): AsyncGenerator<number> {
      for (let i = 1; i <= 500; i++) {
        yield i;
        if (i % 50 === 0) await settle();
      }
    }
    const stream = caller.stream<number, number>('a.double', undefined, { chunks: numbers() });
    let sum = 0;
    for await (const doubled of stream) sum += doubled;
    expect(sum).toBe(500 * 501);
    expect(await stream.result).toBe(500);
  });

  it('web streams are chunks, and results are web streams', async () => {
    const { caller, callee } = await pair();
    await callee.register('a.double', async function* (_args: unknown, { chunks }: Invocation) {
      for await (const chunk of chunks) yield (chunk as number) * 2;
    });
    let onCancel!: () => void;
    const canceled = new Promise<void>((resolve) => (onCancel = resolve));
    const source = new ReadableStream<number>({
      pull(controller) {
        controller.enqueue(21);
      },
      cancel: () => onCancel(),
    });
    const stream = caller.stream<number>('a.double', [], { chunks: chunksFrom(source) });
    const reader = readableFrom(stream).getReader();
    expect(await reader.read()).toEqual({ done: false, value: 42 });
    await reader.cancel();
    await expect(stream.result).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    await canceled;
    await callee.register('a.three', function* () {
      yield* [1, 2, 3];
    });
    const all: number[] = [];
    const short = readableFrom(caller.stream<number>('a.three')).getReader();
    for (let step = await short.read(); !step.done; step = await short.read()) all.push(step.value);
    expect(all).toEqual([1, 2, 3]);
    expect(
      await caller.upload('a.three', chunksFrom(new ReadableStream<number>({ start: (c) => c.close() }))),
    ).toBeUndefined();
  });
});

describe('events in a loop', () => {
  it('come from the moment of the subscription on, until the loop is left', async () => {
    const { client, router } = await joined();
    const subscribing = client.subscribe('a.b', { match: 'prefix' });
    expect((await router.subscribes(5)).options).toEqual({ match: 'prefix' });
    const subscription = await subscribing;
    const event = (n: number): void =>
      router.sendsBytes(new TextEncoder().encode(`[36,5,${n},{"topic":"a.b.c"},[${n}]]`));
    event(1);
    event(2);
    await settle();
    const seen: unknown[] = [];
    for await (const { args, topic, publication } of subscription) {
      seen.push([args[0], topic, publication]);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([
      [1, 'a.b.c', 1],
      [2, 'a.b.c', 2],
    ]);
    expect((await router.gets(MessageKind.Unsubscribe)).subscription).toBe(5);
    expect(subscription.isActive).toBe(false);
  });

  it.each([
    ['drop-oldest', [2, 3]],
    ['drop-newest', [1, 2]],
    [undefined, [2, 3]],
  ] as const)('beyond the buffer are dropped as %s says, and counted', async (overflow, kept) => {
    const { client, router } = await joined();
    const options = overflow === undefined ? {} : { overflow };
    const subscribing = client.subscribe('a.b', { maxBuffered: 2, ...options });
    await router.subscribes(5);
    const subscription = await subscribing;
    for (const n of [1, 2, 3]) router.sendsBytes(new TextEncoder().encode(`[36,5,${n},{},[${n}]]`));
    await settle();
    expect(subscription.dropped).toBe(1);
    const loop = subscription[Symbol.asyncIterator]();
    const seen = [await loop.next(), await loop.next()].map(
      ({ value }) => (value as { args: unknown[] }).args[0],
    );
    expect(seen).toEqual(kept);
  });

  it('beyond the buffer end the loop with an error, if they are told to', async () => {
    const { client, router } = await joined();
    const subscribing = client.subscribe('a.b', { maxBuffered: 1, overflow: 'error' });
    await router.subscribes(5);
    const subscription = await subscribing;
    for (const n of [1, 2]) router.sendsBytes(new TextEncoder().encode(`[36,5,${n},{},[${n}]]`));
    await router.gets(MessageKind.Unsubscribe);
    const loop = subscription[Symbol.asyncIterator]();
    expect((await loop.next()).value).toMatchObject({ args: [1] });
    await expect(loop.next()).rejects.toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    await expect(client.subscribe('a.b', { overflow: 'explode' as never })).rejects.toThrow(
      'overflow has to be "drop-oldest", "drop-newest" or "error", not "explode"',
    );
  });

  it('the loop ends with a revocation, and with the client', async () => {
    for (const end of ['revoked', 'cut'] as const) {
      const { client, router } = await joined();
      const subscribing = client.subscribe('a.b');
      await router.subscribes(5);
      const subscription = await subscribing;
      const loop = subscription[Symbol.asyncIterator]();
      const next = loop.next();
      if (end === 'revoked') router.sendsBytes(new TextEncoder().encode('[35,0,{"subscription":5}]'));
      else router.cuts();
      expect(await next).toEqual({ done: true, value: undefined });
    }
  });
});

describe('drain', () => {
  it('gives procedures back, lets handlers and calls finish, then says GOODBYE', async () => {
    const { client, router } = await joined();
    let finish!: (value: string) => void;
    void client.register('a.b', () => new Promise((resolve) => (finish = resolve)));
    await router.registers(7);
    router.sends(new InvocationMessage(1, 7));
    await settle();
    const pending = client.call('c.d');
    const call = await router.gets(MessageKind.Call);
    const draining = client.drain();
    const { request } = await router.gets(MessageKind.Unregister);
    router.sendsBytes(new TextEncoder().encode(`[67,${request}]`));
    await settle();
    expect(client.status.current).toBe('open');
    finish('done');
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['done']);
    await settle();
    expect(router.unread).toEqual([]);
    router.sends(new ResultMessage(call.request, {}, Payload.of([1])));
    expect(await pending).toBe(1);
    await router.dismisses();
    await draining;
    expect(await client.closed).toMatchObject({ by: 'client', wasClean: true });
  });

  it('closes all the same when its signal is aborted', async () => {
    const { client, router } = await joined();
    const pending = client.call('c.d');
    pending.catch(() => undefined);
    await router.gets(MessageKind.Call);
    const draining = client.drain({ signal: AbortSignal.abort() });
    await router.dismisses();
    await draining;
    await expect(pending).rejects.toBeInstanceOf(ConnectionLostError);
  });
});
