/**
 * A port of its own for the operating pages, where they must not be reached by clients.
 * Owns the HTTP server; the pages are handed in.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bind } from './binding.js';
import { respond } from './http-answers.js';
import { HANDSHAKE_TIMEOUT_MS } from './limits.js';
import type { HttpPages } from './operating-pages.js';

/** Scrapers and probes are few; more is somebody else. */
const MAX_CONNECTIONS = 64;

export class OperatingServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo;
    this.#server = server;
    this.url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  /** @throws ListenError if the port cannot be opened */
  static async start(pages: HttpPages, host: string, port: number): Promise<OperatingServer> {
    const server = createServer({
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.on('request', (request, response) => {
      if (!pages.answer(request, response)) respond(response, NOTHING_HERE);
    });
    await bind(server, { host, port });
    // What fails later concerns a single connection, whose peer sees it.
    server.on('error', () => undefined);
    return new OperatingServer(server);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

const NOTHING_HERE = {
  status: 404,
  headers: {},
  text: 'Nothing here. There may be /healthz, /readyz and /metrics.\n',
};
