/**
 * The long-poll side of an HTTP server, for networks that let no WebSocket through: `open`, `receive`, `send`, `close`.
 * Owns the transports by their ids, and the translation between requests and transports; knows no messages.
 * Source: advanced profile, "HTTP Longpoll Transport".
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDict, type Serializer } from '@wamp/protocol';
import type { Connections } from './connections.js';
import { hostRefused, originRefused, tooMany } from './http-answers.js';
import {
  LONG_POLL_HOLD_MS,
  LONG_POLL_IDLE_MS,
  MAX_OPEN_BODY_BYTES,
  MAX_PENDING_SENDS,
  type ListenerLimits,
} from './limits.js';
import { LongPollTransport, type Reply, type WaitingRequest } from './longpoll-transport.js';
import { showableOrigin, type OriginPolicy } from './origin-policy.js';
import { isLocal, peerOf } from './peer-address.js';
import { transportInfo } from './transport-info.js';
import type { ListenerObserver, TransportAcceptor } from './ws-listener.js';

export interface LongPollOptions {
  /** Path above `open`, beginning with a slash. Default `/lp`. */
  readonly path?: string;
  /** How long a request waits for messages before it is answered with none, in milliseconds. Default 15000. */
  readonly holdMs?: number;
  /** How long a peer may take between two such requests before its session is lost, in milliseconds. Default 20000. */
  readonly idleMs?: number;
}

export interface LongPollParts {
  readonly acceptor: TransportAcceptor;
  readonly connections: Connections;
  readonly serializers: readonly Serializer[];
  readonly limits: ListenerLimits;
  readonly observer: ListenerObserver;
  readonly origins: OriginPolicy;
  readonly options: LongPollOptions;
}

/** Ids that nobody guesses: whoever knows one is that session. */
const ID_BYTES = 24;

interface Protocol {
  readonly serializer: Serializer;
  readonly isBatched: boolean;
}

const CONTENT_TYPES = {
  json: 'application/json',
  msgpack: 'application/x-msgpack',
  cbor: 'application/cbor',
} as const;

export class LongPollListener {
  readonly path: string;
  readonly #parts: LongPollParts;
  readonly #protocols = new Map<string, Protocol>();
  readonly #transports = new Map<string, { readonly transport: LongPollTransport; sends: number }>();

