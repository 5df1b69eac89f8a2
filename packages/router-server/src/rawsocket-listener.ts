/**
 * The RawSocket side of a port: handshakes, and the link between a socket and its transport.
 * Hands every accepted connection to an acceptor as a `Transport`; opens no port itself and knows no messages.
 * Source: advanced profile, "RawSocket Transport".
 */
import type { Socket } from 'node:net';
import {
  encodeRawSocketHandshake,
  encodeRawSocketRefusal,
  parseRawSocketRequest,
  RAWSOCKET_HANDSHAKE_BYTES,
  RawSocketError,
  rawSocketLimit,
  RawSocketTransport,
  type RawSocketHost,
  type RawSocketRequest,
  type Serializer,
} from '@wamp/protocol';
import { HeldFrames } from './held-frames.js';
import type { Connections, Refusal } from './connections.js';
import { MIN_PEER_LIMIT_BYTES, type ListenerLimits } from './limits.js';
import { RAWSOCKET_FRAMING } from './rawsocket-framing.js';
import { peerOf } from './peer-address.js';
import { transportInfo } from './transport-info.js';
import type { ListenerObserver, TransportAcceptor } from './ws-listener.js';

export interface RawSocketListenerParts {
  readonly acceptor: TransportAcceptor;
  readonly connections: Connections;
  readonly serializers: readonly Serializer[];
  readonly limits: ListenerLimits;
  readonly observer: ListenerObserver;
  /** true: PING is sent to every silent peer, not only to those that have sent one */
  readonly pingAlways: boolean;
}

export class RawSocketListener {
  readonly #parts: RawSocketListenerParts;
  readonly #serializers: ReadonlyMap<number, Serializer>;
  readonly #maxReceiveBytes: number;
  readonly #host: RawSocketHost;

  constructor(parts: RawSocketListenerParts) {
    this.#parts = parts;
    this.#serializers = new Map(parts.serializers.map((serializer) => [serializer.rawSocketId, serializer]));
    this.#maxReceiveBytes = rawSocketLimit(parts.limits.maxMessageBytes);
    this.#host = nodeHost(parts.connections);
  }

