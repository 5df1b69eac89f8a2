import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { clientFrame, Opcode, RawPeer } from '../raw-peer.fixture.js';
import { FORMATS, RunningRouter, serializerFor } from './running-router.fixture.js';

describe('garbage at the port', () => {
  let running: RunningRouter;
  const peers: RawPeer[] = [];
  beforeEach(async () => {
    running = await RunningRouter.start({ listen: { closeTimeoutMs: 100 } });
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.socket.destroy();
    await running.stop();
    expect(running.failures).toEqual([]);
  });
  const connected = async (): Promise<RawPeer> => {
    const peer = await RawPeer.connect(running.server.port);
    peers.push(peer);
    return peer;
  };
  const upgraded = async (subprotocol: string): Promise<RawPeer> => {
    const peer = await RawPeer.upgraded(running.server.port, subprotocol);
    peers.push(peer);
    return peer;
  };

  /** A call through the router, by clients that come and go. */
  async function serves(): Promise<void> {
    const [caller, callee] = await Promise.all([running.client('json'), running.client('cbor')]);
    const { unregister } = await callee
      .register('com.example.add', ([a, b]: [number, number]) => a + b)
      .then((registration) => ({
        unregister: () => registration.unregister(),
      }));
    expect(await caller.call('com.example.add', [2, 3])).toBe(5);
    await unregister();
  }

  it('random bytes over TCP: every connection is closed, and the router serves on', async () => {
    for (let i = 0; i < 40; i++) {
      const peer = await connected();
      peer.socket.write(randomBytes(randomInt(1, 4096)));
      peer.socket.end();
      await peer.until(() => peer.isClosed);
    }
    await serves();
  });

  it('random bytes behind a WebSocket handshake', async () => {
    for (let i = 0; i < 40; i++) {
      const peer = await upgraded('wamp.2.json');
      peer.socket.write(randomBytes(randomInt(1, 4096)));
      peer.socket.end();
      await peer.until(() => peer.isClosed);
    }
    await serves();
  });

  it.each(FORMATS)(
    'random payloads in proper %s frames: the session is aborted with 1002, and the router serves on',
    async (format) => {
      const { isBinary, subprotocol } = serializerFor(format);
      for (let i = 0; i < 40; i++) {
        const peer = await upgraded(subprotocol);
        // What begins like this is no list in its format, so that no payload is a message by accident.
        const start = Buffer.from([{ json: 0x7d, msgpack: 0xc1, cbor: 0x00 }[format]]);
        const noise = randomBytes(randomInt(1, 300));
        const payload = Buffer.concat([start, isBinary ? noise : Buffer.from(noise.toString('latin1'))]);
        peer.socket.write(clientFrame(isBinary ? Opcode.binary : Opcode.text, payload));
        await peer.until(() => peer.isClosed || peer.closeCode !== undefined);
        expect(peer.closeCode).toBe(1002);
      }
      await serves();
    },
  );

  it.each([
    ['json', '[48,1,{},"com.example.add"]'],
    ['json', '[]'],
    ['json', '{}'],
    ['json', '[1]'],
    ['json', '[1,"realm1",{"roles":{}}'],
    ['json', '[1,"realm1",{"__proto__":{"roles":{"caller":{}}}}]'],
    ['json', '['.repeat(100_000)],
    ['json', `[1,"realm1",${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}]`],
    ['json', '[99999999999999999999,{}]'],
    ['json', '[1.5,{}]'],
    ['json', '[1e999,{}]'],
  ])('%s %s ends that connection and no other', async (_format, text) => {
    const peer = await upgraded('wamp.2.json');
    peer.socket.write(clientFrame(Opcode.text, Buffer.from(text)));
    await peer.until(() => peer.closeCode !== undefined);
    await serves();
  });

  it('valid messages with broken bits between them, from many connections at a time', async () => {
    const hello = (isBinary: boolean): Buffer =>
      clientFrame(
        isBinary ? Opcode.binary : Opcode.text,
        Buffer.from('[1,"realm1",{"roles":{"caller":{},"publisher":{}}}]'),
      );
    const works = Array.from({ length: 30 }, async () => {
      const peer = await upgraded('wamp.2.json');
      peer.socket.write(hello(false));
      await peer.until(() => peer.received.length > 10 || peer.isClosed);
      const message = Buffer.from(
        '[16,1,{"acknowledge":true},"com.example.topic",[1,"text",{"a":[null]}],{"k":1.5}]',
      );
      message[randomInt(message.length)] = randomInt(256);
      peer.socket.write(clientFrame(Opcode.text, message));
      peer.socket.end();
      await peer.until(() => peer.isClosed);
    });
    await Promise.all([...works, serves()]);
    await serves();
  });

  it('WS-002: text on a binary subprotocol is answered with ABORT protocol_violation and 1002', async () => {
    const client = new WebSocket(running.server.url, ['wamp.2.cbor']);
    await once(client, 'open');
    const messages: Buffer[] = [];
    client.on('message', (data) => messages.push(data as Buffer));
    client.send('[1,"realm1",{"roles":{"caller":{}}}]');
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1002);
    expect(messages).toHaveLength(1);
    expect(serializerFor('cbor').decode(messages[0]!)).toMatchObject({
      kind: 3,
      reason: 'wamp.error.protocol_violation',
    });
    expect(running.violations).toHaveLength(1);
  });

  it('WS-003: a HELLO in fragments of one byte joins the realm', async () => {
    const peer = await upgraded('wamp.2.json');
    const hello = Buffer.from('[1,"realm1",{"roles":{"caller":{}}}]');
    for (let i = 0; i < hello.length; i++) {
      const opcode = i === 0 ? Opcode.text : Opcode.continuation;
      peer.socket.write(clientFrame(opcode, hello.subarray(i, i + 1), i === hello.length - 1));
    }
    await peer.until(() => peer.received.length > 2);
    expect(peer.received.subarray(2).toString()).toContain('[2,');
  });

  it('a peer that is lost while others call disturbs nobody', async () => {
    const [caller, callee] = await Promise.all([running.client('msgpack'), running.client('msgpack')]);
    await callee.register('com.example.add', ([a, b]: [number, number]) => a + b);
    for (let i = 0; i < 20; i++) {
      const victim = await upgraded('wamp.2.json');
      victim.socket.write(clientFrame(Opcode.text, Buffer.from('[1,"realm1",{"roles":{"subscriber":{}}}]')));
      const sum = caller.call('com.example.add', [i, i]);
      victim.socket.resetAndDestroy();
      expect(await sum).toBe(2 * i);
    }
  });
});
