/**
 * RawSocket on Node, over TCP, TLS and Unix sockets: addresses, the connection and the handshake.
 * Owns the link between a socket and its transport; what goes over it is the protocol's part. Never part of a browser's bundle.
 * Source: advanced profile, "RawSocket Transport".
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import {
  encodeRawSocketHandshake,
  parseRawSocketReply,
  RAWSOCKET_HANDSHAKE_BYTES,
  RawSocketError,
  rawSocketLimit,
  RawSocketTransport,
  type RawSocketHost,
  type ListCodec,
  type RawSocketReply,
} from '@wamp/protocol';
import type { ClientTransport } from '../client-session.js';
import { CLOSE_TIMEOUT_MS, MAX_FRAME_BYTES } from '../limits.js';
import { json } from '../serializers/json.js';
import { ConnectionError, UsageError } from '../wamp-error.js';
import { nodeTransportInfo } from './node-transport-info.js';
import type { OpenOptions } from './open-options.js';

/** Where a router speaks RawSocket, and how to speak to it. */
export interface RawSocketOptions {
  /** Name or address of the router's machine; default `localhost`. */
  readonly host?: string;
  readonly port?: number;
  /** Path of a Unix socket, instead of `host` and `port`. */
  readonly path?: string;
  /** True, or Node's options (`ca`, `cert`, `key`, …), for RawSocket over TLS. */
  readonly tls?: boolean | ConnectionOptions;
  /** Offered one after the other until the router takes one, the preferred one first. Default `[json()]`. */
  readonly serializers?: readonly ListCodec[];
  /** Longest frame accepted, in bytes; the largest power of two that is not above it counts. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  /** True if the router is known to understand PING; Crossbar.io does not. Default false. */
  readonly mayPing?: boolean;
}

/** A target for `connect`: RawSocket over TCP, TLS or a Unix socket. @throws UsageError for options without a place to connect to */
export function rawSocket(options: RawSocketOptions): (signal: AbortSignal) => Promise<ClientTransport> {
  const place = placeOf(options);
  const { serializers = [json()], maxFrameBytes = MAX_FRAME_BYTES, mayPing = false } = options;
  return (signal) => openAt(place, { serializers, signal, maxFrameBytes }, mayPing);
}

/**
 * Opens a RawSocket connection.
 * @param address `rs://host:port`, `rss://host:port` (TLS) or `unix:/path`
 * @throws UsageError for another address; ConnectionError with Node's own error as `cause`; the signal's reason
 */
export async function openRawSocket(address: string, options: OpenOptions): Promise<ClientTransport> {
  return openAt(placeFrom(address), options, false);
}

interface Place {
  /** for sentences and `info` */
  readonly url: string;
  readonly dial: () => Socket;
  /** the event that says the connection stands */
  readonly ready: 'connect' | 'secureConnect';
}

function placeFrom(address: string): Place {
  const path = /^unix:(?:\/\/)?(\/.+)$/i.exec(address)?.[1];
  if (path !== undefined) return placeOf({ path });
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.port === '' || url.hostname === '' || !/^\/?$/.test(url.pathname)) {
    throw new UsageError(
      `a RawSocket address is rs://host:port, rss://host:port or unix:/path, not ${address}`,
    );
  }
  return placeOf({ host: url.hostname, port: Number(url.port), tls: url.protocol === 'rss:' });
}

function placeOf({ host = 'localhost', port, path, tls = false }: RawSocketOptions): Place {
  if (path !== undefined) {
    const place = { path };
    return tls === false
      ? { url: `unix:${path}`, dial: () => connectPlain(place), ready: 'connect' }
      : secure(`unix:${path}`, place, tls);
  }
  if (port === undefined) throw new UsageError('rawSocket needs a port, or the path of a Unix socket');
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const place = { host: bare, port };
  const authority = `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
  if (tls !== false) return secure(`rss://${authority}`, place, tls);
  return { url: `rs://${authority}`, dial: () => connectPlain(place), ready: 'connect' };
}

function secure(
  url: string,
  place: { path: string } | { host: string; port: number },
  tls: true | ConnectionOptions,
): Place {
  const options = tls === true ? {} : tls;
  return { url, dial: () => connectTls({ ...options, ...place }), ready: 'secureConnect' };
}

/** Tries the serializers in their order; only a router that does not speak one is asked again, with the next. */
async function openAt(place: Place, options: OpenOptions, mayPing: boolean): Promise<ClientTransport> {
  const refusals: Error[] = [];
  for (const serializer of options.serializers) {
    const answer = await new Attempt(place, serializer, options, mayPing).opened;
    if (answer.refusal === undefined) return answer.transport;
    refusals.push(answer.refusal);
  }
  throw refusals.at(-1) ?? new UsageError('at least one serializer has to be offered');
}

