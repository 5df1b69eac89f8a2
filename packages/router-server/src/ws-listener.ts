/**
 * The WebSocket side of an HTTP server: opening handshakes, limits, keepalive and the orderly end.
 * Hands every accepted connection to an acceptor as a `Transport`; opens no port itself and knows no messages.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { BatchedTransport, type BatchHost, type Serializer, type Transport } from '@wamp/protocol';
import { WebSocketServer, type PerMessageDeflateOptions, type ServerOptions, type WebSocket } from 'ws';
import type { Connections } from './connections.js';
import {
  badHandshake,
  hostRefused,
  noCommonSubprotocol,
  nothingHere,
  originRefused,
  respond,
  respondRaw,
  tooMany,
  unreadable,
  welcomePage,
  type TextAnswer,
} from './http-answers.js';
import { listenerLimits, MAX_PENDING_PONGS, MIN_AVERAGE_CHUNK_BYTES, type ListenerLimits } from './limits.js';
import { nodeSerializers } from './node-serializers.js';
import { OriginPolicy, showableOrigin } from './origin-policy.js';
import { isLocal, peerOf, type Addressed } from './peer-address.js';
import { transportInfo } from './transport-info.js';
import { deflateOptions, isAgreeable, type CompressionOptions } from './ws-compression.js';
import { WsTransport } from './ws-transport.js';

/** Who takes the accepted connections: a `Router`. */
export interface TransportAcceptor {
  attach(transport: Transport): void;
  /** see `Router.drain`; absent where nothing can be drained */
  drain?(options: { readonly timeoutMs: number }): Promise<unknown>;
}

export interface WsListenerOptions extends Partial<ListenerLimits> {
  /** Path of the endpoint, beginning with a slash. Default `/ws`. */
  readonly path?: string;
  /**
   * Origins of web pages that may connect, for example `https://app.example.com`; `*` for all. Always accepted are pages from
   * this machine (`localhost`, `127.0.0.1`, `[::1]`, any port) and from the endpoint's own host, and programs that send no
   * `Origin` header because they are no browser. Default: nobody else.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Names that a request may have in its `Host` header, without ports; all others are refused then. Default: every name, but over
   * a connection from this machine a web page of "the same host" counts only if that host is an address or `localhost`: a name
   * that somebody else has pointed at this machine (DNS rebinding) is none.
   */
  readonly allowedHosts?: readonly string[];
  /** What the endpoint speaks. Default JSON, MessagePack and CBOR. */
  readonly serializers?: readonly Serializer[];
  /** Whether the batched subprotocols, for example `wamp.2.json.batched`, are spoken too. Default true. */
  readonly batched?: boolean;
  /**
   * Whether messages are compressed (permessage-deflate) with clients that offer it, and how. Default false: it costs ten times
   * what routing a message costs. `maxMessageBytes` counts for the inflated message. Do not use it where secrets and what a
   * stranger may choose stand in one message: their length tells of them.
   */
  readonly compression?: boolean | CompressionOptions;
  /** Whether a client has to offer a subprotocol. Default true; if not, one that offers none speaks `wamp.2.json`. */
  readonly requireSubprotocol?: boolean;
  /** For logs and metrics. */
  readonly observer?: ListenerObserver;
}

/** A connection that was refused before it became a session. */
export interface ConnectionRefused {
  readonly peer: string;
  /** the HTTP status that it was answered with; 0 over RawSocket */
  readonly status: number;
  /** the sentence that it was answered with */
  readonly sentence: string;
}

/** Hears what a listener does without a router's doing; every callback is optional and must not throw. */
export interface ListenerObserver {
  refused?(refusal: ConnectionRefused): void;
  /** The port still stands, but something failed, for example no file descriptor was left for a new connection. */
  failed?(error: Error): void;
}

/** What ws takes; some of its options are younger than its type declarations. */
type WebSocketOptions = ServerOptions & {
  readonly closeTimeout: number;
  readonly maxBufferedChunks: number;
  readonly maxPendingAutoPongs: number;
};

