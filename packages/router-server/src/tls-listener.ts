/**
 * The TLS side of a port: handshakes, certificates of clients, and certificates of our own that change while it runs.
 * Hands every connection on when it is secure; knows nothing of what is spoken inside.
 */
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { TLS_WATCH_MS } from './limits.js';
import { peerOf } from './peer-address.js';
import { TlsCertificates, type TlsOptions } from './tls-certificates.js';
import type { ListenerObserver } from './ws-listener.js';

export class TlsListener {
  readonly #certificates: TlsCertificates;
  readonly #server: Server;
  readonly #observer: ListenerObserver;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @throws Error for a certificate that cannot be used, TypeError for a missing option */
  constructor(
    options: TlsOptions,
    handshakeTimeoutMs: number,
    observer: ListenerObserver,
    onSecure: (socket: TLSSocket) => void,
  ) {
    this.#observer = observer;
    this.#certificates = new TlsCertificates(options);
    const { clientCertificates = 'none', watchMs = TLS_WATCH_MS } = options;
    this.#server = createServer({
      handshakeTimeout: handshakeTimeoutMs,
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'require',
      // Asked for every connection that names a host.
      SNICallback: (serverName, decided) => decided(null, this.#certificates.contextFor(serverName)),
    });
    this.#useFirst();
    this.#server.on('secureConnection', onSecure);
    this.#server.on('tlsClientError', (error, socket) => {
      this.#observer.refused?.({
        peer: peerOf(socket),
        status: 0,
        sentence: `TLS handshake failed: ${error.message}`,
      });
      socket.destroy();
    });
    if (watchMs > 0) this.#timer = setInterval(() => this.#look(), watchMs).unref();
  }

  /** Takes a connection over; what has been read of it was put back. */
  handleConnection(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** Reads the certificates anew, for connections to come. @throws Error if one cannot be used; then the former ones stay */
  reload(): void {
    this.#certificates.reload();
    this.#useFirst();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    try {
      if (this.#certificates.reloadIfChanged()) this.#useFirst();
    } catch (error) {
      this.#observer.failed?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** For clients that name no host, who are not asked about. */
  #useFirst(): void {
    this.#server.setSecureContext(this.#certificates.first.options);
  }
}
