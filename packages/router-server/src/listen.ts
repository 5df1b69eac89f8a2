/**
 * `listen` opens a port for a router; `attach` puts a router on an HTTP server that stands already.
 * Owns the HTTP server and its address; what is spoken there belongs to the endpoint.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { bind } from './binding.js';
import { Endpoint, type EndpointOptions } from './endpoint.js';
import { DEFAULT_LISTENER_LIMITS, listenerLimits, SPARE_SOCKETS } from './limits.js';
import type { HttpPages } from './operating-pages.js';
import type { TlsListener } from './tls-listener.js';
import type { TransportAcceptor, WsListenerOptions } from './ws-listener.js';

export type AttachOptions = WsListenerOptions;

export interface ListenOptions extends EndpointOptions {
  /** Path of a Unix socket to listen on instead of a TCP port. Whoever may write to the file may connect. */
  readonly socketPath?: string;
  /** TCP port; 0 takes any free one. Default 8080. */
  readonly port?: number;
  /** Address or host name to listen on. Default 127.0.0.1: reachable from this machine only. */
  readonly host?: string;
  /** Answers ordinary HTTP requests before the endpoint's own page does, for example an {@link OperatingPages}. */
  readonly pages?: HttpPages;
}

export interface CloseOptions {
  /** How long peers get for the closing handshake before they are cut, in milliseconds. Default 2000. */
  readonly graceMs?: number;
  /**
   * Drain the router first: let running calls finish for so many milliseconds, then end its sessions so that their clients
   * come back by themselves (`Router.drain`). The router takes no sessions any more afterwards, on no listener.
   */
  readonly drainMs?: number;
}

/** A router's endpoint on an HTTP server. */
export interface RouterAttachment {
  readonly path: string;
  readonly subprotocols: readonly string[];
  /** WebSocket connections at present. */
  readonly connections: number;
  /** From now on refuses new connections with 503. Those that stand stay, and so does the port, for whoever asks. */
  stopAccepting(): void;
  /**
   * Closes the endpoint's connections with WebSocket code 1012 and takes the endpoint off the HTTP server.
   * Does not close the router, unless `drainMs` says so: to say GOODBYE to its sessions first, call `router.close()` before.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** A router's endpoint with a port of its own. */
export interface RouterServer extends RouterAttachment {
  /** Where clients on this machine connect to, for example `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  /** The same for RawSocket, for example `rs://127.0.0.1:8080`, or `unix:` and the path; undefined if it is not spoken. */
  readonly rawSocketUrl: string | undefined;
  /** 0 for a Unix socket */
  readonly port: number;
  /** The address that the port is bound to, for example `127.0.0.1`, or the path of the Unix socket. */
  readonly address: string;
  readonly hasTls: boolean;
  /**
   * Reads the certificates anew, for connections to come; those that stand are not touched. Without TLS it does nothing.
   * @throws Error if one cannot be used; then the former ones stay in force
   */
  reloadTls(): void;
}

/** A round trip to any place on earth is below a second; two leave room for a busy peer. */
const CLOSE_GRACE_MS = 2_000;

/**
 * Opens a port, or a Unix socket, and serves the router on it: WebSocket over HTTP, and RawSocket.
 * @param router usually a `Router`; gets every accepted connection
 * @throws ListenError if the port cannot be opened; RangeError or TypeError for a wrong option
 */
export async function listen(router: TransportAcceptor, options: ListenOptions = {}): Promise<RouterServer> {
  const { port = 8080, host = '127.0.0.1', socketPath } = options;
  const server = createHttpServer(options);
  const endpoint = new Endpoint(router, options, server, options.pages);
  server.removeAllListeners('connection');
  server.on('connection', (socket) => endpoint.handleConnection(socket));
  await bind(server, socketPath === undefined ? { port, host } : { socketPath });
  server.on('error', (error) => endpoint.webSocket.handleServerError(error));
  return new OwnServer(server, endpoint, router);
}

/**
 * Serves the router on an HTTP or HTTPS server that stands already. Upgrades to other paths are left to others; if
 * nobody else listens for upgrades, they are refused with 404. Ordinary requests are left alone.
 * @throws RangeError or TypeError for a wrong option
 */
export function attach(
  router: TransportAcceptor,
  httpServer: Server | HttpsServer,
  options: AttachOptions = {},
): RouterAttachment {
  const endpoint = new Endpoint(router, options);
  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    if (endpoint.webSocket.isFor(request) || httpServer.listenerCount('upgrade') === 1) {
      endpoint.webSocket.handleUpgrade(request, stream, head);
    }
  };
  httpServer.on('upgrade', onUpgrade);
  return new Attachment(endpoint, router, () => httpServer.off('upgrade', onUpgrade));
}

