import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { RawSocketFrame, writeRawSocketPrefix } from '@wamp/protocol';
import { Router } from '@wamp/router';
import { FLUSH_BYTES } from '../src/limits.js';
import { listen, type ListenOptions, type RouterServer } from '../src/listen.js';
import type { ConnectionRefused } from '../src/ws-listener.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { BytePeer } from './byte-peer.fixture.js';
import { rawSocketPair, temporarySocketPath } from './rawsocket-pair.fixture.js';
import { bytes, transportCases, turn } from './transport-cases.fixture.js';

transportCases('RawSocket over TCP', () => rawSocketPair('tcp', 'wamp.2.json'), false);
transportCases('RawSocket over a Unix socket', () => rawSocketPair('unix', 'wamp.2.cbor'), false);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Started {
  readonly server: RouterServer;
  readonly acceptor: RecordingAcceptor;
  readonly refusals: ConnectionRefused[];
}

async function start(options: ListenOptions = {}): Promise<Started> {
  const acceptor = new RecordingAcceptor();
  const refusals: ConnectionRefused[] = [];
  const observer = { refused: (refusal: ConnectionRefused) => refusals.push(refusal) };
  const server = await listen(acceptor, { port: 0, closeTimeoutMs: 200, observer, ...options });
  cleanups.push(() => server.close({ graceMs: 20 }));
  return { server, acceptor, refusals };
}

const JSON_REQUEST = [0x7f, 0xf1, 0, 0];

/** Connected, with the handshake behind it. */
async function joined(server: RouterServer, request: readonly number[] = JSON_REQUEST): Promise<BytePeer> {
  const peer = await BytePeer.connect(server.port);
  peer.sends(request);
  await peer.bytes(4);
  peer.chunks.length = 0;
  return peer;
}

const message = (text: string): Buffer => frame(RawSocketFrame.Message, bytes(text));

function frame(type: RawSocketFrame, payload: Uint8Array): Buffer {
  const whole = Buffer.alloc(4 + payload.length);
  writeRawSocketPrefix(type, payload.length, whole, 0);
  whole.set(payload, 4);
  return whole;
}

