/** RawSocket against a whole router: what breaks the protocol is answered, and nobody else notices. */
import { connect } from '@wamp/client';
import {
  AbortMessage,
  GoodbyeMessage,
  HelloMessage,
  MessageKind,
  RegisterMessage,
  SubscribeMessage,
  type Message,
} from '@wamp/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BytePeer } from '../byte-peer.fixture.js';
import { FORMATS, RunningRouter, serializerFor } from './running-router.fixture.js';

let running: RunningRouter;
beforeEach(async () => {
  running = await RunningRouter.start();
});
afterEach(() => running.stop());

const framed = (payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([0, payload.length >>> 16, payload.length >>> 8, payload.length]), payload]);

/** Numbers that look random and are the same in every run. */
function* octets(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield (state >>> 16) & 255;
  }
}

describe.each(FORMATS)('RawSocket with %s', (format) => {
  const serializer = serializerFor(format);
  const hello = framed(serializer.encode(new HelloMessage('realm1', { roles: { caller: {} } })));

  /** A session of bytes, joined. */
  const joined = async (): Promise<BytePeer> => {
    const peer = await BytePeer.connect(running.server.port);
    peer.sends([0x7f, 0xf0 | serializer.rawSocketId, 0, 0], hello);
    await peer.until(() => peer.received.length > 100);
    peer.chunks.length = 0;
    return peer;
  };

  it.each([
    ['RAW-017: a frame of no bytes', Buffer.from([0, 0, 0, 0])],
    ['RAW-015: a reserved frame type', Buffer.from([4, 0, 0, 0])],
    ['RAW-012: a frame of 16 MiB and a byte', Buffer.from([8, 0, 0, 1])],
    ['SER-008: a frame that is no message', framed(Buffer.from('nonsense'))],
  ])('%s is answered with ABORT protocol_violation', async (_name, bytes) => {
    const peer = await joined();
    peer.sends(bytes);
    await peer.closed();
    const abort = serializer.decode(peer.received.subarray(4));
    expect(abort).toBeInstanceOf(AbortMessage);
    expect(abort).toMatchObject({ kind: MessageKind.Abort, reason: 'wamp.error.protocol_violation' });
  });

  it('a client joins by address, calls and leaves', async () => {
    const client = await connect(running.server.rawSocketUrl!, {
      realm: 'realm1',
      serializers: [serializer],
    });
    const other = await running.client(format);
    await other.register('com.example.add', ([a, b]: [number, number]) => a + b);
    expect(await client.call('com.example.add', [2, 3])).toBe(5);
    await client.close();
    expect(await client.closed).toMatchObject({ by: 'client', wasClean: true });
  });

  it('a peer that says GOODBYE gets its answer before the end', async () => {
    const peer = await joined();
    peer.sends(framed(serializer.encode(new GoodbyeMessage({}, 'wamp.close.close_realm'))));
    await peer.closed();
    expect(serializer.decode(peer.received.subarray(4))).toMatchObject({
      kind: MessageKind.Goodbye,
      reason: 'wamp.close.goodbye_and_out',
    });
  });
});

it('PUBSUB-019: an event that is too long for one RawSocket subscriber reaches the others, and its session stays', async () => {
  const serializer = serializerFor('json');
  const small = await BytePeer.connect(running.server.port);
  const roles = { subscriber: {}, callee: {} };
  const sends = (message: Message): void => small.sends(framed(serializer.encode(message)));
  small.sends([0x7f, 0x21, 0, 0]);
  sends(new HelloMessage('realm1', { roles }));
  sends(new SubscribeMessage(1, {}, 'com.example.news'));
  sends(new RegisterMessage(2, {}, 'com.example.small'));
  await small.until(() => small.received.includes('[65,2,'));

  const publisher = await running.client();
  const events: number[] = [];
  const other = await running.client();
  await other.subscribe('com.example.news', ([text]: [string]) => void events.push(text.length));
  const publish = (bytes: number): Promise<unknown> =>
    publisher.publish('com.example.news', ['x'.repeat(bytes)], { acknowledge: true });
  await publish(3000);
  await publish(10);
  await small.until(() => small.received.includes('["xxxxxxxxxx"]'));
  expect(small.received.includes('x'.repeat(11))).toBe(false);
  await expect(publisher.call('com.example.small', ['x'.repeat(3000)])).rejects.toMatchObject({
    uri: 'wamp.error.payload_size_exceeded',
  });
  expect(await publisher.call('wamp.session.count')).toBe(3);
  expect(events).toEqual([3000, 10]);
});

it('random bytes behind the handshake end their connection, and the router serves on (seeds 1 to 60)', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const peer = await BytePeer.connect(running.server.port);
    const random = octets(seed);
    peer.sends(
      [0x7f, 0xf0 | ((seed % 3) + 1), 0, 0],
      Array.from({ length: 500 }, () => random.next().value as number),
    );
    peer.socket.end();
    await peer.closed();
  }
  const client = await running.client();
  expect(await client.call('wamp.session.count')).toBe(1);
  expect(running.failures).toEqual([]);
});
