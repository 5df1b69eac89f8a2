import { json } from '@wamp/protocol/json';
import { CanceledError, TimeoutError, UsageError, WampError } from '@wamp/client';
import { createLoopback } from '@wamp/client/loopback';
import { afterEach, describe, expect, it } from 'vitest';
import { settle } from './scripted-router.fixture.js';

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function loopback(...args: Parameters<typeof createLoopback>): ReturnType<typeof createLoopback> {
  const made = createLoopback(...args);
  open.push(() => made.close());
  return made;
}

describe('a loopback', () => {
  it('lets clients call each other through a real dealer', async () => {
    for (const options of [{}, { serializer: json() }]) {
      const { connect } = bound(loopback(options));
      const callee = await connect();
      const caller = await connect();
      await callee.register('com.example.add', ([a, b]: [number, number]) => a + b);
      expect(await caller.call<number>('com.example.add', [1, 2])).toBe(3);
      expect(await callee.call('com.example.add', [3, 4])).toBe(7);
      await expect(caller.call('com.example.nothing')).rejects.toMatchObject({
        uri: 'wamp.error.no_such_procedure',
      });
    }
  });

  it('fault 24: a handler that itself makes a call does not deadlock', async () => {
    const { connect } = bound(loopback());
    const client = await connect();
    await client.register('a.outer', ([n]) => client.call('a.inner', [n]));
    await client.register('a.inner', ([n]) => (n === 0 ? 'bottom' : client.call('a.outer', [n - 1])));
    expect(await client.call('a.outer', [5])).toBe('bottom');
  });

  it('a call within an invocation inherits what is left of its time, and its cancellation', async () => {
    const { connect } = bound(loopback());
    const [backend, client] = [await connect(), await connect()];
    let inherited: number | undefined;
    let innerSignal: AbortSignal | undefined;
    let reached: () => void = () => undefined;
    await backend.register(
      'a.inner',
      ([waits], { details, signal }) => {
        inherited = details.timeout;
        innerSignal = signal;
        reached();
        return waits === true ? new Promise(() => undefined) : 'inner';
      },
      { forwardTimeout: true },
    );
    await backend.register('a.outer', (args, within) => backend.call('a.inner', args, { within }), {
      forwardTimeout: true,
    });

    expect(await client.call('a.outer', [false], { timeoutMs: 60_000 })).toBe('inner');
    expect(inherited).toBeGreaterThan(0);
    expect(inherited).toBeLessThanOrEqual(60_000);
    expect(await client.call('a.outer', [false])).toBe('inner');
    expect(inherited).toBeUndefined();

    const arrived = new Promise<void>((resolve) => (reached = resolve));
    const stop = new AbortController();
    const call = client.call('a.outer', [true], { signal: stop.signal });
    await arrived;
    stop.abort();
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    while (innerSignal?.aborted !== true) await new Promise((resolve) => setImmediate(resolve));
  });

  it('carries errors, progressive results, chunks and binary values', async () => {
    const { connect } = bound(loopback());
    const callee = await connect();
    const caller = await connect();
    await callee.register('a.fails', () => {
      throw new WampError('com.example.empty', ['empty'], { cart: 7 });
    });
    await callee.register('a.counts', async function* ([n]) {
      for (let i = 1; i <= n; i++) yield i;
      return 'end';
    });
    await callee.register('a.sums', async (_args, { chunks }) => {
      let sum = 0;
      for await (const chunk of chunks) sum += chunk as number;
      return sum;
    });
    await callee.register('a.echo', ([bytes]) => bytes);
    await expect(caller.call('a.fails')).rejects.toMatchObject({
      uri: 'com.example.empty',
      args: ['empty'],
      kwargs: { cart: 7 },
    });
    const stream = caller.stream<number>('a.counts', [3]);
    const seen: number[] = [];
    for await (const value of stream) seen.push(value);
    expect(seen).toEqual([1, 2, 3]);
    expect(await stream.result).toBe('end');
    expect(await caller.upload('a.sums', [1, 2, 3])).toBe(6);
    expect(await caller.call('a.echo', [new Uint8Array([1, 2])])).toEqual(new Uint8Array([1, 2]));
  });

  it('cancels: the callee’s signal is aborted, kill is answered', async () => {
    const { connect } = bound(loopback());
    const callee = await connect();
    const caller = await connect();
    const aborted: unknown[] = [];
    await callee.register('a.slow', async (_args, { signal }) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
      aborted.push(signal.reason);
    });
    for (const cancelMode of ['kill', 'killnowait'] as const) {
      const stop = new AbortController();
      const call = caller.call('a.slow', [], { signal: stop.signal, cancelMode });
      await settle();
      stop.abort();
      await expect(call).rejects.toBeInstanceOf(CanceledError);
      await settle();
    }
    expect(aborted).toEqual([expect.any(CanceledError), expect.any(CanceledError)]);
  });

  it('keeps timeouts', async () => {
    const { connect } = bound(loopback());
    const client = await connect();
    await client.register('a.never', () => new Promise(() => undefined));
    await expect(client.call('a.never', [], { timeoutMs: 10 })).rejects.toBeInstanceOf(TimeoutError);
  });

  it('a client that leaves takes its registrations along and its callers get canceled', async () => {
    const { connect } = bound(loopback());
    const callee = await connect();
    const caller = await connect();
    await callee.register('a.never', () => new Promise(() => undefined));
    const call = caller.call('a.never');
    call.catch(() => undefined);
    await settle();
    await callee.close();
    await expect(call).rejects.toBeInstanceOf(CanceledError);
    await expect(caller.call('a.never')).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  it('has no broker and says so', async () => {
    const { connect } = bound(loopback());
    const client = await connect();
    const refusal = { uri: 'wamp.error.feature_not_supported' };
    await expect(client.subscribe('a.topic', () => undefined)).rejects.toMatchObject(refusal);
    await expect(client.publish('a.topic', [], { acknowledge: true })).rejects.toMatchObject(refusal);
    expect(await client.publish('a.topic')).toBeUndefined();
    await settle();
    expect(client.status.current).toBe('open');
  });

  it('dismisses everybody when it is closed', async () => {
    const made = loopback();
    const client = await made.connect();
    await made.close();
    expect(await client.closed).toMatchObject({ by: 'router', reason: 'wamp.close.system_shutdown' });
    await expect(made.connect()).rejects.toBeInstanceOf(UsageError);
  });
});

function bound(made: ReturnType<typeof createLoopback>): Pick<ReturnType<typeof createLoopback>, 'connect'> {
  return { connect: (options) => made.connect(options) };
}
