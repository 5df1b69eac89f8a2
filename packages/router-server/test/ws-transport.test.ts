import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { listen, type RouterServer } from '../src/listen.js';
import { FLUSH_BYTES, MAX_PENDING_PONGS } from '../src/limits.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { clientFrame, Opcode, RawPeer } from './raw-peer.fixture.js';
import { bytes, transportCases, turn } from './transport-cases.fixture.js';
import { wsTransportPair } from './ws-pair.fixture.js';

transportCases('WebSocket, text', () => wsTransportPair('wamp.2.json'));
transportCases('WebSocket, binary', () => wsTransportPair('wamp.2.cbor'));

describe('WebSocket transport', () => {
  let server: RouterServer | undefined;
  const acceptors: RecordingAcceptor[] = [];
  const start = async (): Promise<{ server: RouterServer; acceptor: RecordingAcceptor }> => {
    const acceptor = new RecordingAcceptor();
    acceptors.push(acceptor);
    server = await listen(acceptor, { port: 0, closeTimeoutMs: 200 });
    return { server, acceptor };
  };
  afterEach(async () => {
    await server?.close({ graceMs: 20 });
    server = undefined;
  });

  it('writes all frames of one turn in one piece', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport } = await acceptor.connection();
    for (let i = 0; i < 200; i++) transport.send(bytes(`[${i}]`));
    const size = Array.from({ length: 200 }, (_, i) => `[${i}]`.length + 2).reduce((a, b) => a + b);
    await peer.until(() => peer.received.length >= size);
    expect(peer.chunks.map((chunk) => chunk.length)).toEqual([size]);
  });

  it('holds nothing back beyond the turn: a single frame leaves without another one following', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport } = await acceptor.connection();
    transport.send(bytes('[1]'));
    expect(transport.bufferedBytes).toBeGreaterThan(0);
    await turn();
    expect(transport.bufferedBytes).toBe(0);
    await peer.until(() => peer.received.length > 0);
  });

  it('writes at once when a turn has gathered the flush size', async () => {
    const { acceptor, server } = await start();
    await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport } = await acceptor.connection();
    transport.send(bytes('x'.repeat(FLUSH_BYTES - 5)));
    expect(transport.bufferedBytes).toBe(FLUSH_BYTES - 1);
    transport.send(bytes('y'));
    expect(transport.bufferedBytes).toBeLessThan(FLUSH_BYTES);
  });

  it('keeps the order of frames and pings', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport } = await acceptor.connection();
    transport.send(bytes('a'));
    transport.probe?.(1000, () => undefined);
    transport.send(bytes('b'));
    await peer.until(() => peer.received.length >= 3 + 9 + 3);
    const opcodes = [peer.received[0]! & 15, peer.received[3]! & 15, peer.received.at(-3)! & 15];
    expect(opcodes).toEqual([Opcode.text, Opcode.ping, Opcode.text]);
  });

  it.each([
    ['wamp.2.json', Opcode.binary, 'wamp.2.json needs text frames, a binary frame came'],
    ['wamp.2.msgpack', Opcode.text, 'wamp.2.msgpack needs binary frames, a text frame came'],
    ['wamp.2.cbor', Opcode.text, 'wamp.2.cbor needs binary frames, a text frame came'],
  ])(
    'WS-002: %s over a frame of the wrong type is a violation, and an answer can still be sent',
    async (name, opcode, sentence) => {
      const { server, acceptor } = await start();
      const peer = await RawPeer.upgraded(server.port, name);
      peer.socket.write(clientFrame(opcode, bytes('[]')));
      const { receiver, transport } = await acceptor.connection();
      await receiver.until(() => receiver.violations.length > 0);
      expect(receiver.violations).toEqual([sentence]);
      expect(receiver.frames).toHaveLength(0);
      transport.send(bytes('abort'));
      transport.close('protocol_violation');
      await peer.until(() => peer.closeCode !== undefined);
      expect(peer.received.toString()).toContain('abort');
      expect(peer.closeCode).toBe(1002);
    },
  );

  it('WS-003: the fragments of one message are one frame', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { receiver } = await acceptor.connection();
    peer.socket.write(clientFrame(Opcode.text, bytes('[1,'), false));
    peer.socket.write(clientFrame(Opcode.ping, bytes('between')));
    peer.socket.write(clientFrame(Opcode.continuation, bytes('"é'), false));
    peer.socket.write(clientFrame(Opcode.continuation, bytes('"]'), true));
    await receiver.frameCount(1);
    expect(receiver.texts).toEqual(['[1,"é"]']);
  });

  it.each([
    ['normal', 1000],
    ['protocol_violation', 1002],
    ['policy', 1008],
    ['too_big', 1009],
    ['going_away', 1012],
  ] as const)('closes for the cause "%s" with the code %i and the reason', async (cause, code) => {
    const { server, acceptor } = await start();
    const client = new WebSocket(server.url, ['wamp.2.json']);
    const closed = new Promise<[number, string]>((resolve) =>
      client.on('close', (code, reason) => resolve([code, reason.toString()])),
    );
    const { transport, receiver } = await acceptor.connection();
    transport.close(cause, 'because');
    expect(await closed).toEqual([code, 'because']);
    await receiver.end();
    expect(receiver.closures).toEqual([{ wasClean: true, reason: 'because' }]);
  });

  it('cuts a reason to what a close frame can carry, between characters', async () => {
    const { server, acceptor } = await start();
    const client = new WebSocket(server.url, ['wamp.2.json']);
    const closed = new Promise<string>((resolve) =>
      client.on('close', (_, reason) => resolve(reason.toString())),
    );
    const { transport } = await acceptor.connection();
    transport.close('policy', 'é'.repeat(200));
    expect(await closed).toBe('é'.repeat(61));
  });

  it('closes although it is paused, and drops what still comes in', async () => {
    const { server, acceptor } = await start();
    const client = new WebSocket(server.url, ['wamp.2.json']);
    const { transport, receiver } = await acceptor.connection();
    transport.pause();
    await turn();
    await new Promise<void>((resolve) => client.once('open', resolve));
    client.send('[1]');
    transport.close('normal');
    await receiver.end();
    expect(receiver.frames).toHaveLength(0);
    expect(receiver.closures[0]?.wasClean).toBe(true);
  });

  it('cuts a peer that does not answer the closing handshake', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport, receiver } = await acceptor.connection();
    transport.close('normal', 'done');
    await receiver.end();
    await peer.until(() => peer.isClosed);
    expect(receiver.closures).toEqual([{ wasClean: false, reason: 'done' }]);
  });

  it('tells the code of a peer that closes, and a lost connection from a closed one', async () => {
    const { server, acceptor } = await start();
    const polite = new WebSocket(server.url, ['wamp.2.json']);
    const first = await acceptor.connection(0);
    await new Promise<void>((resolve) => polite.once('open', resolve));
    polite.close(4001, 'bye');
    await first.receiver.end();
    expect(first.receiver.closures).toEqual([
      { wasClean: true, reason: 'closed by the peer with 4001: bye' },
    ]);

    const rude = await RawPeer.upgraded(server.port, 'wamp.2.json');
    const second = await acceptor.connection(1);
    rude.socket.resetAndDestroy();
    await second.receiver.end();
    expect(second.receiver.closures).toEqual([{ wasClean: false, reason: 'connection lost' }]);
  });

  it('a probe of a peer that does not answer pings is answered with false', async () => {
    const { server, acceptor } = await start();
    await RawPeer.upgraded(server.port, 'wamp.2.json');
    const { transport } = await acceptor.connection();
    expect(await new Promise((resolve) => transport.probe?.(20, resolve))).toBe(false);
  });

  it('refuses to be opened twice', async () => {
    const { server, acceptor } = await start();
    new WebSocket(server.url, ['wamp.2.json']);
    const { transport, receiver } = await acceptor.connection();
    expect(() => transport.open(receiver)).toThrow('open already');
  });

  it('as many pings at once as are allowed are all answered', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.write(pings(MAX_PENDING_PONGS));
    const { receiver } = await acceptor.connection();
    await peer.until(() => peer.received.length >= 2 * MAX_PENDING_PONGS);
    expect(peer.received.filter((_, i) => i % 2 === 0).every((byte) => (byte & 15) === Opcode.pong)).toBe(
      true,
    );
    expect(receiver.closures).toEqual([]);
  });

  it('a flood of pings cuts the connection, the reason says so, and nothing behind it is delivered', async () => {
    const { server, acceptor } = await start();
    const peer = await RawPeer.upgraded(server.port, 'wamp.2.json');
    peer.socket.write(Buffer.concat([pings(5000), clientFrame(Opcode.text, bytes('[]'))]));
    const { receiver } = await acceptor.connection();
    await receiver.end();
    await peer.until(() => peer.isClosed);
    expect(receiver.closures).toEqual([
      { wasClean: false, reason: 'it sent pings faster than it took the pongs, 60 were waiting' },
    ]);
    expect(receiver.frames).toEqual([]);
  });
});

function pings(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => clientFrame(Opcode.ping, bytes(''))));
}
