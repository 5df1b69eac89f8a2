/**
 * What a TLS socket knows, in the words of `TlsInfo`. Owns the translation; a Node `TLSSocket` is such a socket.
 * Source: RFC 5929 (tls-unique), RFC 9266 (tls-exporter).
 */
import type { ChannelBindings, ClientCertificate, TlsInfo } from './transport.js';

/** The part of a TLS socket that is asked. */
export interface TlsSocket {
  /** true if the peer's certificate was verified */
  readonly authorized: boolean;
  getProtocol(): string | null;
  isSessionReused(): boolean;
  getFinished(): Uint8Array | undefined;
  getPeerFinished(): Uint8Array | undefined;
  exportKeyingMaterial(length: number, label: string, context: Uint8Array): Uint8Array;
  getPeerCertificate(): {
    readonly subject?: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly fingerprint256?: string;
  };
}

/** Hexadecimal digits of two octets a piece. */
function hex(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += octet.toString(16).padStart(2, '0');
  return text;
}

/**
 * @param side which end of the connection `socket` is
 * @param noBytes an empty byte array of the host's own class
 */
export function tlsInfoFrom(socket: TlsSocket, side: 'client' | 'server', noBytes: Uint8Array): TlsInfo {
  return new SocketTlsInfo(socket, side, noBytes);
}

/** Channel bindings are computed when they are asked for, and do not show when the whole is printed or serialized. */
class SocketTlsInfo implements TlsInfo {
  declare readonly clientCertificate?: ClientCertificate;
  readonly #socket: TlsSocket;
  readonly #side: 'client' | 'server';
  readonly #noBytes: Uint8Array;

  constructor(socket: TlsSocket, side: 'client' | 'server', noBytes: Uint8Array) {
    this.#socket = socket;
    this.#side = side;
    this.#noBytes = noBytes;
    const certificate = side === 'server' ? certificateOf(socket) : undefined;
    if (certificate !== undefined) this.clientCertificate = certificate;
  }

  get channelBinding(): ChannelBindings | undefined {
    const socket = this.#socket;
    switch (socket.getProtocol()) {
      case 'TLSv1.3':
        return {
          'tls-exporter': hex(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', this.#noBytes)),
        };
      case 'TLSv1.2': {
        // The client says Finished first, except in a handshake that resumes an earlier session.
        const isOurs = (this.#side === 'client') !== socket.isSessionReused();
        const first = isOurs ? socket.getFinished() : socket.getPeerFinished();
        return first === undefined ? undefined : { 'tls-unique': hex(first) };
      }
      default:
        return undefined;
    }
  }
}

function certificateOf(socket: TlsSocket): ClientCertificate | undefined {
  const { subject, fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint256 === undefined) return undefined;
  const parts = Object.entries(subject ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    subject: Object.fromEntries(parts),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    authorized: socket.authorized,
  };
}
