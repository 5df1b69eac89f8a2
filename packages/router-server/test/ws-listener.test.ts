import { createServer, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { attach, listen, type ListenOptions, type RouterServer } from '../src/listen.js';
import { ListenError } from '../src/listen-error.js';
import type { ConnectionRefused } from '../src/ws-listener.js';
import { nodeSerializers } from '../src/node-serializers.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { clientFrame, Opcode, RawPeer } from './raw-peer.fixture.js';
import { bytes } from './transport-cases.fixture.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: ListenOptions = {},
): Promise<{ server: RouterServer; acceptor: RecordingAcceptor }> {
  const acceptor = new RecordingAcceptor();
  const server = await listen(acceptor, { port: 0, closeTimeoutMs: 200, ...options });
  cleanups.push(() => server.close({ graceMs: 20 }));
  return { server, acceptor };
}

function dial(url: string, subprotocols: string[] = ['wamp.2.json']): WebSocket {
  const client = new WebSocket(url, subprotocols);
  client.on('error', () => undefined);
  cleanups.push(() => client.terminate());
  return client;
}

/** The status and body of the HTTP answer that refuses a WebSocket. */
function refusalOf(client: WebSocket): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    client.once('open', () => reject(new Error('the connection was accepted')));
    client.once('unexpected-response', (_request, response) => void textOf(response).then(resolve));
  });
}

async function textOf(response: IncomingMessage): Promise<{ status: number | undefined; text: string }> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

async function fetched(url: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, (response) => void textOf(response).then(resolve)).on('error', reject);
  });
}

const closeCode = async (client: WebSocket): Promise<number> =>
  ((await once(client, 'close')) as [number])[0];

describe('subprotocol negotiation', () => {
  it.each([
    [['wamp.2.json'], 'wamp.2.json'],
    [['wamp.2.msgpack', 'wamp.2.json'], 'wamp.2.msgpack'],
    [['wamp.2.flatbuffers', 'wamp.2.cbor', 'wamp.2.json'], 'wamp.2.cbor'],
  ])('WS-001: of %j the first that the router speaks is taken: %s', async (offered, chosen) => {
    const { server, acceptor } = await start();
    const client = dial(server.url, offered);
    await once(client, 'open');
    expect(client.protocol).toBe(chosen);
    expect((await acceptor.connection()).transport.serializer.subprotocol).toBe(chosen);
  });

  it.each([[[]], [['wamp.2.flatbuffers']], [['chat', 'superchat']]])(
    'WS-001: %j has nothing in common with the router: 400 and a sentence',
    async (offered: string[]) => {
      const { server, acceptor } = await start();
      const { status, text } = await refusalOf(dial(server.url, offered));
      expect(status).toBe(400);
      expect(text).toContain('this router speaks wamp.2.json, wamp.2.msgpack, wamp.2.cbor');
      expect(acceptor.transports).toHaveLength(0);
    },
  );

  it('WS-004: the answer names exactly one of the offered subprotocols, which is what a client checks', async () => {
    const { server } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.cbor, wamp.2.json');
    expect(peer.handshake.match(/sec-websocket-protocol: .*/gi)).toEqual([
      'Sec-WebSocket-Protocol: wamp.2.cbor',
    ]);
  });

  it('WS-001: a client that offers none speaks JSON, if it need not offer one', async () => {
    const { server, acceptor } = await start({ requireSubprotocol: false });
    const client = dial(server.url, []);
    await once(client, 'open');
    expect(client.protocol).toBe('');
    const { transport, receiver } = await acceptor.connection();
    expect(transport.serializer.subprotocol).toBe('wamp.2.json');
    client.send('[1]');
    await receiver.frameCount(1);
    expect(receiver.texts).toEqual(['[1]']);
    transport.send(bytes('[2]'));
    const [data, isBinary] = (await once(client, 'message')) as [Buffer, boolean];
    expect([data.toString(), isBinary]).toEqual(['[2]', false]);
  });

  it('WS-001: nor does that let in what offers others only, or what would speak JSON where it is not spoken', async () => {
    const { server } = await start({ requireSubprotocol: false });
    expect((await refusalOf(dial(server.url, ['chat']))).status).toBe(400);
    const cbor = nodeSerializers().filter((one) => one.format === 'cbor');
    const { server: other } = await start({ requireSubprotocol: false, serializers: cbor });
    expect((await refusalOf(dial(other.url, []))).status).toBe(400);
  });

  it('never agrees on compression by default', async () => {
    const { server } = await start();
    const client = new WebSocket(server.url, ['wamp.2.json'], { perMessageDeflate: true });
    cleanups.push(() => client.terminate());
    await once(client, 'open');
    expect(client.extensions).toBe('');
  });
});