/** What a router made of a serializer. */
type Answer =
  | { readonly transport: ClientTransport; readonly refusal: undefined }
  | { readonly refusal: ConnectionError };

/** One connection with one serializer, until its handshake is over. */
class Attempt {
  readonly opened: Promise<Answer>;
  readonly #place: Place;
  readonly #serializer: ListCodec;
  readonly #maxReceiveBytes: number;
  readonly #mayPing: boolean;
  readonly #signal: AbortSignal;
  readonly #socket: Socket;
  #came: Buffer = Buffer.alloc(0);
  #resolve!: (opened: Answer) => void;
  #reject!: (error: unknown) => void;

  constructor(place: Place, serializer: ListCodec, options: OpenOptions, mayPing: boolean) {
    this.#place = place;
    this.#serializer = serializer;
    this.#maxReceiveBytes = rawSocketLimit(options.maxFrameBytes);
    this.#mayPing = mayPing;
    this.#signal = options.signal;
    this.opened = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#socket = place.dial();
    this.#socket.once(place.ready, this.#onReady);
    this.#socket.on('data', this.#onData);
    this.#socket.on('error', this.#onError);
    this.#socket.on('close', this.#onClose);
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onReady = (): void => {
    this.#socket.setNoDelay(true);
    this.#socket.write(encodeRawSocketHandshake(this.#serializer.rawSocketId, this.#maxReceiveBytes));
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#came = Buffer.concat([this.#came, chunk]);
    const reply = parseRawSocketReply(this.#came, this.#serializer.rawSocketId);
    if (reply.kind === 'accepted') this.#accept(reply.maxSendBytes);
    else if (reply.kind === 'failed') this.#refused(reply);
  };

  readonly #onError = (cause: Error & { code?: unknown }): void => {
    const said = cause.message === '' && typeof cause.code === 'string' ? cause.code : cause.message;
    this.#fail(new ConnectionError(`${this.#place.url} cannot be reached: ${said}`, { cause }));
  };

  readonly #onClose = (): void => {
    this.#fail(
      new ConnectionError(`${this.#place.url} cannot be reached: the connection was closed in the handshake`),
    );
  };

  readonly #onAbort = (): void => this.#fail(this.#signal.reason);

  #refused(reply: Extract<RawSocketReply, { kind: 'failed' }>): void {
    const { url } = this.#place;
    const error = new ConnectionError(`${url} cannot be reached: ${reply.sentence}`);
    if (reply.error !== RawSocketError.SerializerUnsupported) {
      this.#fail(error);
      return;
    }
    this.#over();
    this.#socket.destroy();
    this.#resolve({ refusal: error });
  }

  #fail(error: unknown): void {
    this.#over();
    this.#socket.destroy();
    this.#reject(error);
  }

  /** Takes every listener away, except for errors: those of a socket that nobody wants any more are nobody's. */
  #over(): void {
    const socket = this.#socket;
    this.#signal.removeEventListener('abort', this.#onAbort);
    socket.off(this.#place.ready, this.#onReady).off('data', this.#onData);
    socket.off('error', this.#onError).off('close', this.#onClose);
    socket.on('error', () => undefined);
  }

  #accept(maxSendBytes: number): void {
    this.#over();
    this.#socket.pause();
    const rest = this.#came.subarray(RAWSOCKET_HANDSHAKE_BYTES);
    if (rest.length > 0) this.#socket.unshift(rest);
    this.#resolve({ transport: this.#transport(maxSendBytes), refusal: undefined });
  }

  #transport(maxSendBytes: number): ClientTransport {
    const socket = this.#socket;
    const transport = new RawSocketTransport({
      stream: socket,
      host: NODE_HOST,
      serializer: this.#serializer,
      info: nodeTransportInfo('rawsocket', this.#place.url, this.#serializer, socket),
      maxSendBytes,
      maxReceiveBytes: this.#maxReceiveBytes,
      closeTimeoutMs: CLOSE_TIMEOUT_MS,
      mayPing: this.#mayPing,
    });
    socket.on('data', (chunk: Buffer) => transport.streamData(chunk));
    // A listener for data makes a stream flow, and nobody listens to the transport yet.
    socket.pause();
    socket.on('drain', () => transport.streamDrained());
    socket.on('end', () => transport.streamEnded());
    socket.on('error', (error) => transport.streamFailed(error.message));
    socket.on('close', () => transport.streamClosed());
    return transport;
  }
}

const NODE_HOST: RawSocketHost = {
  allocate: (bytes) => Buffer.allocUnsafe(bytes),
  flushSoon: (link) => void setImmediate(flush, link),
  startTimer: (ms, elapsed) => {
    const timer = setTimeout(elapsed, ms);
    return () => clearTimeout(timer);
  },
};

function flush(link: { flush(): void }): void {
  link.flush();
}
