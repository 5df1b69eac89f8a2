/**
 * A router's endpoint: what is spoken there, and the connections of all kinds together. Owns how a connection or a request finds
 * its listener; opens no port.
 */
import type { Server, ServerResponse, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Connections } from './connections.js';
import { handOverByFirstByte, type FirstByteHandlers } from './first-bytes.js';
import { listenerLimits, type ListenerLimits } from './limits.js';
import { LongPollListener, type LongPollOptions } from './longpoll-listener.js';
import { nodeSerializers } from './node-serializers.js';
import type { HttpPages } from './operating-pages.js';
import { OriginPolicy } from './origin-policy.js';
import type { Addressed } from './peer-address.js';
import { RawSocketListener } from './rawsocket-listener.js';
import type { TlsOptions } from './tls-certificates.js';
import { TlsListener } from './tls-listener.js';
import { WsListener, type TransportAcceptor, type WsListenerOptions } from './ws-listener.js';

export interface RawSocketOptions {
  /**
   * Send PING to every silent peer, not only to peers that name another `agent` in HELLO than Autobahn and Crossbar.io, or have sent
   * one themselves. Off by default, because Autobahn|Python and Crossbar.io take a PING for a broken message; peers are watched
   * by TCP keepalive in any case.
   */
  readonly pingAlways?: boolean;
}

export interface EndpointOptions extends WsListenerOptions {
  /** Whether WebSocket is spoken, over HTTP. Default true. */
  readonly webSocket?: boolean;
  /** Whether RawSocket is spoken, on the same port: its first byte tells it apart. Default true. */
  readonly rawSocket?: boolean | RawSocketOptions;
  /** Whether HTTP long-poll is spoken, for networks that let no WebSocket through. Default false. */
  readonly longPoll?: boolean | LongPollOptions;
  /** Everything over TLS: `wss`, `https`, RawSocket over TLS. What is not TLS is closed then. Default: nothing. */
  readonly tls?: TlsOptions;
}

export class Endpoint {
  readonly connections: Connections;
  readonly webSocket: WsListener;
  readonly speaksRawSocket: boolean;
  /** undefined without TLS */
  readonly tls: TlsListener | undefined;
  readonly #longPoll: LongPollListener | undefined;
  readonly #limits: ListenerLimits;
  readonly #handlers: FirstByteHandlers;
  /** of our own port; also those whose handshake is under way */
  readonly #sockets = new Set<Socket>();

  /** @throws RangeError or TypeError for a wrong option; Error for a certificate that cannot be used */
  constructor(acceptor: TransportAcceptor, options: EndpointOptions, http?: Server, pages?: HttpPages) {
    const limits = listenerLimits(options);
    this.#limits = limits;
    this.connections = new Connections(limits);
    this.webSocket = new WsListener(acceptor, this.connections, options);
    const { rawSocket = true, webSocket = true, longPoll = false } = options;
    const serializers = options.serializers ?? nodeSerializers();
    const observer = options.observer ?? {};
    const common = { acceptor, connections: this.connections, serializers, limits, observer };
    this.#longPoll =
      longPoll === false
        ? undefined
        : new LongPollListener({
            ...common,
            origins: new OriginPolicy(options.allowedOrigins ?? [], options.allowedHosts),
            options: longPoll === true ? {} : longPoll,
          });
    this.speaksRawSocket = rawSocket !== false;
    const hasHttp = webSocket || longPoll !== false || pages !== undefined;
    const raw = new RawSocketListener({
      ...common,
      pingAlways: typeof rawSocket === 'object' && rawSocket.pingAlways === true,
    });
    const spoken: FirstByteHandlers = {
      rawSocket: this.speaksRawSocket ? (socket, first) => raw.handleConnection(socket, first) : undefined,
      http: hasHttp && http !== undefined ? this.#httpPart(http, pages) : undefined,
    };
    this.tls =
      options.tls === undefined
        ? undefined
        : new TlsListener(options.tls, limits.handshakeTimeoutMs, observer, (socket) =>
            handOverByFirstByte(socket, spoken, limits.handshakeTimeoutMs),
          );
    const { tls } = this;
    this.#handlers = tls === undefined ? spoken : { tls: (socket) => tls.handleConnection(socket) };
  }

  /** Takes a connection that nothing has been read of. */
  handleConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    handOverByFirstByte(socket, this.#handlers, this.#limits.handshakeTimeoutMs);
  }

  /** Closes all connections and cuts those that are not gone after `graceMs`; resolves when the last one is gone. */
  async close(graceMs: number): Promise<void> {
    await this.connections.close(graceMs);
    this.webSocket.close();
    this.tls?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes the connections of an HTTP server of our own out of its hands; those that speak HTTP come back to it. */
  #httpPart(http: Server, pages: HttpPages | undefined): (socket: Socket) => void {
    const [speakHttp] = http.listeners('connection') as ((socket: Socket) => void)[];
    if (speakHttp === undefined) throw new Error('the HTTP server has no listener for connections');
    const ws = this.webSocket;
    const longPoll = this.#longPoll;
    http.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (pages?.answer(request, response) === true || longPoll?.answer(request, response) === true) return;
      ws.handleRequest(request, response);
    });
    http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      ws.handleUpgrade(request, stream, head),
    );
    http.on('clientError', (error: NodeJS.ErrnoException, stream: Duplex & Addressed) =>
      ws.handleClientError(error, stream),
    );
    return (socket) => {
      speakHttp.call(http, socket);
      // The first bytes wait in the stream, which was paused to look at them.
      socket.resume();
    };
  }
}