describe('the RawSocket handshake', () => {
  it.each([
    ['RAW-001', 'JSON', 1, 'wamp.2.json'],
    ['RAW-002', 'MessagePack', 2, 'wamp.2.msgpack'],
    ['RAW-002', 'CBOR', 3, 'wamp.2.cbor'],
  ])(
    '%s: %s is accepted, and the answer names our own limit',
    async (_id, _name, serializer, subprotocol) => {
      const { server, acceptor } = await start({ maxMessageBytes: 1024 * 1024 });
      const peer = await BytePeer.connect(server.port);
      peer.sends([0x7f, 0xf0 | serializer, 0, 0]);
      expect([...(await peer.bytes(4))]).toEqual([0x7f, 0xb0 | serializer, 0, 0]);
      const { transport } = await acceptor.connection();
      expect(transport.serializer.subprotocol).toBe(subprotocol);
      expect(transport.maxSendBytes).toBe(2 ** 24);
      expect(transport.info).toMatchObject({ type: 'rawsocket', protocol: subprotocol });
    },
  );

  it.each([
    ['RAW-003: serializer 0', [0x7f, 0xf0, 0, 0], 0x10],
    ['RAW-003: serializer 9', [0x7f, 0xf9, 0, 0], 0x10],
    ['RAW-004: the third octet', [0x7f, 0xf1, 1, 0], 0x30],
    ['RAW-004: the fourth octet', [0x7f, 0xf1, 0, 1], 0x30],
    ['RAW-006: a limit that no WELCOME fits into', [0x7f, 0x01, 0, 0], 0x20],
  ])('%s is refused by code, then the connection is closed', async (_name, request, code) => {
    const { server, acceptor, refusals } = await start();
    const peer = await BytePeer.connect(server.port);
    peer.sends(request, 'and more');
    await peer.closed();
    expect([...peer.received]).toEqual([0x7f, code, 0, 0]);
    expect(acceptor.transports).toHaveLength(0);
    expect(refusals.map(({ status }) => status)).toEqual([0]);
  });

  it('RAW-005: one connection more than the limit is refused with 7F 40 00 00, whatever the others speak', async () => {
    const { server } = await start({ maxConnections: 1 });
    await once(new WebSocket(server.url, ['wamp.2.json']), 'open');
    const peer = await BytePeer.connect(server.port);
    peer.sends(JSON_REQUEST);
    await peer.closed();
    expect([...peer.received]).toEqual([0x7f, 0x40, 0, 0]);
  });

  it('RAW-007: another first octet is closed without a reply where nothing else is spoken', async () => {
    const { server } = await start({ webSocket: false });
    const peer = await BytePeer.connect(server.port);
    peer.sends('GET / HTTP/1.1\r\n\r\n');
    await peer.closed();
    expect(peer.received).toHaveLength(0);
  });

  it('RAW-008: may come octet by octet', async () => {
    const { server, acceptor } = await start();
    const peer = await BytePeer.connect(server.port);
    peer.socket.setNoDelay(true);
    for (const octet of JSON_REQUEST) {
      peer.sends([octet]);
      await turn();
    }
    expect([...(await peer.bytes(4))]).toEqual([0x7f, 0xf1, 0, 0]);
    await acceptor.connection();
  });

  it('RAW-009: may be followed at once by frames, whole and cut', async () => {
    const { server, acceptor } = await start();
    const peer = await BytePeer.connect(server.port);
    const frames = Buffer.concat([message('[1]'), message('[2]'), message('[3]')]);
    peer.sends(JSON_REQUEST, frames.subarray(0, -2));
    const { receiver } = await acceptor.connection();
    await receiver.frameCount(2);
    peer.sends(frames.subarray(-2));
    await receiver.frameCount(3);
    expect(receiver.texts).toEqual(['[1]', '[2]', '[3]']);
  });

  it('is not waited for when nothing more can come', async () => {
    const { server } = await start({ handshakeTimeoutMs: 2 ** 30 });
    for (const said of [[], [0x7f], [0x7f, 0xf1, 0]]) {
      const peer = await BytePeer.connect(server.port);
      if (said.length > 0) peer.sends(said);
      peer.ends();
      await peer.closed();
    }
  });

  it('has its time, before the first octet and within', async () => {
    const { server } = await start({ handshakeTimeoutMs: 50 });
    const silent = await BytePeer.connect(server.port);
    const slow = await BytePeer.connect(server.port);
    slow.sends([0x7f, 0xf1]);
    await Promise.all([silent.closed(), slow.closed()]);
  });

  it('of the same port leaves HTTP and WebSocket alone', async () => {
    const { server, acceptor } = await start();
    const peer = await BytePeer.connect(server.port);
    peer.sends('GET /ws HTTP/1.1\r\nHost: a\r\n\r\n');
    await peer.closed();
    expect(peer.received.toString()).toContain('This is a WAMP router');
    const client = new WebSocket(server.url, ['wamp.2.json']);
    await once(client, 'open');
    client.send('[]');
    const { receiver } = await acceptor.connection();
    await receiver.frameCount(1);
  });

  it('is answered like any other bytes where RawSocket is not spoken', async () => {
    const { server } = await start({ rawSocket: false });
    expect(server.rawSocketUrl).toBeUndefined();
    const peer = await BytePeer.connect(server.port);
    peer.sends(JSON_REQUEST);
    await peer.closed();
    expect(peer.received.toString()).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('RawSocket frames', () => {
  it('RAW-010: a PING is answered by one PONG with the same payload, also before HELLO and byte by byte', async () => {
    const { server } = await start();
    const peer = await joined(server);
    const ping = frame(RawSocketFrame.Ping, bytes('abc'));
    peer.sends(ping);
    await peer.bytes(7);
    peer.socket.setNoDelay(true);
    for (const octet of ping) {
      peer.sends([octet]);
      await turn();
    }
    const pong = frame(RawSocketFrame.Pong, bytes('abc'));
    expect(await peer.bytes(14)).toEqual(Buffer.concat([pong, pong]));
  });

  it('RAW-011: a PING without payload is answered by a PONG without', async () => {
    const { server } = await start();
    const peer = await joined(server);
    peer.sends([1, 0, 0, 0]);
    expect([...(await peer.bytes(4))]).toEqual([2, 0, 0, 0]);
  });

  it('RAW-012: a frame above our limit is a violation as soon as its prefix is there, and an answer can be sent', async () => {
    const { server, acceptor } = await start({ maxMessageBytes: 1024 });
    const peer = await joined(server);
    peer.sends([0, 0, 4, 1], 'x');
    const { receiver, transport } = await acceptor.connection();
    await receiver.until(() => receiver.violations.length > 0);
    expect(receiver.violations).toEqual(['the frame has 1025 bytes, at most 1024 were admitted']);
    transport.send(bytes('abort'));
    transport.close('protocol_violation');
    await peer.closed();
    expect(peer.received).toEqual(message('abort'));
    expect(receiver.frames).toHaveLength(0);
  });

  it('RAW-012: a frame at our limit passes', async () => {
    const { server, acceptor } = await start({ maxMessageBytes: 1024 });
    const peer = await joined(server);
    peer.sends(message('x'.repeat(1024)));
    const { receiver } = await acceptor.connection();
    await receiver.frameCount(1);
  });

  it('RAW-013: a frame above the limit of the peer is never sent', async () => {
    const { server, acceptor } = await start();
    const peer = await joined(server, [0x7f, 0x21, 0, 0]);
    const { transport, receiver } = await acceptor.connection();
    expect(transport.maxSendBytes).toBe(2048);
    transport.send(Buffer.alloc(2048, 'x'));
    await peer.bytes(2052);
    transport.send(Buffer.alloc(2049, 'x'));
    await receiver.end();
    await peer.closed();
    expect(peer.received).toHaveLength(2052);
    expect(receiver.closures[0]?.reason).toBe('a message has 2049 bytes, the peer takes at most 2048');
  });

  it.each([
    ['2^24-1 bytes, as 00 FF FF FF', 2 ** 24 - 1, [0, 0xff, 0xff, 0xff]],
    ['2^24 bytes, as 08 00 00 00', 2 ** 24, [8, 0, 0, 0]],
  ])('RAW-014: %s, in both directions', async (_name, length, prefix) => {
    const { server, acceptor } = await start();
    const peer = await joined(server);
    peer.sends(prefix, Buffer.alloc(length, 'x'));
    const { receiver, transport } = await acceptor.connection();
    await receiver.frameCount(1);
    expect(receiver.frames[0]).toHaveLength(length);
    transport.send(Buffer.alloc(length, 'y'));
    await peer.until(() => peer.chunks.reduce((sum, chunk) => sum + chunk.length, 0) === length + 4);
    expect([...peer.received.subarray(0, 4)]).toEqual(prefix);
  });

  it.each([
    [[3, 0, 0, 0]],
    [[7, 0, 0, 0]],
    [[0x10, 0, 0, 0]],
    [[0x80, 0, 0, 1]],
    [[8, 0, 0, 1]],
    [[9, 0, 0, 1]],
  ])('RAW-015: the prefix %j is a violation, and nothing behind it is delivered', async (prefix) => {
    const { server, acceptor } = await start();
    const peer = await joined(server);
    peer.sends(prefix, message('[1]'));
    const { receiver } = await acceptor.connection();
    await receiver.until(() => receiver.violations.length > 0);
    expect(receiver.violations).toHaveLength(1);
    peer.socket.end();
    await receiver.end();
    expect(receiver.frames).toHaveLength(0);
  });

  it('RAW-018: an unsolicited PONG is ignored', async () => {
    const { server, acceptor } = await start();
    const peer = await joined(server);
    peer.sends(
      frame(RawSocketFrame.Pong, bytes('what?')),
      [2, 0, 0, 0],
      frame(RawSocketFrame.Pong, bytes('four')),
    );
    peer.sends(message('[1]'));
    const { receiver } = await acceptor.connection();
    await receiver.frameCount(1);
    expect(receiver.violations).toEqual([]);
    expect(peer.received).toHaveLength(0);
  });

  it('of one turn leave in one piece, the large ones too, and in order', async () => {
    const { server, acceptor } = await start();
    const peer = await joined(server);
    const { transport } = await acceptor.connection();
    const texts = ['a', 'b'.repeat(20_000), 'c', '', 'd'.repeat(100), 'e'.repeat(16_384)];
    for (const text of texts) transport.send(bytes(text));
    expect(transport.bufferedBytes).toBe(texts.join('').length + 4 * texts.length);
    expect(transport.bufferedBytes).toBeLessThan(FLUSH_BYTES);
    await turn();
    expect(transport.bufferedBytes).toBe(0);
    const expected = Buffer.concat(texts.map(message));
    expect(await peer.bytes(expected.length)).toEqual(expected);
    expect(peer.chunks).toHaveLength(1);
  });

  it('leave at once when a turn has gathered the flush size', async () => {
    const { server, acceptor } = await start();
    await joined(server);
    const { transport } = await acceptor.connection();
    transport.send(bytes('x'.repeat(FLUSH_BYTES - 5)));
    expect(transport.bufferedBytes).toBe(FLUSH_BYTES - 1);
    transport.send(bytes('y'));
    expect(transport.bufferedBytes).toBeLessThan(FLUSH_BYTES);
  });

  it('that come in every possible cut are the same frames', async () => {
    const { server, acceptor } = await start();
    const stream = Buffer.concat([
      message('[1]'),
      message(''),
      message('[22]'),
      frame(RawSocketFrame.Ping, bytes('p')),
    ]);
    for (let cut = 1; cut < stream.length; cut++) {
      const peer = await joined(server);
      peer.socket.setNoDelay(true);
      const { receiver } = await acceptor.connection(cut - 1);
      peer.sends(stream.subarray(0, cut));
      await turn();
      peer.sends(stream.subarray(cut));
      await peer.bytes(5);
      expect(receiver.texts).toEqual(['[1]', '', '[22]']);
    }
  });
});

describe('hostile RawSocket peers', () => {
  it('a flood of PINGs cuts the connection, and nothing behind it is delivered', async () => {
    const { server, acceptor } = await start();
    const peer = await joined(server);
    peer.sends(Buffer.concat(Array.from({ length: 5000 }, () => Buffer.from([1, 0, 0, 0]))), message('[]'));
    const { receiver } = await acceptor.connection();
    await receiver.end();
    await peer.closed();
    expect(receiver.closures[0]?.reason).toMatch(/PINGs faster than it took the PONGs, 61 were waiting/);
    expect(receiver.frames).toEqual([]);
  });

  it('large PINGs of a peer that does not read are bounded by bytes', async () => {
    const { server, acceptor } = await start({ maxMessageBytes: 1024 * 1024 });
    const peer = await joined(server);
    peer.socket.pause();
    const ping = frame(RawSocketFrame.Ping, Buffer.alloc(1024 * 1024));
    const { receiver, transport } = await acceptor.connection();
    let most = 0;
    for (let count = 0; count < 60 && receiver.closures.length === 0; count++) {
      peer.socket.write(ping);
      await turn();
      most = Math.max(most, transport.bufferedBytes);
    }
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/PINGs faster/);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });

  it('a PING whose PONG the peer could not take is a violation', async () => {
    const { server, acceptor } = await start();
    const peer = await joined(server, [0x7f, 0x21, 0, 0]);
    peer.sends(frame(RawSocketFrame.Ping, Buffer.alloc(2049)));
    const { receiver } = await acceptor.connection();
    await receiver.until(() => receiver.violations.length > 0);
    expect(peer.received).toHaveLength(0);
  });

  it('a peer that leaves within a frame ends its connection only', async () => {
    const { server, acceptor } = await start();
    const [leaving, staying] = [await joined(server), await joined(server)];
    leaving.sends([0, 0, 16, 0], 'half a frame');
    leaving.socket.end();
    const { receiver } = await acceptor.connection(0);
    await receiver.end();
    expect(receiver.closures).toEqual([{ wasClean: false, reason: 'closed by the peer within a frame' }]);
    staying.sends(message('[1]'));
    await (await acceptor.connection(1)).receiver.frameCount(1);
  });

  it('a peer that does not close after us is cut', async () => {
    const { server, acceptor } = await start();
    const peer = await BytePeer.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    peer.sends(JSON_REQUEST);
    await peer.bytes(4);
    const { transport, receiver } = await acceptor.connection();
    transport.close('normal', 'done');
    await receiver.end();
    expect(receiver.closures).toEqual([{ wasClean: false, reason: 'done' }]);
  });
});

describe('keepalive over RawSocket', () => {
  it('cuts a peer that answered a PING before and does not any more', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 40, pingTimeoutMs: 40 });
    const peer = await joined(server);
    peer.sends([1, 0, 0, 0]);
    await peer.closed();
    expect([...peer.received.subarray(0, 8)]).toEqual([2, 0, 0, 0, 1, 0, 0, 0]);
    const { receiver } = await acceptor.connection();
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/no sign of life/);
  });

  it('sends no PING to a peer that has never sent one, and keeps it; with pingAlways it does', async () => {
    const quiet = await start({ pingIntervalMs: 20, pingTimeoutMs: 20 });
    const asked = await start({ pingIntervalMs: 20, pingTimeoutMs: 20, rawSocket: { pingAlways: true } });
    const unknown = await joined(quiet.server);
    const known = await BytePeer.connect(asked.server.port);
    known.sends(JSON_REQUEST);
    await known.closed();
    expect([...known.received]).toEqual([...JSON_REQUEST, 1, 0, 0, 0]);
    const { receiver, transport } = await quiet.acceptor.connection();
    expect(transport.probe).toBeUndefined();
    unknown.sends(message('[]'));
    await receiver.frameCount(1);
    expect(unknown.received).toHaveLength(0);
  });

  it('a router pings a peer that says in HELLO what it is, and cuts it if it does not answer', async () => {
    const router = new Router({ realms: { realm1: {} } });
    const server = await listen(router, { port: 0, pingIntervalMs: 40, pingTimeoutMs: 40 });
    cleanups.push(() => server.close({ graceMs: 20 }));
    const peer = await joined(server);
    peer.sends(message('[1,"realm1",{"roles":{"caller":{}},"agent":"a-client"}]'));
    await peer.closed();
    expect([...peer.received.subarray(-4)]).toEqual([1, 0, 0, 0]);
  });

  it('cuts a peer that has never sent a PING and does not take what waits for it', async () => {
    const { server, acceptor } = await start({ pingIntervalMs: 40, pingTimeoutMs: 40 });
    const peer = await joined(server);
    peer.socket.pause();
    const { transport, receiver } = await acceptor.connection();
    while (transport.bufferedBytes === 0) {
      transport.send(Buffer.alloc(1024 * 1024, 'x'));
      await turn();
    }
    await receiver.end();
    expect(receiver.closures[0]?.reason).toMatch(/no sign of life/);
  });
});

