/**
 * `listen` opens a port for a router; `attach` puts a router on an HTTP server that stands already.
 * Owns the HTTP server and its address; the WebSocket part belongs to the listener.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_LISTENER_LIMITS, listenerLimits, SPARE_SOCKETS } from './limits.js';
import { ListenError } from './listen-error.js';
import type { HttpPages } from './operating-pages.js';
import { WsListener, type TransportAcceptor, type WsListenerOptions } from './ws-listener.js';

export type AttachOptions = WsListenerOptions;

export interface ListenOptions extends WsListenerOptions {
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
   * Does not close the router: to say GOODBYE to its sessions first, call `router.close()` before.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** A router's endpoint with a port of its own. */
export interface RouterServer extends RouterAttachment {
  /** Where clients on this machine connect to, for example `ws://127.0.0.1:8080/ws`. */
  readonly url: string;
  readonly port: number;
  /** The address that the port is bound to, for example `127.0.0.1`. */
  readonly address: string;
}

/** A round trip to any place on earth is below a second; two leave room for a busy peer. */
const CLOSE_GRACE_MS = 2_000;

/**
 * Opens a port and serves the router on it over WebSocket.
 * @param router usually a `Router`; gets every accepted connection
 * @throws ListenError if the port cannot be opened; RangeError or TypeError for a wrong option
 */
export async function listen(router: TransportAcceptor, options: ListenOptions = {}): Promise<RouterServer> {
  const { port = 8080, host = '127.0.0.1' } = options;
  const listener = new WsListener(router, options);
  const server = createHttpServer(options);
  await bind(server, port, host);
  serve(server, listener, options.pages);
  return new OwnServer(server, listener);
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
  const listener = new WsListener(router, options);
  const onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    if (listener.isFor(request) || httpServer.listenerCount('upgrade') === 1) {
      listener.handleUpgrade(request, stream, head);
    }
  };
  httpServer.on('upgrade', onUpgrade);
  return new Attachment(listener, () => httpServer.off('upgrade', onUpgrade));
}

class Attachment implements RouterAttachment {
  readonly path: string;
  readonly subprotocols: readonly string[];
  readonly #listener: WsListener;
  readonly #detach: () => void;

  constructor(listener: WsListener, detach: () => void) {
    this.path = listener.path;
    this.subprotocols = listener.subprotocols;
    this.#listener = listener;
    this.#detach = detach;
  }

  get connections(): number {
    return this.#listener.connections;
  }

  stopAccepting(): void {
    this.#listener.stopAccepting();
  }

  async close(options: CloseOptions = {}): Promise<void> {
    await this.#listener.close(options.graceMs ?? CLOSE_GRACE_MS);
    this.#detach();
  }
}

class OwnServer extends Attachment implements RouterServer {
  readonly url: string;
  readonly port: number;
  readonly address: string;
  readonly #server: Server;
  #closed: Promise<void> | undefined = undefined;

  constructor(server: Server, listener: WsListener) {
    super(listener, () => undefined);
    const { address, port } = server.address() as AddressInfo;
    this.#server = server;
    this.address = address;
    this.port = port;
    this.url = `ws://${urlHost(address)}:${port}${listener.path}`;
  }

  override async close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    await super.close(options);
    this.#server.closeAllConnections();
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

function serve(server: Server, listener: WsListener, pages: HttpPages | undefined): void {
  server.on('request', (request, response) => {
    if (pages?.answer(request, response) !== true) listener.handleRequest(request, response);
  });
  server.on('upgrade', (request, stream, head) => listener.handleUpgrade(request, stream, head));
  server.on('error', (error) => listener.handleServerError(error));
  server.on('clientError', (error, stream) => listener.handleClientError(error, stream));
}

function bind(server: Server, port: number, host: string): Promise<void> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`);
  }
  return new Promise((resolve, reject) => {
    const refused = (error: Error): void => reject(ListenError.from(error, host, port));
    server.once('error', refused);
    server.listen({ port, host }, () => {
      server.off('error', refused);
      resolve();
    });
  });
}

/** A bound address as it stands in a URL: brackets around IPv6, and this machine's own name for "all addresses". */
function urlHost(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return address.includes(':') ? `[${address}]` : address;
}