  /** @throws TypeError for a path without leading slash */
  constructor(parts: LongPollParts) {
    const { path = '/lp' } = parts.options;
    if (!/^\/[^?#]*[^/?#]$/.test(path))
      throw new TypeError(`longPoll.path must begin with a slash and not end with one: "${path}"`);
    this.path = path;
    this.#parts = parts;
    for (const serializer of parts.serializers) {
      this.#protocols.set(serializer.subprotocol, { serializer, isBatched: false });
      this.#protocols.set(`${serializer.subprotocol}.batched`, { serializer, isBatched: true });
    }
  }

  /** @returns false if the request is not for this endpoint, and somebody else has to answer it */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    if (!path.startsWith(`${this.path}/`)) return false;
    this.#dispatch(path.slice(this.path.length + 1), request, response);
    return true;
  }

  #dispatch(path: string, request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (!this.#admit(request, response)) return;
    if (request.method === 'OPTIONS') {
      respond(response, { status: 204 });
    } else if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      respond(response, { status: 405, body: 'Long-poll takes POST requests only.\n' });
    } else if (path === 'open') void this.#open(request, response);
    else this.#serve(path, request, response);
  }

  /** A page may use what its origin may; browsers have to be told so. */
  #admit(request: IncomingMessage, response: ServerResponse): boolean {
    const { origin, host } = request.headers;
    const { origins } = this.#parts;
    const hasHost = origins.acceptsHost(host);
    if (!hasHost || !origins.accepts(origin, host, isLocal(request.socket))) {
      const { status, text } = hasHost ? originRefused(showableOrigin(origin ?? '')) : hostRefused();
      this.#tell(request, status, text.trimEnd());
      respond(response, { status, body: text });
      return false;
    }
    if (origin !== undefined) {
      response.setHeader('Vary', 'Origin');
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', 'content-type');
      response.setHeader('Access-Control-Max-Age', '600');
    }
    return true;
  }

  async #open(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request, MAX_OPEN_BODY_BYTES);
    const offered = body === undefined ? undefined : protocolsIn(body);
    const name = offered?.find((one) => this.#protocols.has(one));
    const protocol = name === undefined ? undefined : this.#protocols.get(name);
    if (protocol === undefined || name === undefined) {
      const spoken = [...this.#protocols.keys()].join(', ');
      const sentence =
        offered === undefined
          ? 'The body has to be {"protocols": ["wamp.2.json", …]}'
          : `No common protocol; this router speaks ${spoken}.`;
      this.#refuse(request, response, 400, sentence);
      return;
    }
    const refusal = this.#parts.connections.refusalFor(request.socket.remoteAddress);
    if (refusal !== undefined) {
      const { status, text } = tooMany(refusal, this.#parts.limits);
      this.#refuse(request, response, status, text.trimEnd());
      return;
    }
    const id = this.#accept(request, name, protocol);
    respond(
      response,
      { status: 200, body: JSON.stringify({ protocol: name, transport: id }) },
      'application/json',
    );
  }

  #accept(request: IncomingMessage, name: string, { serializer, isBatched }: Protocol): string {
    const { acceptor, connections, limits, options } = this.#parts;
    const id = randomBytes(ID_BYTES).toString('base64url');
    const transport = new LongPollTransport({
      serializer,
      isBatched,
      info: transportInfo('longpoll', name, request.socket),
      holdMs: options.holdMs ?? LONG_POLL_HOLD_MS,
      idleMs: options.idleMs ?? LONG_POLL_IDLE_MS,
      closeTimeoutMs: limits.closeTimeoutMs,
      onEnd: () => {
        this.#transports.delete(id);
        connections.remove(transport);
      },
    });
    this.#transports.set(id, { transport, sends: 0 });
    connections.add(transport, request.socket.remoteAddress);
    acceptor.attach(transport);
    return id;
  }

  #serve(path: string, request: IncomingMessage, response: ServerResponse): void {
    const [, id = '', action = ''] = /^([\w-]{1,64})\/(receive|send|close)$/.exec(path) ?? [];
    const entry = this.#transports.get(id);
    if (entry === undefined) {
      request.resume();
      respond(response, { status: 404, body: 'There is no such transport.\n' });
      return;
    }
    const type = CONTENT_TYPES[entry.transport.serializer.format];
    if (action === 'send') void this.#send(entry, request, response);
    else if (action === 'receive') receive(entry.transport, request, response, type);
    else {
      request.resume();
      entry.transport.closeRequest();
      respond(response, { status: 202 });
    }
  }

  async #send(
    entry: { readonly transport: LongPollTransport; sends: number },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (entry.sends >= MAX_PENDING_SENDS) {
      request.resume();
      respond(response, {
        status: 429,
        body: `${MAX_PENDING_SENDS} requests of this transport wait already.\n`,
      });
      return;
    }
    entry.sends += 1;
    const { maxMessageBytes } = this.#parts.limits;
    const reply = await entry.transport.sendRequest(() => bodyOf(request, maxMessageBytes));
    entry.sends -= 1;
    respond(response, reply);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, status: number, sentence: string): void {
    this.#tell(request, status, sentence);
    respond(response, { status, body: `${sentence}\n` });
  }

  #tell(request: IncomingMessage, status: number, sentence: string): void {
    this.#parts.observer.refused?.({ peer: peerOf(request.socket), status, sentence });
  }
}

function receive(
  transport: LongPollTransport,
  request: IncomingMessage,
  response: ServerResponse,
  contentType: string,
): void {
  request.resume();
  const waiting: WaitingRequest = {
    answer(reply, delivered) {
      response.removeListener('close', onLost);
      let isDelivered = false;
      // Node calls a response finished that a lost connection has finished.
      response.once('finish', () => (isDelivered = !request.socket.destroyed));
      response.once('close', () => delivered(isDelivered));
      respond(response, reply, reply.status === 200 ? contentType : undefined);
    },
  };
  const onLost = (): void => transport.requestLost(waiting);
  response.once('close', onLost);
  const refusal = transport.receiveRequest(waiting);
  if (refusal === undefined) return;
  response.removeListener('close', onLost);
  respond(response, refusal);
}

/** The list of `{"protocols": [...]}`; undefined for anything else. */
function protocolsIn(body: Uint8Array): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    const protocols = isDict(value) ? value['protocols'] : undefined;
    const isList = Array.isArray(protocols) && protocols.every((one) => typeof one === 'string');
    return isList ? protocols : undefined;
  } catch {
    return undefined;
  }
}

/** Never rejects; undefined if the body is longer than that, or does not come. */
function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    let body = Buffer.alloc(0);
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      const start = bytes;
      bytes += chunk.length;
      if (bytes > maxBytes) {
        // What still comes is read and dropped: the answer would be lost in a reset.
        body = Buffer.alloc(0);
        resolve(undefined);
        return;
      }
      // Twice what has come, so that chunks of one byte do not cost more than themselves.
      if (bytes > body.length) body = Buffer.concat([body.subarray(0, start)], Math.max(2 * bytes, 4096));
      body.set(chunk, start);
    });
    request.once('end', () => resolve(body.subarray(0, bytes)));
    request.once('close', () => resolve(undefined));
    request.once('error', () => resolve(undefined));
  });
}

function respond(
  response: ServerResponse,
  { status, body }: Reply,
  contentType = 'text/plain; charset=utf-8',
): void {
  if (response.destroyed || response.headersSent) return;
  if (body === undefined) response.writeHead(status, status === 204 ? {} : { 'Content-Length': 0 });
  else response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
