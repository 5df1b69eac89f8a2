/** Bytes on the network: WebSocket, RawSocket and HTTP, the bodies of long-poll among them. */
import { frameFor } from './sessions.js';
import { damaged, type Input } from '../input.js';
import { Network, rawSocketFrame } from '../network.js';
import { FORMATS } from '../oracle.js';
import type { Random } from '../random.js';
import type { Surface } from '../surface.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function wire(make: (random: Random) => Input): Promise<Surface> {
  let network = await Network.open();
  let taken = 0;
  return {
    make,
    take: async (input) => {
      const came = await network.exchange(input);
      if (typeof came === 'string') return came;
      taken += 1;
      const wrong = network.failures.length > 0 || taken % 10 === 0 ? await network.wrong() : undefined;
      if (wrong !== undefined) {
        await network.close();
        network = await Network.open();
      }
      return wrong;
    },
    close: () => network.close(),
  };
}

export function openWebSocket(): Promise<Surface> {
  return wire((random) => {
    const at = random.below(3);
    const protocol =
      ['wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor'][at]! + (random.oneIn(4) ? '.batched' : '');
    const request = text(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    const frames = random.list(6, () => webSocketFrame(random, frameFor(random, FORMATS[at]!), at === 0));
    return [random.oneIn(12) ? damaged(request, random) : request, ...frames];
  });
}

/** Mostly a whole masked message of the right type; else anything that RFC 6455 has a word for. */
function webSocketFrame(random: Random, payload: Uint8Array, isText: boolean): Uint8Array {
  const isOdd = random.oneIn(3);
  const opcode = isOdd ? random.below(16) : isText ? 1 : 2;
  const flags = isOdd ? random.of([0x80, 0, 0xc0, 0xf0]) : 0x80;
  const isMasked = !(isOdd && random.oneIn(5));
  const length =
    isOdd && random.oneIn(4) ? random.of([0, 125, 126, 65_535, 65_536, 2 ** 31, 2 ** 40]) : payload.length;
  const head = [flags | opcode];
  const mark = isMasked ? 0x80 : 0;
  if (length < 126 && !(isOdd && random.oneIn(6))) head.push(mark | length);
  else if (length < 65_536) head.push(mark | 126, length >> 8, length & 0xff);
  else {
    head.push(mark | 127, 0, 0, 0, Math.floor(length / 2 ** 32) & 0xff);
    head.push((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
  }
  const mask = [1, 2, 3, 4];
  if (!isMasked) return Uint8Array.from([...head, ...payload]);
  return Uint8Array.from([...head, ...mask, ...payload.map((byte, at) => byte ^ mask[at % 4]!)]);
}

export function openRawSocket(): Promise<Surface> {
  return wire((random) => {
    const at = random.below(3);
    const handshake = Uint8Array.of(0x7f, (random.below(16) << 4) | (at + 1), 0, 0);
    const frames = random.list(6, () => {
      const payload = frameFor(random, FORMATS[at]!);
      const isOdd = random.oneIn(4);
      const length = isOdd && random.oneIn(2) ? random.of([0, 1, 65_536, 2 ** 24 - 1]) : payload.length;
      return rawSocketFrame(isOdd ? random.below(256) : 0, payload, length);
    });
    return [random.oneIn(8) ? damaged(handshake, random) : handshake, ...frames];
  });
}

const PATHS = [
  '/',
  '/ws',
  '/lp/open',
  '/lp/x/send',
  '/lp/x/receive',
  '/lp/x/close',
  '/lp/',
  '//lp/open',
  '/%00',
  '*',
  'http://x/',
];
const HEADERS = [
  ...[
    'Host: 127.0.0.1',
    'Host: evil.example',
    'Host:',
    'Origin: http://evil.example',
    'Origin: null',
    'Upgrade: websocket',
  ],
  ...[
    'Connection: Upgrade',
    'Connection: close',
    'Transfer-Encoding: chunked',
    'Content-Type: application/json',
    'X: \u00ff',
  ],
  ...[
    'Expect: 100-continue',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: x',
    'Sec-WebSocket-Protocol: wamp.2.json',
  ],
];

export function openHttp(): Promise<Surface> {
  return wire((random) => {
    const body = random.oneIn(2)
      ? text(
          JSON.stringify({
            protocols: random.of([['wamp.2.json'], [], 'wamp.2.json', [null], ['wamp.2.cbor.batched'], 1]),
          }),
        )
      : frameFor(random, random.of(FORMATS));
    const wrapped = random.oneIn(4) ? damaged(body, random) : body;
    const length = random.oneIn(5) ? random.of([0, 1, 2 ** 31, -1, 1e30]) : wrapped.length;
    const headers = [
      'Host: 127.0.0.1',
      ...random.list(4, () => random.of(HEADERS)),
      `Content-Length: ${length}`,
    ];
    const method = random.of(['POST', 'POST', 'POST', 'GET', 'OPTIONS', 'PUT', 'HEAD', 'BREW', '']);
    const request = text(
      `${method} ${random.of(PATHS)} HTTP/1.${random.of([0, 1, 1, 1, 9])}\r\n${headers.join('\r\n')}\r\n\r\n`,
    );
    return [
      random.oneIn(5) ? damaged(request, random) : request,
      wrapped,
      ...random.list(1, () => random.bytes(40)),
    ];
  });
}

/** The steps of one long-poll connection: what is posted to `open`, then to `send`. */
export async function openLongPoll(): Promise<Surface> {
  const network = await Network.open();
  const origin = `http://127.0.0.1:${network.server.port}/lp`;
  const post = (path: string, body: Uint8Array): Promise<Response> =>
    fetch(`${origin}/${path}`, {
      method: 'POST',
      body: Buffer.from(body),
      signal: AbortSignal.timeout(20_000),
    });
  return {
    make: (random) => {
      const at = random.below(3);
      const protocol = `${['wamp.2.json', 'wamp.2.msgpack', 'wamp.2.cbor'][at]}${random.oneIn(2) ? '.batched' : ''}`;
      const body = text(JSON.stringify({ protocols: [protocol] }));
      return [
        random.oneIn(10) ? damaged(body, random) : body,
        ...random.list(5, () => frameFor(random, FORMATS[at]!)),
      ];
    },
    take: async ([body, ...messages]) => {
      const opened = await post('open', body ?? new Uint8Array());
      const answer = await opened.text();
      if (opened.status >= 500) return `open is answered with ${opened.status}`;
      if (opened.status !== 200) return undefined;
      const { transport } = JSON.parse(answer) as { transport: string };
      for (const message of messages) {
        const sent = await post(`${transport}/send`, message);
        await sent.arrayBuffer();
        if (sent.status >= 500) return `send is answered with ${sent.status}`;
      }
      const received = await post(`${transport}/receive`, new Uint8Array());
      await received.arrayBuffer();
      if (received.status >= 500) return `receive is answered with ${received.status}`;
      await (await post(`${transport}/close`, new Uint8Array())).arrayBuffer();
      return network.wrong();
    },
    close: () => network.close(),
  };
}
