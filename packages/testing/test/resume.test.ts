/** Clients whose connection is cut under them: with `reconnect` they go on with their session, and nobody notices. */
import { ConnectionLostError, type Client } from '@wamp/client';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { createTestRouter, type TestClientOptions, type TestRouter } from '@wamp/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

const SOON = { reconnect: { minDelayMs: 1, maxDelayMs: 5 } };
const IN_TIME = { timeout: 15_000, interval: 2 };

const routers: TestRouter[] = [];
afterEach(async () => {
  for (const router of routers.splice(0)) await router.close();
});

function open(options: Parameters<typeof createTestRouter>[0] = {}): TestRouter {
  const wamp = createTestRouter(options);
  routers.push(wamp);
  return wamp;
}

const isBack = (client: Client): Promise<unknown> =>
  vi.waitFor(() => expect(client.status.current).toBe('open'), IN_TIME);

const totals = (wamp: TestRouter): Record<string, number> => ({ ...wamp.router.stats().totals });

describe.each([
  ['json', json],
  ['msgpack', msgpack],
  ['cbor', cbor],
] as const)('a session over %s whose connection is cut again and again', (_, serializer) => {
  it('loses no call, answers none twice, and gets every event once and in order', async () => {
    const wamp = open();
    const options = { ...SOON, serializer: serializer() } as TestClientOptions;
    const [worker, boss] = [await wamp.connect(options), await wamp.connect(options)];
    const executed: number[] = [];
    const heard: number[] = [];
    await worker.register('work', ([n]: [number]) => {
      executed.push(n);
      return n * 2;
    });
    await worker.subscribe('news', ([n]: [number]) => void heard.push(n));
    const ids = [worker.sessionId, boss.sessionId];
    const results: Promise<unknown>[] = [];
    for (let n = 0; n < 200; n += 1) {
      results.push(boss.call('work', [n]));
      void boss.publish('news', [n]);
      if (n % 20 === 5) wamp.lineOf(worker).cut();
      if (n % 20 === 15) wamp.lineOf(boss).cut();
      if (n % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(results)).toEqual(Array.from({ length: 200 }, (_, n) => n * 2));
    await vi.waitFor(() => expect(heard).toHaveLength(200), IN_TIME);
    expect(heard).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(executed).toEqual(heard);
    expect([worker.sessionId, boss.sessionId]).toEqual(ids);
    // How many depends on how soon it is back each time.
    expect(wamp.lineOf(worker).connections).toBeGreaterThan(1);
    expect(totals(wamp)).toMatchObject({ sessionsJoined: 2, sessionsLeft: 0, failures: 0 });
  });
});

it('a client that is away says so, keeps what it is asked to send, and knows its new token', async () => {
  const wamp = open();
  const client = await wamp.connect(SOON);
  const other = await wamp.connect();
  await other.register('echo', ([value]: [unknown]) => value);
  const registration = await client.register('mine', () => 'mine');
  const token = client.sessionToken;
  const line = wamp.lineOf(client);
  line.block();
  line.cut();
  await vi.waitFor(() => expect(client.status.current).toBe('reconnecting'), IN_TIME);
  const answer = client.call('echo', ['kept']);
  const mine = other.call('mine');
  line.repair();
  expect(await answer).toBe('kept');
  expect(await mine).toBe('mine');
  await isBack(client);
  expect(registration.isActive).toBe(true);
  expect(client.sessionToken?.session).toBe(token?.session);
  expect(client.sessionToken?.token).not.toBe(token?.token);
  expect(totals(wamp)).toMatchObject({ sessionsDetached: 1, sessionsResumed: 1, sessionsJoined: 2 });
});

it('takes over at once where the router still believes in the former connection', async () => {
  const wamp = open();
  const client = await wamp.connect(SOON);
  await client.register('mine', () => 'mine');
  const other = await wamp.connect();
  for (let time = 0; time < 3; time += 1) {
    wamp.lineOf(client).cut();
    expect(await other.call('mine')).toBe('mine');
  }
});

describe('a client that cannot go on with its session', () => {
  it('gets a new one with everything restored when the window is over; what was open is lost', async () => {
    const wamp = open({ limits: { resumeMs: 1_000 } });
    const client = await wamp.connect(SOON);
    const other = await wamp.connect();
    const never = new Promise<never>(() => undefined);
    await other.register('never', () => never);
    const registration = await client.register('mine', () => 'mine');
    const former = client.sessionId;
    const open_ = client.call('never');
    const isLost = expect(open_).rejects.toBeInstanceOf(ConnectionLostError);
    const line = wamp.lineOf(client);
    line.block();
    line.cut();
    await wamp.clock.advance(1_000);
    line.repair();
    await isLost;
    await vi.waitFor(() => expect(registration.isActive).toBe(true), IN_TIME);
    expect(client.sessionId).not.toBe(former);
    expect(await other.call('mine')).toBe('mine');
    expect(totals(wamp)).toMatchObject({ sessionsDetached: 1, sessionsResumed: 0, sessionsJoined: 3 });
  });

  it('does the same where the router resumes nothing, and where it does not want to', async () => {
    for (const [limits, resume] of [
      [{ resumeMs: 0 }, true],
      [{}, false],
    ] as const) {
      const wamp = open({ limits });
      const client = await wamp.connect({ reconnect: { ...SOON.reconnect, resume } });
      const registration = await client.register('mine', () => 'mine');
      const former = client.sessionId;
      wamp.lineOf(client).cut();
      await vi.waitFor(() => expect(client.sessionId).not.toBe(former), IN_TIME);
      await vi.waitFor(() => expect(registration.isActive).toBe(true), IN_TIME);
      expect(totals(wamp)).toMatchObject({ sessionsDetached: 0, sessionsResumed: 0, sessionsJoined: 2 });
    }
  });

  it('ends when it is closed while it is away', async () => {
    const wamp = open();
    const client = await wamp.connect(SOON);
    const line = wamp.lineOf(client);
    line.block();
    line.cut();
    await vi.waitFor(() => expect(client.status.current).toBe('reconnecting'), IN_TIME);
    await client.close();
    expect(client.status.current).toBe('closed');
    await wamp.clock.advance(15_000);
    expect(totals(wamp)).toMatchObject({ sessionsLeft: 1 });
  });
});