describe('what is not a WAMP connection', () => {
  it('a browser at the endpoint gets a page on how to connect', async () => {
    const { server } = await start();
    const { status, text } = await fetched(server.url.replace('ws:', 'http:'));
    expect(status).toBe(426);
    expect(text).toContain('This is a WAMP router');
    expect(text).toContain(server.url);
  });

  it('another path gets 404 and the right one, for requests and for upgrades', async () => {
    const { server } = await start();
    const page = await fetched(`http://127.0.0.1:${server.port}/`);
    expect(page).toEqual({ status: 404, text: `Nothing here. The WAMP router listens at ${server.url}\n` });
    expect(await refusalOf(dial(`ws://127.0.0.1:${server.port}/wamp`))).toEqual(page);
  });

  it('the query of the endpoint is ignored', async () => {
    const { server } = await start();
    await once(dial(`${server.url}?x=1`), 'open');
  });

  it('a Host header that is no host name does not come back', async () => {
    const { server } = await start();
    const peer = await RawPeer.connect(server.port);
    peer.socket.write('GET /ws HTTP/1.1\r\nHost: <script>\r\n\r\n');
    await peer.until(() => peer.isClosed);
    expect(peer.handshake + peer.received.toString()).not.toContain('<script>');
  });

  it('an upgrade that breaks RFC 6455 gets 400, bytes that are no HTTP get 400, and both are observed', async () => {
    const refusals: ConnectionRefused[] = [];
    const { server } = await start({ observer: { refused: (refusal) => refusals.push(refusal) } });
    const noKey = await RawPeer.connect(server.port);
    noKey.socket.write(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n',
    );
    const garbage = await RawPeer.connect(server.port);
    garbage.socket.write(Buffer.from([0x01, 0xf1, 0, 0]));
    await Promise.all([noKey.until(() => noKey.isClosed), garbage.until(() => garbage.isClosed)]);
    expect(noKey.handshake).toMatch(/^HTTP\/1.1 400 /);
    expect(garbage.handshake).toMatch(/^HTTP\/1.1 400 /);
    expect(refusals.map(({ status }) => status)).toEqual([400, 400]);
    expect(refusals.every(({ peer }) => peer.startsWith('127.0.0.1:'))).toBe(true);
  });

  it('a request that does not come to its end is answered with 408', async () => {
    const { server } = await start({ handshakeTimeoutMs: 50 });
    const peer = await RawPeer.connect(server.port);
    peer.socket.write('GET /ws HTTP/1.1\r\nHost: a\r\n');
    await peer.until(() => peer.isClosed);
    expect(peer.handshake).toMatch(/^HTTP\/1.1 408 /);
  });

  it('a connection that never says anything is closed', async () => {
    const { server } = await start({ handshakeTimeoutMs: 50 });
    const peer = await RawPeer.connect(server.port);
    await peer.until(() => peer.isClosed);
  });
});

describe('web pages of other origins', () => {
  const dialFrom = (url: string, origin: string): WebSocket => {
    const client = new WebSocket(url, ['wamp.2.json'], { origin });
    client.on('error', () => undefined);
    cleanups.push(() => client.terminate());
    return client;
  };

  it('get 403 and a sentence that names the flag, and are observed', async () => {
    const refusals: ConnectionRefused[] = [];
    const { server, acceptor } = await start({ observer: { refused: (refusal) => refusals.push(refusal) } });
    const { status, text } = await refusalOf(dialFrom(server.url, 'https://evil.example'));
    expect(status).toBe(403);
    expect(text).toContain('--allow-origin https://evil.example');
    expect((await refusalOf(dialFrom(server.url, 'x://$(reboot)'))).text).not.toContain('reboot');
    expect(refusals.map((refusal) => refusal.status)).toEqual([403, 403]);
    expect(acceptor.transports).toHaveLength(0);
  });

  it('are accepted if they are listed, or come from this machine or from the same host', async () => {
    const { server } = await start({ allowedOrigins: ['https://app.example'] });
    const own = `http://127.0.0.1:${server.port}`;
    for (const origin of ['https://app.example', 'http://localhost:5173', own]) {
      await once(dialFrom(server.url, origin), 'open');
    }
    expect((await refusalOf(dialFrom(server.url, 'https://app.example:444'))).status).toBe(403);
  });

  it('are all accepted with *', async () => {
    const { server } = await start({ allowedOrigins: ['*'] });
    await once(dialFrom(server.url, 'https://evil.example'), 'open');
  });

  it('may not connect to an attached endpoint either', async () => {
    const http = createServer();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => http.close());
    attach(new RecordingAcceptor(), http);
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/ws`;
    expect((await refusalOf(dialFrom(url, 'https://evil.example'))).status).toBe(403);
  });
});

describe('the host that a request is for', () => {
  const upgrade = async (server: RouterServer, headers: string): Promise<string> => {
    const peer = await RawPeer.connect(server.port);
    peer.socket.write(
      `GET /ws HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.json\r\n\r\n',
    );
    await peer.until(() => peer.handshake !== '');
    peer.socket.destroy();
    return peer.handshake.slice(9, 12);
  };

  it('must not be a name that a page has pointed at this machine (DNS rebinding)', async () => {
    const { server } = await start();
    const rebound = 'Host: evil.example:80\r\nOrigin: http://evil.example:80\r\n';
    expect(await upgrade(server, rebound)).toBe('403');
    expect(await upgrade(server, 'Host: evil.example\r\n')).toBe('101');
  });

  it('has to be one of the allowed ones, if there are any', async () => {
    const { server } = await start({ allowedHosts: ['app.example'] });
    expect(await upgrade(server, 'Host: evil.example\r\n')).toBe('421');
    expect(await upgrade(server, 'Host: app.example:8080\r\nOrigin: https://app.example:8080\r\n')).toBe(
      '101',
    );
    await expect(start({ allowedHosts: ['http://app.example'] })).rejects.toThrow('allowedHosts');
  });
});

