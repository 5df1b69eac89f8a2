/**
 * What a WAMP endpoint says to those who speak HTTP to it: short text pages with the next step in them.
 * Owns the sentences and their form on the wire; decides nothing.
 */
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Refusal } from './connections.js';
import type { ListenerLimits } from './limits.js';

/** An HTTP answer in plain text. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

function answer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): TextAnswer {
  return { status, headers, text: `${text}\n` };
}

/** For a visitor with a browser or curl at the endpoint's own path. */
export function welcomePage(url: string, subprotocols: readonly string[]): TextAnswer {
  const lines = [
    'This is a WAMP router. It speaks WebSocket here, not plain HTTP.',
    '',
    `  connect to     ${url}`,
    `  subprotocols   ${subprotocols.join(', ')}`,
    '',
    `  import { connect } from '@wamp/client';`,
    `  const client = await connect('${url}', { realm: 'realm1' });`,
    '',
    'Any WAMP client will do; https://wamp-proto.org tells more about the protocol.',
  ];
  return answer(426, lines.join('\n'), { Upgrade: 'websocket', Connection: 'Upgrade, close' });
}

/** For a request to another path. */
export function nothingHere(url: string): TextAnswer {
  return answer(404, `Nothing here. The WAMP router listens at ${url}`);
}

/** For a WebSocket that offers no subprotocol which this router speaks. Source: transports chapter, "WebSocket Transport". */
export function noCommonSubprotocol(offered: readonly string[], spoken: readonly string[]): TextAnswer {
  const came =
    offered.length === 0 ? 'none was offered' : `offered: ${offered.slice(0, 8).join(', ').slice(0, 200)}`;
  return answer(400, `No common WebSocket subprotocol: ${came}; this router speaks ${spoken.join(', ')}.`);
}

/**
 * For a web page that is not allowed to connect.
 * @param origin undefined if it is not fit to be shown
 */
export function originRefused(origin: string | undefined): TextAnswer {
  const whose = origin === undefined ? 'this origin' : origin;
  return answer(
    403,
    `Web pages of ${whose} may not connect: start the router with --allow-origin ${origin ?? '<origin>'}, ` +
      'or set allowedOrigins, to let them.',
  );
}

/** For a request whose `Host` header names another machine. */
export function hostRefused(): TextAnswer {
  return answer(421, 'The router does not serve this host: see allowedHosts.');
}

/** For one connection more than the endpoint takes. */
export function tooMany(why: Refusal, limits: ListenerLimits): TextAnswer {
  return answer(503, `${REFUSALS[why](limits)} Try again later.`, { 'Retry-After': '5' });
}

const REFUSALS: Readonly<Record<Refusal, (limits: ListenerLimits) => string>> = {
  shutting_down: () => 'The router is shutting down.',
  too_many: ({ maxConnections }) => `The router has reached its limit of ${maxConnections} connections.`,
  too_many_from_address: ({ maxConnectionsPerAddress }) =>
    `The router has reached its limit of ${maxConnectionsPerAddress} connections from one address.`,
};

/** For an upgrade request that breaks RFC 6455. */
export function badHandshake(what: string): TextAnswer {
  return answer(400, `The WebSocket handshake failed: ${what}.`, { 'Sec-WebSocket-Version': '13' });
}

/**
 * For what Node's HTTP parser refused.
 * @param code Node's error code
 */
export function unreadable(code: string): TextAnswer {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return answer(408, 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return answer(431, 'The headers of the request are too long.');
    default:
      return answer(400, 'This port speaks HTTP and WebSocket; what came was neither.');
  }
}

function headersOf(page: TextAnswer): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(page.text)),
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...page.headers,
  };
}

/** Answers an ordinary request. */
export function respond(response: ServerResponse, page: TextAnswer): void {
  response.writeHead(page.status, headersOf(page));
  response.end(page.text);
}

/** Answers a request whose socket the HTTP server has handed over (an upgrade, or unreadable bytes), then closes it. */
export function respondRaw(stream: Duplex, page: TextAnswer): void {
  stream.on('error', () => stream.destroy());
  if (!stream.writable) return void stream.destroy();
  const head = Object.entries(headersOf(page)).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.once('finish', () => stream.destroy());
  stream.end(
    `HTTP/1.1 ${page.status} ${STATUS_CODES[page.status] ?? ''}\r\n${head.join('')}\r\n${page.text}`,
  );
}
