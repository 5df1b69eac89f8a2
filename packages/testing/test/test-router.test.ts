import { CanceledError, ConnectionLostError, TimeoutError, type Client } from '@wamp/client';
import { json } from '@wamp/protocol/json';
import { createTestRouter, type TestRouter } from '@wamp/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let wamp: TestRouter;
beforeEach(() => {
  wamp = createTestRouter();
});
afterEach(() => wamp.close());

async function pair(options = {}): Promise<[caller: Client, callee: Client]> {
  return [await wamp.connect(options), await wamp.connect(options)];
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a test router', () => {
  it('is the real one: calls, errors, events, meta procedures', async () => {
    const [caller, callee] = await pair();
    await callee.register('com.example.add', ([a, b]: [number, number]) => a + b);
    expect(await caller.call('com.example.add', [1, 2])).toBe(3);
    await expect(caller.call('com.example.none')).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
    const heard: unknown[] = [];
    await callee.subscribe('com.example.news', ([text]) => heard.push(text));
    await caller.publish('com.example.news', ['hi'], { acknowledge: true });
    await wamp.clock.advance(0);
    expect(heard).toEqual(['hi']);
    expect(await caller.call('wamp.session.count')).toBe(2);
    expect(wamp.router.stats().sessions).toBe(2);
  });

  it('takes realms, and clients of other formats', async () => {
    const other = createTestRouter({ realms: { shop: {}, lab: {} } });
    const client = await other.connect({ realm: 'lab', serializer: json() });
    expect(client.realm).toBe('lab');
    await expect(other.connect()).rejects.toMatchObject({ uri: 'wamp.error.no_such_realm' });
    await other.close();
  });

  it('does not know clients of others', async () => {
    const other = createTestRouter();
    const stranger = await other.connect();
    expect(() => wamp.lineOf(stranger)).toThrow('was not joined by this test router');
    await other.close();
  });
});

describe('its time', () => {
  it('passes only when the test lets it pass', async () => {
    const [caller, callee] = await pair();
    await callee.register('com.example.slow', never);
    const call = caller.call('com.example.slow', [], { timeoutMs: 3_600_000 });
    let outcome: unknown = 'pending';
    call.catch((error: unknown) => (outcome = error));
    await wamp.clock.advance(3_599_999);
    expect(outcome).toBe('pending');
    await wamp.clock.advance(1);
    expect(outcome).toBeInstanceOf(TimeoutError);
  });

  it('begins where the test wants', async () => {
    const other = createTestRouter({ startAt: Date.UTC(2030, 5, 1) });
    const client = await other.connect();
    await client.register('com.example.add', () => 3);
    const id = await client.call('wamp.registration.match', ['com.example.add']);
    expect(await client.call('wamp.registration.get', [id])).toMatchObject({
      created: '2030-06-01T00:00:00.000Z',
    });
    await other.close();
  });

  it('fires timers in their order, each at its time', async () => {
    const { clock } = wamp;
    const seen: [string, number][] = [];
    const begun = clock.now();
    const note = (name: string) => (): void => void seen.push([name, clock.now() - begun]);
    clock.startTimer(note('c'), 30);
    clock.startTimer(() => {
      note('a')();
      clock.startTimer(note('b'), 10);
    }, 10);
    clock.startTimer(note('never'), 20).stop();
    clock.startTimer(note('later'), 41);
    await clock.advance(40);
    expect(seen).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ]);
    expect(clock.now() - begun).toBe(40);
  });
});

describe('a line', () => {
  it('that is cut costs callers of the callee one error, at once', async () => {
    const [caller, callee] = await pair();
    await callee.register('com.example.slow', never);
    const call = caller.call('com.example.slow');
    call.catch(() => undefined);
    await wamp.clock.advance(0);
    wamp.lineOf(callee).cut();
    await expect(call).rejects.toBeInstanceOf(CanceledError);
    expect(await callee.closed).toMatchObject({ wasClean: false });
  });

  it('that is cut costs the caller its pending calls', async () => {
    const [caller, callee] = await pair();
    await callee.register('com.example.slow', never);
    const call = caller.call('com.example.slow');
    wamp.lineOf(caller).cut();
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
  });

  it('that is stalled swallows nothing: what waited arrives in order', async () => {
    const [publisher, subscriber] = await pair();
    const heard: unknown[] = [];
    await subscriber.subscribe('com.example.news', ([n]) => heard.push(n));
    wamp.lineOf(subscriber).stall();
    for (const n of [1, 2, 3]) await publisher.publish('com.example.news', [n], { acknowledge: true });
    await wamp.clock.advance(60_000);
    expect(heard).toEqual([]);
    wamp.lineOf(subscriber).flow();
    await wamp.clock.advance(0);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('that is slow delays both directions, in order, also when the delay shrinks', async () => {
    const [caller, callee] = await pair();
    await callee.register('com.example.echo', ([n]) => n);
    wamp.lineOf(caller).delay(100);
    const answers: unknown[] = [];
    const call = async (n: number): Promise<void> =>
      void answers.push(await caller.call('com.example.echo', [n]));
    const first = call(1);
    await wamp.clock.advance(50);
    wamp.lineOf(caller).delay(0);
    const second = call(2);
    await wamp.clock.advance(49);
    expect(answers).toEqual([]);
    await wamp.clock.advance(1);
    await Promise.all([first, second]);
    expect(answers).toEqual([1, 2]);
  });

  it('that was cut is found again by a client that reconnects, unless it is blocked', async () => {
    const reconnect = { minDelayMs: 1, maxDelayMs: 2, resume: false };
    const [caller, callee] = [await wamp.connect(), await wamp.connect({ reconnect })];
    await callee.register('com.example.add', ([a, b]: [number, number]) => a + b);
    const line = wamp.lineOf(callee);
    line.block();
    line.cut();
    await wamp.clock.advance(0);
    await expect(caller.call('com.example.add', [1, 2])).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
    line.repair();
    let sum: unknown;
    while (sum === undefined) {
      await wamp.clock.advance(1);
      sum = await caller.call('com.example.add', [1, 2]).catch(() => undefined);
    }
    expect(sum).toBe(3);
    expect(line.connections).toBe(2);
  });
});
