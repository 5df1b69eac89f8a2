/** Compressed WebSocket connections, over real sockets: what is agreed, what is carried, and what bounds it. */
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { connect, type Client } from '@wamp/client';
import { Router } from '@wamp/router';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, type PerMessageDeflateOptions } from 'ws';
import { listen, type ListenOptions, type RouterServer } from '../src/listen.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { transportCases } from './transport-cases.fixture.js';
import { dialled, wsTransportPair } from './ws-pair.fixture.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: ListenOptions): Promise<{ server: RouterServer; acceptor: RecordingAcceptor }> {
  const acceptor = new RecordingAcceptor();
  const server = await listen(acceptor, { port: 0, closeTimeoutMs: 200, ...options });
  cleanups.push(() => server.close({ graceMs: 20 }));
  return { server, acceptor };
}

/** What was agreed with a client that offers this. */
async function agreed(options: ListenOptions, offer: PerMessageDeflateOptions | boolean): Promise<string> {
  const { server } = await start(options);
  const webSocket = new WebSocket(server.url, ['wamp.2.json'], { perMessageDeflate: offer });
  cleanups.push(() => webSocket.terminate());
  const [{ headers }] = (await once(webSocket, 'upgrade')) as [IncomingMessage];
  return headers['sec-websocket-extensions'] ?? 'nothing';
}

describe('what is agreed', () => {
  it('no context takeover on both sides, and a small window', async () => {
    const answer = await agreed({ compression: true }, true);
    expect(answer.split('; ').sort()).toEqual([
      'client_no_context_takeover',
      'permessage-deflate',
      'server_max_window_bits=13',
      'server_no_context_takeover',
    ]);
  });

  it('what the options say', async () => {
    const compression = {
      windowBits: 10,
      clientWindowBits: 11,
      contextTakeover: true,
      clientContextTakeover: true,
    };
    expect((await agreed({ compression }, true)).split('; ').sort()).toEqual([
      'client_max_window_bits=11',
      'permessage-deflate',
      'server_max_window_bits=10',
    ]);
  });

  it.each<[string, ListenOptions, PerMessageDeflateOptions | boolean]>([
    ['it is off', {}, true],
    ['it is not offered', { compression: true }, false],
    ['the client has a smaller window', { compression: true }, { serverMaxWindowBits: 9 }],
    [
      'the client cannot be told its window',
      { compression: { clientWindowBits: 12 } },
      { clientMaxWindowBits: 0 },
    ],
    [
      "the client's own window is smaller than the one to be told",
      { compression: { clientWindowBits: 12 } },
      { clientMaxWindowBits: 9 },
    ],
  ])('nothing, and the connection stands, if %s', async (_when, options, offer) => {
    expect(await agreed(options, offer)).toBe('nothing');
  });

  it.each([
    { thresholdBytes: -1 },
    { windowBits: 8 },
    { clientWindowBits: 16 },
    { memoryLevel: 0 },
    { concurrencyLimit: 0.5 },
  ])('%j is out of range', async (compression) => {
    await expect(listen(new RecordingAcceptor(), { port: 0, compression })).rejects.toThrow(
      new RegExp(`compression\\.${Object.keys(compression)[0]!} must be a whole number from`),
    );
  });
});

transportCases('WebSocket, compressed, text', () => wsTransportPair('wamp.2.json', true));
transportCases('WebSocket, compressed, binary', () => wsTransportPair('wamp.2.cbor', true));