describe('limits', () => {
  it('WS-005: a message above the limit closes with 1009, one at the limit passes', async () => {
    const { server, acceptor } = await start({ maxMessageBytes: 2048 });
    const client = dial(server.url);
    await once(client, 'open');
    client.send('x'.repeat(2048));
    const { receiver } = await acceptor.connection();
    await receiver.frameCount(1);
    client.send('x'.repeat(2049));
    expect(await closeCode(client)).toBe(1009);
    expect(receiver.closures).toEqual([{ wasClean: false, reason: 'Max payload size exceeded' }]);
  });

  it('WS-005: fragments that add up to more than the limit close with 1009', async () => {
    const { server } = await start({ maxMessageBytes: 1024 });
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.write(clientFrame(Opcode.text, bytes('x'.repeat(1000)), false));
    peer.socket.write(clientFrame(Opcode.continuation, bytes('x'.repeat(1000)), false));
    await peer.until(() => peer.closeCode !== undefined);
    expect(peer.closeCode).toBe(1009);
  });

  it('WS-005: a frame that announces more than the limit is refused before it arrives', async () => {
    const { server } = await start({ maxMessageBytes: 1024 });
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.write(clientFrame(Opcode.text, bytes('x'.repeat(70_000))).subarray(0, 14));
    await peer.until(() => peer.closeCode !== undefined);
    expect(peer.closeCode).toBe(1009);
  });

  it('WS-006: invalid UTF-8 in a text message closes with 1007, and the session ends at once', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.write(clientFrame(Opcode.text, Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d])));
    const { receiver } = await acceptor.connection();
    await receiver.end();
    await peer.until(() => peer.closeCode !== undefined);
    expect(peer.closeCode).toBe(1007);
    expect(receiver.frames).toHaveLength(0);
    expect(receiver.closures).toHaveLength(1);
    expect(receiver.closures[0]?.wasClean).toBe(false);
  });

  it('one connection more than the limit gets 503, and a place that becomes free is given away', async () => {
    const { server, acceptor } = await start({ maxConnections: 1 });
    const first = dial(server.url);
    await once(first, 'open');
    const { status, text } = await refusalOf(dial(server.url));
    expect(status).toBe(503);
    expect(text).toContain('limit of 1 connections');
    first.close();
    await (await acceptor.connection()).receiver.end();
    await once(dial(server.url), 'open');
  });

  it.each([
    [{ maxMessageBytes: 0 }, 'maxMessageBytes'],
    [{ maxConnections: 1.5 }, 'maxConnections'],
    [{ pingIntervalMs: -1 }, 'pingIntervalMs'],
    [{ port: 70_000 }, 'port'],
  ])('refuses %j', async (options, name) => {
    await expect(listen(new RecordingAcceptor(), { port: 0, ...options })).rejects.toThrow(name);
  });

  it.each([
    [{ path: 'ws' }, 'slash'],
    [{ serializers: [] }, 'serializers'],
    [{ allowedOrigins: ['app.example'] }, 'allowedOrigins'],
  ])('refuses %j as a programming error', async (options, name) => {
    await expect(listen(new RecordingAcceptor(), { port: 0, ...options })).rejects.toThrow(name);
  });
});

