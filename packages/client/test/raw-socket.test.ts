import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { encodeRawSocketFrame, RawSocketFrame, WelcomeMessage } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, ConnectionError, UsageError } from '../src/index.js';
import { rawSocket } from '../src/transports/raw-socket.js';
import { openRawSocket as openInBrowser } from '../src/transports/no-raw-socket.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server whose connections a script answers. */
async function serverThat(serves: (socket: Socket, connection: number) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    serves(socket, sockets.push(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const answering =
  (...octets: number[]) =>
  (socket: Socket): void =>
    void socket.once('data', () => socket.write(Buffer.from(octets)));

const dial = (port: number, options: object = {}): Promise<unknown> =>
  connect(`rs://127.0.0.1:${port}`, { realm: 'realm1', ...options });

describe('the handshake of a RawSocket client', () => {
  it.each([
    [1, 'the router does not support the serializer'],
    [2, 'the router does not accept the maximum message length'],
    [3, 'the router says that reserved bits were used'],
    [4, 'the router has as many connections as it admits'],
    [7, 'the router refused with the undefined code 7'],
  ])('RAW-016: the error code %i of the router is reported as a sentence', async (code, sentence) => {
    const failed = dial(await serverThat(answering(0x7f, code << 4, 0, 0)));
    await expect(failed).rejects.toThrow(sentence);
    await expect(failed).rejects.toBeInstanceOf(ConnectionError);
  });

  it.each([
    ['another serializer', [0x7f, 0xf3, 0, 0], /serializer 3, asked for was 1/],
    ['reserved octets', [0x7f, 0xf1, 0, 1], /reserved bits/],
    ['what is no RawSocket', [0x48, 0x54, 0x54, 0x50], /does not speak RawSocket/],
  ])('RAW-016: an answer with %s fails the connection', async (_name, octets, sentence) => {
    await expect(dial(await serverThat(answering(...octets)))).rejects.toThrow(sentence);
  });

  it('asks with the next serializer if the router does not support one', async () => {
    const asked: string[] = [];
    const port = await serverThat((socket) =>
      socket.once('data', (request: Buffer) => {
        asked.push(request.toString('hex'));
        const id = request[1]! & 15;
        if (id === 1) socket.end(welcoming());
        else socket.end(Buffer.from([0x7f, 0x10, 0, 0]));
      }),
    );
    const open = rawSocket({ host: '127.0.0.1', port, serializers: [cbor(), msgpack(), json()] });
    const transport = await open(new AbortController().signal);
    expect(transport.serializer.format).toBe('json');
    expect(asked).toEqual(['7ff30000', '7ff20000', '7ff10000']);
    transport.terminate('enough');
  });

  it('works octet by octet, and the router may send frames in the same piece', async () => {
    const port = await serverThat((socket) => {
      socket.setNoDelay(true);
      socket.once('data', () => void dribble(socket, welcoming()));
    });
    const client = await connect(`rs://127.0.0.1:${port}`, { realm: 'realm1' });
    expect(client.sessionId).toBe(77);
  });

  it('names its own limit, rounded down to a power of two', async () => {
    const request = new Promise<Buffer>((resolve) => {
      void serverThat((socket) => void socket.once('data', resolve)).then((port) =>
        dial(port, { maxFrameBytes: 100_000, handshakeTimeoutMs: 1000 }).catch(() => undefined),
      );
    });
    expect([...(await request)].slice(0, 4)).toEqual([0x7f, 0x71, 0, 0]);
  });

  it('ends with the signal, with the time, and with a server that closes', async () => {
    const silent = await serverThat(() => undefined);
    await expect(dial(silent, { signal: AbortSignal.abort() })).rejects.toThrow();
    await expect(dial(silent, { handshakeTimeoutMs: 30 })).rejects.toThrow('no session within 30 ms');
    const closing = await serverThat((socket) => void socket.once('data', () => socket.end()));
    await expect(dial(closing)).rejects.toThrow('closed in the handshake');
  });

  it('of a port that nobody listens on fails with the address and the cause', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(dial(port)).rejects.toThrow(`rs://127.0.0.1:${port} cannot be reached`);
  });
});

describe('RawSocket addresses', () => {
  it.each([['rs://localhost'], ['rs://:80'], ['rs://localhost:80/path'], ['unix:relative']])(
    '%s is none',
    async (address) => {
      await expect(connect(address, { realm: 'realm1' })).rejects.toBeInstanceOf(UsageError);
    },
  );

  it('need a port or a path', () => {
    expect(() => rawSocket({ host: 'localhost' })).toThrow(UsageError);
  });

  it('are refused with a sentence where there are no sockets', async () => {
    await expect(openInBrowser('rs://localhost:80')).rejects.toThrow('RawSocket needs Node');
  });
});

describe('a RawSocket client', () => {
  it('RAW-013: sends no frame above the limit of the router: the call fails, the session lasts', async () => {
    const port = await serverThat((socket) => {
      socket.once('data', () => {
        // The router takes 1024 bytes.
        const answer = welcoming();
        answer[1] = 0x11;
        socket.write(answer);
        socket.resume();
      });
    });
    const client = await connect(`rs://127.0.0.1:${port}`, { realm: 'realm1' });
    const call = client.call('com.example.f', ['x'.repeat(2000)]);
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.payload_size_exceeded' });
    expect(client.status.current).toBe('open');
  });

  it('answers PING', async () => {
    const pong = new Promise<Buffer>((resolve) => {
      void serverThat((socket) =>
        socket.once('data', () => {
          socket.write(welcoming());
          socket.write(encodeRawSocketFrame(RawSocketFrame.Ping, Buffer.from('who')));
          let came = Buffer.alloc(0);
          socket.on('data', (chunk: Buffer) => {
            came = Buffer.concat([came, chunk]);
            if (came.includes('who')) resolve(came.subarray(-7));
          });
        }),
      ).then((port) => dial(port));
    });
    expect((await pong).toString('hex')).toBe(`02000003${Buffer.from('who').toString('hex')}`);
  });
});

/** A router's side up to WELCOME, whatever HELLO says. */
function welcoming(): Buffer {
  const welcome = json().encode(new WelcomeMessage(77, { roles: { dealer: {}, broker: {} } }));
  return Buffer.concat([
    Buffer.from([0x7f, 0xf1, 0, 0]),
    encodeRawSocketFrame(RawSocketFrame.Message, welcome),
  ]);
}

async function dribble(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (const octet of bytes) {
    socket.write(Buffer.from([octet]));
    await new Promise((resolve) => setImmediate(resolve));
  }
}