describe('a compressed connection', () => {
  it('reports that nothing waits any more, although the socket was never full', async () => {
    const { near, far, close } = await wsTransportPair('wamp.2.json', true);
    cleanups.push(close);
    const acceptor = new RecordingAcceptor();
    acceptor.attach(near);
    acceptor.attach(far);
    const [nearSide, farSide] = acceptor.receivers;
    far.send(Buffer.from(`["${'x'.repeat(4_000_000)}"]`));
    expect(far.bufferedBytes).toBeGreaterThan(4_000_000);
    await farSide!.until(() => farSide!.drains > 0);
    expect(far.bufferedBytes).toBeLessThan(64 * 1024);
    await nearSide!.frameCount(1);
    expect(nearSide!.frames[0]).toHaveLength(4_000_004);
  });

  it.each(['wamp.2.json', 'wamp.2.cbor'])(
    '%s: carries calls and large events both ways, and few bytes on the wire',
    async (subprotocol) => {
      const server = await serve(new Router({ realms: { realm1: {} } }));
      const [callee, caller] = [await join(server, subprotocol), await join(server, subprotocol)];
      await callee.client.register('com.example.echo', ([value]) => value);
      for (const value of ['short', 'long '.repeat(100_000)]) {
        expect(await caller.client.call('com.example.echo', [value])).toBe(value);
      }
      const small = await Promise.all(
        Array.from({ length: 300 }, (_, i) => caller.client.call<number>('com.example.echo', [i])),
      );
      expect(small).toEqual(Array.from({ length: 300 }, (_, i) => i));
      const seen = new Promise<unknown>((resolve) => {
        void callee.client
          .subscribe('com.example.news', ([text]) => resolve(text))
          .then(() => caller.client.publish('com.example.news', ['news '.repeat(400_000)]));
      });
      expect(await seen).toBe('news '.repeat(400_000));
      // The caller sent 2.5 MB and got 0.5 MB; the callee got 2.5 MB and sent 0.5 MB.
      for (const { socket } of [callee, caller]) {
        expect(socket.bytesRead).toBeLessThan(250_000);
        expect(socket.bytesWritten).toBeLessThan(250_000);
      }
    },
  );

  it.each(['wamp.2.json', 'wamp.2.cbor'])(
    '%s: a caller that does not read is held back, and gets everything in order when it reads',
    async (subprotocol) => {
      const congestion: boolean[] = [];
      const router = new Router({
        realms: { realm1: {} },
        limits: { outboundLowBytes: 256 * 1024, outboundHighBytes: 256 * 1024 * 1024 },
        observer: { congested: (_session, isCongested) => congestion.push(isCongested) },
      });
      const server = await serve(router);
      const [callee, caller] = [await join(server, subprotocol), await join(server, subprotocol)];
      // Random text: it can be halved, and no more.
      const text = randomBytes(32 * 1024).toString('hex');
      await callee.client.register('com.example.much', ([i]) => [i, text]);
      caller.transport.pause();
      const answers = Array.from({ length: 200 }, (_, i) =>
        caller.client.call<[number, string]>('com.example.much', [i]),
      );
      await until(() => congestion.includes(true));
      caller.transport.resume();
      const results = await Promise.all(answers);
      expect(results.map(([i]) => i)).toEqual(Array.from({ length: 200 }, (_, i) => i));
      expect(results.every(([, got]) => got === text)).toBe(true);
      await until(() => congestion.at(-1) === false);
    },
  );

  it('WS-005: a small frame that inflates beyond the limit ends in 1009, and the router lives', async () => {
    const server = await serve(new Router({ realms: { realm1: {} } }), { maxMessageBytes: 1024 * 1024 });
    const other = await join(server, 'wamp.2.json');
    await other.client.register('com.example.echo', ([value]) => value);
    const bomb = await dialled(server.url, 'wamp.2.json', true);
    const closed = once(bomb.webSocket, 'close');
    bomb.webSocket.resume();
    bomb.webSocket.send(' '.repeat(64 * 1024 * 1024));
    expect(((await closed) as [number])[0]).toBe(1009);
    expect(bomb.socket.bytesWritten).toBeLessThan(1024 * 1024);
    expect(await other.client.call('com.example.echo', ['alive'])).toBe('alive');
  });

  it('WS-006: what cannot be inflated ends in 1007, and the router lives', async () => {
    const { server, acceptor } = await start({ compression: true });
    const { webSocket, socket } = await dialled(server.url, 'wamp.2.json', true);
    const { receiver } = await acceptor.connection();
    const closed = once(webSocket, 'close');
    webSocket.resume();
    // Final, compressed, text; masked with zeros; a block of a type that there is none of.
    socket.write(Buffer.from([0xc1, 0x84, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
    expect(((await closed) as [number])[0]).toBe(1007);
    await receiver.end();
    expect(receiver.frames).toEqual([]);
    const again = await dialled(server.url, 'wamp.2.json', true);
    again.webSocket.terminate();
  });
});

interface Joined {
  readonly client: Client;
  readonly transport: Awaited<ReturnType<typeof dialled>>['transport'];
  readonly socket: Awaited<ReturnType<typeof dialled>>['socket'];
}

async function serve(router: Router, options: ListenOptions = {}): Promise<RouterServer> {
  const server = await listen(router, { port: 0, compression: true, ...options });
  cleanups.push(async () => {
    await router.close();
    await server.close({ graceMs: 50 });
  });
  return server;
}

async function join(server: RouterServer, subprotocol: string): Promise<Joined> {
  const { transport, webSocket, socket } = await dialled(server.url, subprotocol, true);
  expect(webSocket.extensions).toBe('permessage-deflate');
  const client = await connect(transport, { realm: 'realm1' });
  cleanups.push(() => client.close());
  return { client, transport, socket };
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}
