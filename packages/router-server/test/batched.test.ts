import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { listen, type RouterServer } from '../src/listen.js';
import { RecordingAcceptor } from './acceptor.fixture.js';
import { batchedPair } from './batched-pair.fixture.js';
import { bytes, transportCases } from './transport-cases.fixture.js';

transportCases('WebSocket, batched text', () => batchedPair('wamp.2.json'));
transportCases('WebSocket, batched binary', () => batchedPair('wamp.2.msgpack'));

describe('batched subprotocols', () => {
  let server: RouterServer;
  afterEach(() => server.close({ graceMs: 20 }));

  it.each([
    ['wamp.2.json.batched', '[1]\u001e[2]\u001e', '[3]\u001e[4]\u001e', false],
    ['wamp.2.json.batched', '[1]\u0018[2]\u0018', '[3]\u0018[4]\u0018', false],
    ['wamp.2.msgpack.batched', '\0\0\0\u0003[1]\0\0\0\u0003[2]', '\0\0\0\u0003[3]\0\0\0\u0003[4]', true],
    ['wamp.2.cbor.batched', '\0\0\0\u0003[1]\0\0\0\u0003[2]', '\0\0\0\u0003[3]\0\0\0\u0003[4]', true],
  ])(
    'SER-010, SER-011, SER-012, ORDER-009: %s carries several messages in one frame',
    async (name, sent, answered, isBinary) => {
      const acceptor = new RecordingAcceptor();
      server = await listen(acceptor, { port: 0 });
      const client = new WebSocket(server.url, [name, 'wamp.2.json']);
      await once(client, 'open');
      expect(client.protocol).toBe(name);
      const { transport, receiver } = await acceptor.connection();
      expect(transport.info).toMatchObject({ type: 'websocket', protocol: name });
      client.send(bytes(sent), { binary: isBinary });
      await receiver.frameCount(2);
      expect(receiver.texts).toEqual(['[1]', '[2]']);
      const frame = once(client, 'message') as Promise<[Buffer, boolean]>;
      for (const text of ['[3]', '[4]']) transport.send(bytes(text));
      const [data, cameBinary] = await frame;
      expect(data.toString()).toBe(answered);
      expect(cameBinary).toBe(isBinary);
    },
  );

  it.each([
    ['SER-013', 'wamp.2.json.batched', '', 'a batch must not be empty'],
    ['SER-014', 'wamp.2.json.batched', '[1]', 'the last message of the batch is not terminated'],
    [
      'SER-014',
      'wamp.2.cbor.batched',
      '\0\0\0\u0009[1]',
      'a message of 9 bytes is announced, 3 are left in the batch',
    ],
  ])('%s: a broken batch is a violation: %s %j', async (_id, name, sent, sentence) => {
    const acceptor = new RecordingAcceptor();
    server = await listen(acceptor, { port: 0 });
    const client = new WebSocket(server.url, [name]);
    await once(client, 'open');
    client.send(bytes(sent), { binary: name.includes('cbor') });
    const { receiver } = await acceptor.connection();
    await receiver.until(() => receiver.violations.length > 0);
    expect(receiver.violations).toEqual([sentence]);
    expect(receiver.frames).toEqual([]);
  });

  it('are not offered where they are switched off', async () => {
    server = await listen(new RecordingAcceptor(), { port: 0, batched: false });
    expect(server.subprotocols).toEqual(['wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor']);
    const client = new WebSocket(server.url, ['wamp.2.json.batched', 'wamp.2.json']);
    await once(client, 'open');
    expect(client.protocol).toBe('wamp.2.json');
  });
});
