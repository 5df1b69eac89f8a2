/** The client in a browser, over the browser's own WebSocket: as caller, as callee, as publisher and subscriber. */
import { connect, WampError, type Client, type ConnectOptions } from '@wamp/client';
import { cbor } from '@wamp/client/cbor';
import { json } from '@wamp/client/json';
import { msgpack } from '@wamp/client/msgpack';
import { failure, same, until } from './claims.js';
import type { Cases } from './cases.js';
import { lab } from './contract.js';

const url = (): string => `ws://${location.host}/ws`;
const formats = { json, cbor, msgpack };

/** Joins twice, does something, and leaves. */
async function withPair(
  work: (caller: Client, callee: Client) => Promise<void>,
  options: Partial<ConnectOptions> = {},
): Promise<void> {
  const join = (): Promise<Client> => connect(url(), { realm: 'realm1', ...options });
  const [caller, callee] = [await join(), await join()];
  try {
    await work(caller, callee);
  } finally {
    await Promise.all([caller.close(), callee.close()]);
  }
}

export const clientCases: Cases = {
  'calls a procedure that another page offers, in every format': async () => {
    for (const [name, make] of Object.entries(formats)) {
      await withPair(
        async (caller, callee) => {
          await callee.register(`page.echo.${name}`, (args: unknown[]) => args);
          const values = [1, 'grüß dich', null, { deep: [true, 2 ** 40] }];
          same(await caller.call(`page.echo.${name}`, values), values);
        },
        { serializers: [make()] },
      );
    }
  },

  'passes errors on': async () => {
    await withPair(async (caller, callee) => {
      await callee.register('page.fails', () => {
        throw new WampError('page.error.sorry', ['no'], { until: 'monday' });
      });
      const error = await failure(caller.call('page.fails'));
      same([error.uri, error.kwargs], ['page.error.sorry', { until: 'monday' }]);
      same((await failure(caller.call('page.none'))).uri, 'wamp.error.no_such_procedure');
    });
  },

  'streams results, and stops the generator when the loop is left': async () => {
    await withPair(async (caller, callee) => {
      let stopped = false;
      await callee.register('page.count', async function* ([last]: number[]) {
        try {
          for (let n = 0; n < (last ?? 0); n += 1) yield n;
          return 'done';
        } finally {
          stopped = true;
        }
      });
      const seen: unknown[] = [];
      const stream = caller.stream('page.count', [3]);
      for await (const value of stream) seen.push(value);
      same([seen, await stream.result], [[0, 1, 2], 'done']);
      stopped = false;
      for await (const value of caller.stream('page.count', [1e9])) if (value === 5) break;
      await until(() => stopped);
    });
  },

  'streams arguments': async () => {
    await withPair(async (caller, callee) => {
      await callee.register('page.sum', async (_args, { chunks, progress }) => {
        let sum = 0;
        for await (const chunk of chunks) progress((sum += Number(chunk)));
        return sum;
      });
      const sums: unknown[] = [];
      const onProgress = (sum: unknown): unknown => sums.push(sum);
      same(await caller.upload('page.sum', [1, 2, 3], { onProgress }), 6);
      same(sums, [1, 3, 6]);
    });
  },

  cancels: async () => {
    await withPair(async (caller, callee) => {
      let reason: unknown;
      await callee.register('page.sleep', (_args, { signal }) => {
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(undefined);
          }),
        );
      });
      const stop = new AbortController();
      const call = caller.call('page.sleep', [], { signal: stop.signal });
      stop.abort();
      same((await failure(call)).uri, 'wamp.error.canceled');
      await until(() => reason !== undefined);
      same((await failure(caller.call('page.sleep', [], { timeoutMs: 20 }))).uri, 'wamp.error.timeout');
    });
  },

  'publishes and subscribes': async () => {
    await withPair(async (publisher, subscriber) => {
      const heard: unknown[] = [];
      await subscriber.subscribe('page.news.', ([text], { topic }) => heard.push([topic, text]), {
        match: 'prefix',
      });
      await publisher.publish('page.news.one', ['first'], { acknowledge: true });
      await publisher.publish('page.news.two', ['second'], { acknowledge: true });
      await until(() => heard.length === 2);
      same(heard, [
        ['page.news.one', 'first'],
        ['page.news.two', 'second'],
      ]);
    });
  },

  'comes back when its connections are cut, with registrations and subscriptions': async ({
    cutConnections,
  }) => {
    await withPair(
      async (caller, callee) => {
        const heard: unknown[] = [];
        await callee.register('page.survivor', () => 'alive');
        await callee.subscribe('page.survivor.news', ([text]) => heard.push(text));
        await cutConnections();
        let answer: unknown;
        while (answer === undefined) {
          // Until both are back, the call fails in one of several ways.
          answer = await caller.call('page.survivor').catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        same(answer, 'alive');
        while (heard.length === 0) {
          await caller.publish('page.survivor.news', ['heard'], { acknowledge: true });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        same(heard[0], 'heard');
      },
      { reconnect: { minDelayMs: 10, maxDelayMs: 50 } },
    );
  },

  'serves and uses a contract': async () => {
    await withPair(async (caller, callee) => {
      await callee.serve(lab, {
        add: ([a, b]) => a + b,
        count: async function* ([last]) {
          for (let n = 0; n < last; n += 1) yield n;
          return 'done';
        },
      });
      const api = caller.use(lab);
      same(await api.add([20, 22]), 42);
      same((await failure(api.add([1, 'two' as never]))).uri, 'wamp.error.invalid_argument');
      const seen: number[] = [];
      for await (const n of api.count.stream([2])) seen.push(n);
      same(seen, [0, 1]);
      const readings: unknown[] = [];
      await callee.use(lab).reading.subscribe(([value], { params }) => {
        readings.push([params.sensor, value]);
      });
      await api.reading.publish({ sensor: 's1' }, [21.5], { acknowledge: true });
      await until(() => readings.length === 1);
      same(readings, [['s1', 21.5]]);
    });
  },

  'runs on what the browser has': async () => {
    same('process' in globalThis, false);
    same('Buffer' in globalThis, false);
    await Promise.resolve();
  },
};