class Attachment implements RouterAttachment {
  readonly path: string;
  readonly subprotocols: readonly string[];
  readonly #endpoint: Endpoint;
  readonly #router: TransportAcceptor;
  readonly #detach: () => void;

  constructor(endpoint: Endpoint, router: TransportAcceptor, detach: () => void) {
    this.path = endpoint.webSocket.path;
    this.subprotocols = endpoint.webSocket.subprotocols;
    this.#endpoint = endpoint;
    this.#router = router;
    this.#detach = detach;
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  stopAccepting(): void {
    this.#endpoint.connections.stopAccepting();
  }

  protected async drain({ drainMs }: CloseOptions): Promise<void> {
    if (drainMs === undefined) return;
    this.stopAccepting();
    await this.#router.drain?.({ timeoutMs: drainMs });
  }

  async close(options: CloseOptions = {}): Promise<void> {
    await this.drain(options);
    await this.#endpoint.close(options.graceMs ?? CLOSE_GRACE_MS);
    this.#detach();
  }
}

class OwnServer extends Attachment implements RouterServer {
  readonly url: string;
  readonly rawSocketUrl: string | undefined;
  readonly port: number;
  readonly address: string;
  readonly hasTls: boolean;
  readonly #server: Server;
  readonly #tls: TlsListener | undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor(server: Server, endpoint: Endpoint, router: TransportAcceptor) {
    super(endpoint, router, () => undefined);
    this.#server = server;
    this.#tls = endpoint.tls;
    this.hasTls = endpoint.tls !== undefined;
    const bound = server.address();
    const { path } = endpoint.webSocket;
    const scheme = this.hasTls ? 'wss' : 'ws';
    if (bound === null || typeof bound === 'string') {
      this.address = bound ?? '';
      this.port = 0;
      this.url = `${scheme}+unix://${this.address}:${path}`;
      this.rawSocketUrl = endpoint.speaksRawSocket ? `unix:${this.address}` : undefined;
      return;
    }
    const host = `${urlHost(bound.address)}:${bound.port}`;
    this.address = bound.address;
    this.port = bound.port;
    this.url = `${scheme}://${host}${path}`;
    this.rawSocketUrl = endpoint.speaksRawSocket ? `${this.hasTls ? 'rss' : 'rs'}://${host}` : undefined;
  }

  reloadTls(): void {
    this.#tls?.reload();
  }

  override async close(options: CloseOptions = {}): Promise<void> {
    // The port stays open meanwhile, for those who ask whether the router is ready.
    await this.drain(options);
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    await super.close({ graceMs: options.graceMs ?? CLOSE_GRACE_MS });
    await this.#closed;
  }
}

function createHttpServer(options: ListenOptions): Server {
  const { handshakeTimeoutMs, maxConnections } = listenerLimits(options);
  const server = createServer({
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(handshakeTimeoutMs, DEFAULT_LISTENER_LIMITS.handshakeTimeoutMs) / 2,
  });
  server.maxConnections = maxConnections + SPARE_SOCKETS;
  return server;
}

/** A bound address as it stands in a URL: brackets around IPv6, and this machine's own name for "all addresses". */
function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