describe('keepalive', () => {
  it('cuts a peer that answers no ping', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 40, pingTimeoutMs: 40 });
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    await peer.until(() => peer.isClosed);
    expect(peer.received[0]! & 15).toBe(Opcode.ping);
    const { receiver } = await acceptor.connection();
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/no sign of life for \d+ ms/);
  });

  it('keeps a silent peer that answers pings', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 40, pingTimeoutMs: 400 });
    const client = dial(server.url);
    let pings = 0;
    await new Promise<void>((resolve) => client.on('ping', () => ++pings >= 4 && resolve()));
    expect((await acceptor.connection()).receiver.closures).toHaveLength(0);
  });

  it('cuts a peer that has stopped reading while its input is paused', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 40, pingTimeoutMs: 40 });
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.pause();
    const { transport, receiver } = await acceptor.connection();
    transport.pause();
    while (transport.bufferedBytes === 0) {
      transport.send(Buffer.alloc(1024 * 1024, 'x'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/no sign of life/);
  });

  it('keeps a peer whose input is paused while nothing waits for it', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 20, pingTimeoutMs: 20 });
    const client = dial(server.url);
    const { transport, receiver } = await acceptor.connection();
    await once(client, 'open');
    transport.pause();
    await new Promise((resolve) => setTimeout(resolve, 150));
    transport.resume();
    client.send('[]');
    await receiver.frameCount(1);
    expect(receiver.closures).toHaveLength(0);
  });
});

describe('the port', () => {
  it('tells url, port and address, and counts connections', async () => {
    const { server } = await start({ path: '/wamp' });
    expect(server.port).toBeGreaterThan(0);
    expect(server.address).toBe('127.0.0.1');
    expect(server.url).toBe(`ws://127.0.0.1:${server.port}/wamp`);
    await once(dial(server.url), 'open');
    expect(server.connections).toBe(1);
  });

  it('a port in use is one clear sentence', async () => {
    const { server } = await start();
    const second = listen(new RecordingAcceptor(), { port: server.port });
    await expect(second).rejects.toThrow(ListenError);
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(second).rejects.toThrow(`port ${server.port} on 127.0.0.1 is in use`);
  });

  it('an address that this machine has not is one clear sentence', async () => {
    await expect(listen(new RecordingAcceptor(), { port: 0, host: '203.0.113.1' })).rejects.toThrow(
      'this machine has no address 203.0.113.1',
    );
  });

  it('close refuses newcomers, closes connections with 1012, cuts the ones that do not answer, and frees the port', async () => {
    const acceptor = new RecordingAcceptor();
    const server = await listen(acceptor, { port: 0 });
    const polite = dial(server.url);
    await once(polite, 'open');
    const stubborn = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const idle = await RawPeer.connect(server.port);
    const code = closeCode(polite);
    await Promise.all([server.close({ graceMs: 30 }), server.close({ graceMs: 30 })]);
    expect(await code).toBe(1012);
    expect(server.connections).toBe(0);
    await Promise.all([stubborn.until(() => stubborn.isClosed), idle.until(() => idle.isClosed)]);
    const again = await listen(acceptor, { port: server.port });
    await again.close();
  });

  it('stopAccepting keeps the connections that stand', async () => {
    const { server, acceptor } = await start();
    const client = dial(server.url);
    await once(client, 'open');
    server.stopAccepting();
    const late = dial(server.url);
    await once(late, 'error');
    client.send('[]');
    await (await acceptor.connection()).receiver.frameCount(1);
  });
});

describe('attached to an HTTP server that stands already', () => {
  async function host(): Promise<{ http: ReturnType<typeof createServer>; base: string }> {
    const http = createServer((_request, response) => response.end('the application'));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      http.closeAllConnections();
      http.close();
    });
    return { http, base: `//127.0.0.1:${(http.address() as AddressInfo).port}` };
  }

  it('serves its path, and leaves requests and other upgrades to the application', async () => {
    const { http, base } = await host();
    const acceptor = new RecordingAcceptor();
    const attachment = attach(acceptor, http, { path: '/wamp' });
    http.on('upgrade', (request, socket) => {
      if (request.url === '/chat') socket.end('HTTP/1.1 418 Own business\r\nConnection: close\r\n\r\n');
    });
    await once(dial(`ws:${base}/wamp`), 'open');
    expect(attachment.connections).toBe(1);
    expect((await refusalOf(dial(`ws:${base}/chat`))).status).toBe(418);
    expect((await fetched(`http:${base}/wamp`)).text).toBe('the application');
    await attachment.close({ graceMs: 20 });
  });

  it('refuses an upgrade to another path if nobody else would ever answer it', async () => {
    const { http, base } = await host();
    const attachment = attach(new RecordingAcceptor(), http);
    expect((await refusalOf(dial(`ws:${base}/chat`))).status).toBe(404);
    await attachment.close();
  });

  it('close takes the endpoint away and leaves the server standing', async () => {
    const { http, base } = await host();
    const attachment = attach(new RecordingAcceptor(), http);
    const client = dial(`ws:${base}/ws`);
    await once(client, 'open');
    const code = closeCode(client);
    await attachment.close();
    expect(await code).toBe(1012);
    expect(http.listenerCount('upgrade')).toBe(0);
    expect((await fetched(`http:${base}/`)).text).toBe('the application');
  });
});
