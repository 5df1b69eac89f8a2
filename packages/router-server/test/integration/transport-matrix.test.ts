/** Every feature over every transport, with every serializer: two clients of one kind, against one router. */
import { CanceledError, connect, TimeoutError, type Client, type ConnectTarget } from '@wamp/client';
import { batched } from '@wamp/client/batched';
import { longPoll } from '@wamp/client/long-poll';
import { webSocket } from '@wamp/client/node-web-socket';
import { rawSocket } from '@wamp/client/raw-socket';
import type { Serializer } from '@wamp/protocol';
import { Router } from '@wamp/router';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, type RouterServer } from '../../src/listen.js';
import { certificateFor } from '../certificate.fixture.js';
import { temporarySocketPath } from '../rawsocket-pair.fixture.js';
import { FORMATS, serializerFor } from './running-router.fixture.js';

const failures: unknown[] = [];
const violations: string[] = [];
const router = new Router({
  realms: { realm1: {} },
  observer: {
    failed: (error) => failures.push(error),
    violated: (code, sentence) => violations.push(`${code} ${sentence}`),
  },
});
const certificate = certificateFor('localhost');
const tls = { ca: certificate.cert };
const unix = temporarySocketPath();
let plain: RouterServer;
let secured: RouterServer;
let local: RouterServer;

beforeAll(async () => {
  plain = await listen(router, { port: 0, longPoll: true });
  secured = await listen(router, { port: 0, tls: { certificates: [certificate] } });
  local = await listen(router, { socketPath: unix.path });
});
afterAll(async () => {
  await router.close();
  await Promise.all([plain, secured, local].map((server) => server.close({ graceMs: 50 })));
  unix.remove();
  expect(failures).toEqual([]);
  expect(violations).toEqual([]);
});

const TRANSPORTS: Readonly<Record<string, (serializer: Serializer) => ConnectTarget>> = {
  WebSocket: (serializer) => webSocket({ url: plain.url, serializers: [serializer] }),
  'WebSocket, batched': (serializer) => webSocket({ url: plain.url, serializers: [batched(serializer)] }),
  'WebSocket over TLS': (serializer) => webSocket({ url: secured.url, tls, serializers: [serializer] }),
  'RawSocket over TCP': (serializer) =>
    rawSocket({ host: '127.0.0.1', port: plain.port, serializers: [serializer] }),
  'RawSocket over a Unix socket': (serializer) => rawSocket({ path: unix.path, serializers: [serializer] }),
  'RawSocket over TLS': (serializer) =>
    rawSocket({ host: '127.0.0.1', port: secured.port, tls, serializers: [serializer] }),
  'long-poll': (serializer) =>
    longPoll({ url: `http://127.0.0.1:${plain.port}/lp`, serializers: [serializer] }),
  'in process': (serializer) => router.openTransport(serializer),
};

const CASES = Object.entries(TRANSPORTS).flatMap(([name, target]) =>
  FORMATS.map((format) => ({ name, format, target })),
);

describe.each(CASES)('$name with $format', ({ name, format, target }) => {
  const uri = (last: string): string =>
    `com.example.${name.replace(/\W+/g, '_').toLowerCase()}.${format}.${last}`;
  let callee: Client;
  let caller: Client;
  beforeAll(async () => {
    const join = (): Promise<Client> => connect(target(serializerFor(format)), { realm: 'realm1' });
    [callee, caller] = await Promise.all([join(), join()]);
  });
  afterAll(async () => {
    await Promise.all([callee.close(), caller.close()]);
    expect((await caller.closed).wasClean).toBe(true);
  });

  it('calls, also with much in the arguments, and many at a time', async () => {
    await callee.register(uri('echo'), ([value]) => value);
    const large = { text: 'ü'.repeat(100_000), bytes: new Uint8Array(70_000).fill(7) };
    const back = await caller.call<typeof large>(uri('echo'), [large]);
    expect(back.text).toBe(large.text);
    expect(Buffer.from(back.bytes).equals(large.bytes)).toBe(true);
    const many = Array.from({ length: 200 }, (_, i) => i);
    expect(await Promise.all(many.map((i) => caller.call(uri('echo'), [i])))).toEqual(many);
  });

  it('progressive results', async () => {
    await callee.register(uri('count'), function* ([to]: [number]) {
      for (let i = 1; i <= to; i++) yield i;
      return 'done';
    });
    const counting = caller.stream<number, string>(uri('count'), [20]);
    const seen: number[] = [];
    for await (const value of counting) seen.push(value);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(await counting.result).toBe('done');
  });

  it('canceling and timeouts reach the callee', async () => {
    const ended: unknown[] = [];
    let began: (() => void) | undefined;
    await callee.register(uri('wait'), async (_, { signal }) => {
      began?.();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      ended.push(signal.aborted);
    });
    const controller = new AbortController();
    const running = new Promise<void>((resolve) => (began = resolve));
    const canceled = caller.call(uri('wait'), [], { signal: controller.signal, cancelMode: 'kill' });
    await running;
    controller.abort();
    await expect(canceled).rejects.toBeInstanceOf(CanceledError);
    await expect(caller.call(uri('wait'), [], { timeoutMs: 20 })).rejects.toBeInstanceOf(TimeoutError);
    // A further call of the same callee comes behind the INTERRUPT.
    await callee.register(uri('behind'), () => ended.length);
    expect(await caller.call(uri('behind'))).toBe(2);
  });

  it('registrations by pattern, and the meta API', async () => {
    await callee.register(uri('files'), (_, { procedure }) => procedure, { match: 'prefix' });
    expect(await caller.call(`${uri('files')}.a.b`)).toBe(`${uri('files')}.a.b`);
    const wildcard = await callee.register(`${uri('user')}..name`, () => 'joe', { match: 'wildcard' });
    expect(await caller.call(`${uri('user')}.7.name`)).toBe('joe');
    expect(await caller.call('wamp.registration.match', [`${uri('user')}.7.name`])).toBe(wildcard.id);
    expect(await caller.call('wamp.session.count')).toBeGreaterThanOrEqual(2);
    await wildcard.unregister();
    await expect(caller.call(`${uri('user')}.7.name`)).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });

  it('publications, in order, and retained events', async () => {
    const seen: number[] = [];
    let last: (() => void) | undefined;
    const all = new Promise<void>((resolve) => (last = resolve));
    await callee.subscribe(uri('news'), ([value]: [number]) => {
      if (seen.push(value) === 100) last?.();
    });
    for (let i = 0; i < 100; i++) void caller.publish(uri('news'), [i], { acknowledge: i === 99 });
    await all;
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
    await caller.publish(uri('state'), ['kept'], { retain: true, acknowledge: true });
    const retained = new Promise((resolve) => {
      void callee.subscribe(uri('state'), ([value]) => resolve(value), { getRetained: true });
    });
    expect(await retained).toBe('kept');
  });
});
