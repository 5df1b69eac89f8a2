/** What is no signal, and what is no cancel mode: refused before anything is sent, so that nothing can end the session later. */
import { MessageKind, Payload, RegisteredMessage, ResultMessage } from '@wamp/protocol';
import { connect, UsageError, type CallOptions, type Client, type ErrorOrigin } from '@wamp/client';
import { describe, expect, it } from 'vitest';
import { joined, scripted, settle } from './scripted-router.fixture.js';

const NO_SIGNALS: readonly unknown[] = [
  {},
  'now',
  1,
  new AbortController(),
  { aborted: false, addEventListener: () => undefined },
  { aborted: 'no', addEventListener: () => undefined, removeEventListener: () => undefined },
];

const ways: readonly [string, (client: Client, signal: never) => Promise<unknown>][] = [
  ['call', (client, signal) => client.call('a.b', [], { signal })],
  ['a scope', (client, signal) => client.call('a.b', [], { within: { signal, remainingMs: () => 1 } })],
  ['stream', (client, signal) => client.stream('a.b', [], { signal }).result],
  ['upload', (client, signal) => client.upload('a.b', [1], { signal })],
  ['register', (client, signal) => client.register('a.b', () => 1, { signal })],
  ['subscribe', (client, signal) => client.subscribe('a.b', () => 1, { signal })],
  ['publish', (client, signal) => client.publish('a.b', [], { signal })],
  ['an acknowledged publish', (client, signal) => client.publish('a.b', [], { signal, acknowledge: true })],
  ['close', (client, signal) => client.close({ signal })],
];

describe('what is no signal', () => {
  it.each(ways)('is refused by %s before anything is sent', async (_, use) => {
    const { client, router } = await joined();
    for (const signal of NO_SIGNALS) {
      const outcome = await use(client, signal as never).catch((error: unknown) => error);
      expect(outcome).toBeInstanceOf(UsageError);
      expect((outcome as Error).message).toMatch(/signal has to be an AbortSignal/);
    }
    await settle();
    expect(router.unread).toEqual([]);
    expect(client.status.current).toBe('open');
  });

  it('is refused by connect before the transport is opened', async () => {
    for (const signal of NO_SIGNALS) {
      const { transport, router } = scripted();
      const joining = connect(transport, { realm: 'realm1', signal: signal as never });
      await expect(joining).rejects.toThrow(/signal has to be an AbortSignal/);
      expect(router.received).toEqual([]);
    }
  });

  it('may be null, as any option that is left out', async () => {
    const { client, router } = await joined();
    const calling = client.call('a.b', [], { signal: null, cancelMode: null } as unknown as CallOptions);
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, {}, Payload.of([1])));
    expect(await calling).toBe(1);
  });
});

describe('a scope that is none', () => {
  it('is refused before anything is sent', async () => {
    const { client, router } = await joined();
    for (const within of [{}, 'here', { signal: new AbortController().signal }]) {
      const calling = client.call('a.b', [], { within: within as never });
      await expect(calling).rejects.toBeInstanceOf(UsageError);
    }
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('a cancel mode that is none', () => {
  it('is refused before anything is sent, with the names of those that are', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const options = { signal: stop.signal, cancelMode: 'softly' as never };
    const outcomes = [
      client.call('a.b', [], options),
      client.stream('a.b', [], options).result,
      client.upload('a.b', [1], options),
    ].map((each) => each.catch((error: unknown) => error));
    stop.abort();
    for (const outcome of outcomes) {
      expect(await outcome).toBeInstanceOf(UsageError);
      expect(((await outcome) as Error).message).toMatch(/"killnowait", "skip" or "kill"/);
    }
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('does no harm either when it is put into the options of a call in flight', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const options: Record<string, unknown> = { signal: stop.signal, cancelMode: 'skip' };
    const calling = client.call('a.b', [], options);
    await router.gets(MessageKind.Call);
    Object.assign(options, { cancelMode: 'softly', signal: {} });
    stop.abort();
    await expect(calling).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    expect((await router.gets(MessageKind.Cancel)).options.mode).toBe('skip');
    expect(client.status.current).toBe('open');
  });
});

const throws = (): never => {
  throw new Error('gone wrong');
};

/** Passes for a signal until something is taken off it. */
function treacherous(addEventListener: () => void = () => undefined): AbortSignal {
  return { aborted: false, addEventListener, removeEventListener: throws } as unknown as AbortSignal;
}

describe('a request whose signal throws when the answer comes', () => {
  const answer = Payload.of([42]);

  it('has its answer, reports the error, and leaves the session alone', async () => {
    const reported: [unknown, ErrorOrigin][] = [];
    const { client, router } = await joined({ onError: (...told) => void reported.push(told) });
    const signal = treacherous();
    const calling = client.call('a.b', [], { signal });
    router.sends(new ResultMessage((await router.gets(MessageKind.Call)).request, {}, answer));
    expect(await calling).toBe(42);
    const refusing = client.call('a.b', [], { signal });
    router.refuses(MessageKind.Call, (await router.gets(MessageKind.Call)).request, 'a.refusal');
    await expect(refusing).rejects.toMatchObject({ uri: 'a.refusal' });
    const registering = client.register('a.b', () => 1, { signal });
    router.sends(new RegisteredMessage((await router.gets(MessageKind.Register)).request, 5));
    expect((await registering).id).toBe(5);
    await settle();
    expect(reported.map(([error, origin]) => [(error as Error).message, origin])).toEqual([
      ['gone wrong', { where: 'answer', uri: 'CALL' }],
      ['gone wrong', { where: 'answer', uri: 'CALL' }],
      ['gone wrong', { where: 'answer', uri: 'REGISTER' }],
    ]);
    expect(client.status.current).toBe('open');
  });

  it('does not keep the others from learning of the end', async () => {
    const { client, router } = await joined({ onError: () => undefined });
    const all = [
      client.call('a.b', [], { signal: treacherous() }),
      client.publish('a.b', [], { signal: treacherous(), acknowledge: true }),
      client.call('a.b'),
    ].map((each) => each.catch((error: unknown) => (error as Error).name));
    await settle();
    router.cuts();
    expect(await Promise.all(all)).toEqual(all.map(() => 'ConnectionLostError'));
    expect((await client.closed).by).toBe('connection');
  });

  it('sends nothing if the signal does not even take a listener', async () => {
    const { client, router } = await joined();
    const signal = treacherous(throws);
    await expect(client.call('a.b', [], { signal })).rejects.toThrow('gone wrong');
    await expect(client.publish('a.b', [], { signal, acknowledge: true })).rejects.toThrow('gone wrong');
    await settle();
    expect(router.unread).toEqual([]);
  });
});