  /**
   * Takes a connection over.
   * @param socket paused; nothing but `first` has been read of it
   * @param first what came first, one byte at least
   */
  handleConnection(socket: Socket, first: Buffer): void {
    let came = first;
    socket.on('error', () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), this.#parts.limits.handshakeTimeoutMs);
    const onClose = (): void => clearTimeout(timer);
    // The port leaves sockets half open: half a handshake would be waited on until its time is up.
    const onEnd = (): void => void socket.destroy();
    const onData = (chunk: Buffer): void => {
      came = Buffer.concat([came, chunk]);
      this.#advance(socket, came, onOver);
    };
    const onOver = (): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.off('close', onClose);
      socket.pause();
    };
    socket.on('data', onData);
    socket.once('end', onEnd);
    socket.once('close', onClose);
    this.#advance(socket, came, onOver);
    if (socket.listenerCount('data') > 0) socket.resume();
  }

  /** @param onOver called when the handshake is decided */
  #advance(socket: Socket, came: Buffer, onOver: () => void): void {
    const request = parseRawSocketRequest(came, (id) => this.#serializers.has(id));
    if (request.kind === 'incomplete') return;
    onOver();
    if (request.kind === 'foreign') this.#drop(socket, 'the peer does not speak RawSocket');
    else if (request.kind === 'refused') this.#refuse(socket, request.error, REFUSALS[request.error]);
    else this.#consider(socket, request, came.subarray(RAWSOCKET_HANDSHAKE_BYTES));
  }

  #consider(socket: Socket, request: Extract<RawSocketRequest, { kind: 'accepted' }>, rest: Buffer): void {
    const refusal = this.#parts.connections.refusalFor(socket.remoteAddress);
    if (refusal !== undefined) {
      this.#refuse(socket, RawSocketError.ConnectionLimitReached, CONNECTION_REFUSALS[refusal]);
      return;
    }
    if (request.maxSendBytes < MIN_PEER_LIMIT_BYTES) {
      const sentence = `it takes at most ${request.maxSendBytes} bytes, a WELCOME may need ${MIN_PEER_LIMIT_BYTES}`;
      this.#refuse(socket, RawSocketError.LengthUnacceptable, sentence);
      return;
    }
    const serializer = this.#serializers.get(request.serializer)!;
    if (rest.length > 0) socket.unshift(rest);
    this.#accept(socket, serializer, request.maxSendBytes);
  }

  #accept(socket: Socket, serializer: Serializer, maxSendBytes: number): void {
    const { acceptor, connections, limits, pingAlways } = this.#parts;
    socket.write(encodeRawSocketHandshake(serializer.rawSocketId, this.#maxReceiveBytes));
    socket.setNoDelay(true);
    if (limits.pingIntervalMs > 0) socket.setKeepAlive(true, limits.pingIntervalMs);
    const transport = new RawSocketTransport({
      stream: socket,
      host: this.#host,
      serializer,
      info: transportInfo('rawsocket', serializer.subprotocol, socket),
      maxSendBytes,
      maxReceiveBytes: this.#maxReceiveBytes,
      closeTimeoutMs: limits.closeTimeoutMs,
      mayPing: pingAlways,
    });
    socket.on('data', (chunk: Buffer) => transport.streamData(chunk));
    // A listener for data makes a stream flow, and nobody listens to the transport yet.
    socket.pause();
    socket.on('drain', () => transport.streamDrained());
    socket.on('end', () => transport.streamEnded());
    socket.on('error', (error) => transport.streamFailed(error.message));
    socket.on('close', () => {
      connections.remove(transport);
      transport.streamClosed();
    });
    connections.add(transport, socket.remoteAddress);
    acceptor.attach(transport);
  }

  /** Says why, in the code that RawSocket has for it, then closes. */
  #refuse(socket: Socket, error: RawSocketError, sentence: string): void {
    this.#tell(socket, sentence);
    socket.end(encodeRawSocketRefusal(error));
    // What the peer has sent meanwhile is dropped: closing over unread bytes would reset the connection, and the reply be lost.
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), this.#parts.limits.closeTimeoutMs);
    socket.once('close', () => clearTimeout(timer));
  }

  /** spec: a first octet that is not RawSocket's fails the connection without a reply */
  #drop(socket: Socket, sentence: string): void {
    this.#tell(socket, sentence);
    socket.destroy();
  }

  #tell(socket: Socket, sentence: string): void {
    this.#parts.observer.refused?.({
      peer: peerOf(socket),
      status: 0,
      sentence: `RawSocket handshake refused: ${sentence}`,
    });
  }
}

const REFUSALS: Readonly<Record<RawSocketError, string>> = {
  [RawSocketError.SerializerUnsupported]: 'the serializer is none that this router speaks',
  [RawSocketError.LengthUnacceptable]: 'the maximum message length is not acceptable',
  [RawSocketError.ReservedBitsUsed]: 'reserved octets were used',
  [RawSocketError.ConnectionLimitReached]: 'there are as many connections as the router takes',
};

const CONNECTION_REFUSALS: Readonly<Record<Refusal, string>> = {
  shutting_down: 'the router is shutting down',
  too_many: 'there are as many connections as the router takes',
  too_many_from_address: 'there are as many connections from its address as the router takes',
};

function nodeHost(connections: Connections): RawSocketHost {
  return {
    allocate: (bytes) => Buffer.allocUnsafe(bytes),
    newSink: (stream, owner) => new HeldFrames(stream, connections.batch, RAWSOCKET_FRAMING, owner),
    flushSoon: (link) => connections.batch.add(link),
    startTimer: (ms, elapsed) => {
      const timer = setTimeout(elapsed, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}
