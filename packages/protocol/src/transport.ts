/**
 * The interface between a session and what carries its frames, and a pair of transports in memory.
 * A transport moves whole frames, in order, both ways; it knows nothing of messages.
 */
import type { FrameSink } from './frame-sink.js';
import type { ListCodec } from './list-codec.js';
import type { Serializer } from './serializer.js';

/** What frames are: bytes for everything that a {@link Serializer} writes; a list codec may also write strings. */
export type FrameOf<S extends ListCodec> = ReturnType<S['encodeList']>;

/** How a transport ended. */
export interface TransportClosed {
  /** false if the link was lost or cut */
  readonly wasClean: boolean;
  /** a sentence for logs; empty if nothing is known */
  readonly reason: string;
}

/** Why this side closes. Transports translate it: WebSocket 1000, 1002, 1009, 1012, 1008; RawSocket just closes. */
export type CloseCause = 'normal' | 'protocol_violation' | 'too_big' | 'going_away' | 'policy';

/** The side that consumes a transport: one session of a router or of a client. */
export interface TransportReceiver<Frame = Uint8Array> {
  /** One frame. Must not throw. The bytes are never written to afterwards, but they may be part of a larger chunk. */
  receive(frame: Frame): void;
  /** The transport broke its own rules, for example a text frame where binary belongs; it can still send. */
  violated(sentence: string): void;
  /** `bufferedBytes` has fallen to a level where sending may go on. */
  drained(): void;
  /** The end; called exactly once, nothing follows. */
  closed(how: TransportClosed): void;
}

/** The certificate that a TLS client has shown. */
export interface ClientCertificate {
  /** distinguished name, for example `{ CN: 'joe', O: 'Example' }`; a part that occurs twice is a list */
  readonly subject: Readonly<Record<string, string | readonly string[]>>;
  /** SHA-256 of the certificate in DER, 64 lower-case hexadecimal digits */
  readonly fingerprint: string;
  /** true if an authority that the listener trusts vouches for it, and it is valid now */
  readonly authorized: boolean;
}

/**
 * What both ends of one TLS connection know and nobody else, in lower-case hexadecimal; for authentication methods that
 * bind to it. Not for logs. A transport may compute it when it is asked for.
 */
export interface ChannelBindings {
  /** RFC 5929: the first Finished message of the handshake, as it is (12 bytes); only before TLS 1.3 */
  readonly 'tls-unique'?: string | undefined;
  /** RFC 9266: 32 bytes exported with the label `EXPORTER-Channel-Binding` and an empty context */
  readonly 'tls-exporter'?: string | undefined;
}

/** What a transport over TLS says about it, as `tls` in {@link Transport.info}. */
export interface TlsInfo {
  /** absent if the client showed none */
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly channelBinding?: ChannelBindings | undefined;
}

/** What {@link Transport.info} says about TLS; undefined for a transport without. */
export function tlsInfoOf(info: Readonly<Record<string, unknown>>): TlsInfo | undefined {
  const tls = info['tls'];
  return typeof tls === 'object' && tls !== null ? tls : undefined;
}

export interface Transport<S extends ListCodec = Serializer> {
  /** The serializer that both ends agreed on. */
  readonly serializer: S;
  /**
   * For logs and session details, for example `{ type: 'websocket', peer: '127.0.0.1:1234' }`; over TLS also `tls`, a
   * {@link TlsInfo}.
   */
  readonly info: Readonly<Record<string, unknown>>;
  /** Bytes accepted by `send` and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Longest frame that the peer accepts, in bytes; Infinity if it named none. */
  readonly maxSendBytes: number;
  /** Takes frames in pieces, which saves a copy; absent where whole frames are needed. In one order with `send`. */
  readonly sink?: FrameSink | undefined;
  /** Starts delivery. To be called exactly once. */
  open(receiver: TransportReceiver<FrameOf<S>>): void;
  /** Sends one frame. After the end it does nothing. */
  send(frame: FrameOf<S>): void;
  /** Asks the peer's side to stop delivering frames to us; a few may still come. */
  pause(): void;
  resume(): void;
  /** Flushes what was sent, then closes. */
  close(cause: CloseCause, reason?: string): void;
  /** Cuts the link without flushing. */
  terminate(reason: string): void;
  /**
   * Asks the peer at transport level whether it is alive; absent where the transport has no such means.
   * Calls back once: true if it answered within the time.
   */
  readonly probe?: ((timeoutMs: number, answered: (alive: boolean) => void) => void) | undefined;
  /**
   * Tells that the peer is known to understand pings although it has not shown that itself; absent where every peer has to.
   */
  allowPing?(): void;
}