/** What a client speaks that names nothing, where it need not: the subprotocol that there was before all others. */
const UNNAMED_SUBPROTOCOL = 'wamp.2.json';

/** The default path of a WAMP endpoint, the one that Crossbar.io and most clients' examples use. */
export const DEFAULT_PATH = '/ws';

export class WsListener {
  readonly path: string;
  readonly #acceptor: TransportAcceptor;
  readonly #observer: ListenerObserver;
  readonly #subprotocols: ReadonlyMap<string, Subprotocol>;
  readonly #requiresSubprotocol: boolean;
  /** undefined: nothing is compressed */
  readonly #compression: PerMessageDeflateOptions | undefined;
  readonly #batchHost: BatchHost;
  readonly #limits: ListenerLimits;
  readonly #origins: OriginPolicy;
  readonly #server: WebSocketServer;
  readonly #connections: Connections;

  /** @throws RangeError for a number out of its range; TypeError for a path without leading slash, no serializer, no origin */
  constructor(acceptor: TransportAcceptor, connections: Connections, options: WsListenerOptions = {}) {
    const path = options.path ?? DEFAULT_PATH;
    if (!path.startsWith('/')) throw new TypeError(`path must begin with a slash: "${path}"`);
    const serializers = options.serializers ?? nodeSerializers();
    if (serializers.length === 0) throw new TypeError('serializers must not be empty');
    this.path = path;
    this.#acceptor = acceptor;
    this.#connections = connections;
    this.#observer = options.observer ?? {};
    this.#subprotocols = subprotocolsOf(serializers, options.batched ?? true);
    this.#requiresSubprotocol = options.requireSubprotocol ?? true;
    const { compression = false } = options;
    this.#compression =
      compression === false ? undefined : deflateOptions(compression === true ? {} : compression);
    this.#batchHost = {
      allocate: (bytes) => Buffer.allocUnsafe(bytes),
      flushSoon: (link) => connections.batch.add(link),
      later: (callback) => void setImmediate(callback),
    };
    this.#limits = listenerLimits(options);
    this.#origins = new OriginPolicy(options.allowedOrigins ?? [], options.allowedHosts);
    this.#server = new WebSocketServer(this.#webSocketOptions());
    this.#server.on('wsClientError', (error, stream, request) => {
      this.#refuse(request.socket, stream, badHandshake(error.message));
    });
  }

  /** The subprotocols that the endpoint speaks, in its own order. */
  get subprotocols(): readonly string[] {
    return [...this.#subprotocols.keys()];
  }

  /** True if the request is for this endpoint's path. The query is ignored. */
  isFor(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    const query = url.indexOf('?');
    return (query < 0 ? url : url.slice(0, query)) === this.path;
  }

  /** Answers an ordinary HTTP request: a page on how to connect, or 404 for another path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = this.#urlFor(request);
    respond(response, this.isFor(request) ? welcomePage(url, this.subprotocols) : nothingHere(url));
  }

  /** Answers an upgrade request: accepts the WebSocket, or refuses with a status and a sentence. */
  handleUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      this.#refuse(request.socket, stream, refusal);
      return;
    }
    this.#declineExtensions(request);
    this.#server.handleUpgrade(request, stream, head, (webSocket) =>
      this.#accept(webSocket, stream, request),
    );
  }

  /** Answers bytes that the HTTP server could not read as a request. */
  handleClientError(error: NodeJS.ErrnoException, stream: Duplex & Addressed): void {
    this.#refuse(stream, stream, unreadable(error.code ?? ''));
  }

  /** For the owner of the port: something failed that concerns no single connection. */
  handleServerError(error: Error): void {
    this.#observer.failed?.(error);
  }

  /** After the last connection. */
  close(): void {
    this.#server.close();
  }

  #webSocketOptions(): WebSocketOptions {
    const { maxMessageBytes, closeTimeoutMs } = this.#limits;
    return {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: this.#compression ?? false,
      maxPayload: maxMessageBytes,
      maxBufferedChunks: Math.max(1024, Math.ceil(maxMessageBytes / MIN_AVERAGE_CHUNK_BYTES)),
      maxPendingAutoPongs: MAX_PENDING_PONGS,
      closeTimeout: closeTimeoutMs,
      handleProtocols: (offered) => this.#choose([...offered]) ?? false,
    };
  }

  /** An offer that we cannot take is passed over, as if it had not been made. */
  #declineExtensions(request: IncomingMessage): void {
    const offer = request.headers['sec-websocket-extensions'];
    if (offer === undefined || this.#compression === undefined) return;
    if (!isAgreeable(offer, this.#compression)) delete request.headers['sec-websocket-extensions'];
  }

  #refuse(socket: Addressed, stream: Duplex, page: TextAnswer): void {
    this.#observer.refused?.({ peer: peerOf(socket), status: page.status, sentence: page.text.trimEnd() });
    respondRaw(stream, page);
  }

  #refusal(request: IncomingMessage): TextAnswer | undefined {
    if (!this.isFor(request)) return nothingHere(this.#urlFor(request));
    const { host, origin } = request.headers;
    if (!this.#origins.acceptsHost(host)) return hostRefused();
    if (!this.#origins.accepts(origin, host, isLocal(request.socket))) {
      return originRefused(showableOrigin(origin ?? ''));
    }
    const refusal = this.#connections.refusalFor(request.socket.remoteAddress);
    if (refusal !== undefined) return tooMany(refusal, this.#limits);
    const offered = offeredSubprotocols(request);
    return this.#choose(offered) === undefined ? noCommonSubprotocol(offered, this.subprotocols) : undefined;
  }

  /** The first of the client's list that this endpoint speaks. Source: transports chapter, "WebSocket Transport". */
  #choose(offered: readonly string[]): string | undefined {
    if (offered.length === 0 && !this.#requiresSubprotocol) {
      return this.#subprotocols.has(UNNAMED_SUBPROTOCOL) ? UNNAMED_SUBPROTOCOL : undefined;
    }
    return offered.find((name) => this.#subprotocols.has(name));
  }

  #accept(webSocket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    // Nothing was agreed only where nothing was offered and nothing need be.
    const name = webSocket.protocol === '' ? UNNAMED_SUBPROTOCOL : webSocket.protocol;
    const subprotocol = this.#subprotocols.get(name);
    if (subprotocol === undefined) {
      webSocket.terminate();
      return;
    }
    const { serializer, isBatched } = subprotocol;
    const transport = new WsTransport({
      webSocket,
      isServer: true,
      stream,
      serializer,
      batch: this.#connections.batch,
      info: transportInfo('websocket', name, request.socket),
    });
    this.#connections.add(transport, request.socket.remoteAddress);
    webSocket.once('close', () => this.#connections.remove(transport));
    this.#acceptor.attach(
      isBatched ? new BatchedTransport(transport, serializer, this.#batchHost) : transport,
    );
  }

  /** The endpoint's URL as this client sees it: its own Host header tells the name that works for it. */
  #urlFor(request: IncomingMessage): string {
    const host = request.headers.host ?? 'localhost';
    const scheme = 'encrypted' in request.socket ? 'wss' : 'ws';
    return `${scheme}://${/^[\w.:[\]-]{1,255}$/.test(host) ? host : 'localhost'}${this.path}`;
  }
}

interface Subprotocol {
  readonly serializer: Serializer;
  readonly isBatched: boolean;
}

function subprotocolsOf(
  serializers: readonly Serializer[],
  hasBatched: boolean,
): ReadonlyMap<string, Subprotocol> {
  const spoken = new Map<string, Subprotocol>();
  for (const serializer of serializers) {
    spoken.set(serializer.subprotocol, { serializer, isBatched: false });
  }
  if (!hasBatched) return spoken;
  for (const serializer of serializers) {
    spoken.set(`${serializer.subprotocol}.batched`, { serializer, isBatched: true });
  }
  return spoken;
}

function offeredSubprotocols(request: IncomingMessage): readonly string[] {
  const header = request.headers['sec-websocket-protocol'];
  return header === undefined ? [] : header.split(',', 64).map((token) => token.trim());
}