describe('a Unix socket', () => {
  it('serves RawSocket and WebSocket, and its file goes with the server', async () => {
    const { path, remove } = temporarySocketPath();
    cleanups.push(remove);
    const { server, acceptor } = await start({ socketPath: path });
    expect(server).toMatchObject({ address: path, port: 0, rawSocketUrl: `unix:${path}` });
    const peer = await BytePeer.connect({ path });
    peer.sends(JSON_REQUEST);
    await peer.bytes(4);
    await once(new WebSocket(server.url, ['wamp.2.json']), 'open');
    await acceptor.connection(1);
  });

  it('in use is one clear sentence, left behind is taken over', async () => {
    const { path, remove } = temporarySocketPath();
    cleanups.push(remove);
    const { server } = await start({ socketPath: path });
    await expect(start({ socketPath: path })).rejects.toThrow(`${path} is in use`);
    await server.close({ graceMs: 20 });
    await leaveBehind(path);
    const second = await start({ socketPath: path });
    const peer = await BytePeer.connect({ path });
    peer.sends(JSON_REQUEST);
    await peer.bytes(4);
    expect(second.server.connections).toBe(1);
  });

  it('takes over nothing that is no socket', async () => {
    const { path, remove } = temporarySocketPath();
    cleanups.push(remove);
    writeFileSync(path, 'precious');
    await expect(start({ socketPath: path })).rejects.toThrow(path);
    await expect(start({ socketPath: '' })).rejects.toThrow('socketPath');
    await expect(start({ socketPath: `${path}/x/y` })).rejects.toThrow(/directory|ENOTDIR/);
  });
});

/** Leaves a socket file without a listener, as a killed process does: a file that was renamed is not removed at the end. */
async function leaveBehind(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.old`, resolve));
  renameSync(`${path}.old`, path);
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
