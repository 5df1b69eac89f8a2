/**
 * RawSocket as a `Transport`, the same for a router and a client: frames over a byte stream, PING and PONG, the end.
 * Owns everything behind the handshake. Has no sockets, clock or timers: a host lends them, and reports what its stream does.
 * Source: advanced profile, "RawSocket Transport".
 */
import type { FrameSink } from './frame-sink.js';
import { RawSocketFrame } from './rawsocket.js';
import { RawSocketReader, type RawSocketSink } from './rawsocket-reader.js';
import { RawSocketWriter, type ByteSink } from './rawsocket-writer.js';
import type { ListCodec } from './list-codec.js';
import type { Serializer } from './serializer.js';
import type { CloseCause, FrameOf, Transport, TransportClosed, TransportReceiver } from './transport.js';
import { encodeUtf8 } from './utf8.js';

/** The byte stream below; a Node socket is one. */
export interface ByteStream extends ByteSink {
  pause(): unknown;
  resume(): unknown;
  /** Writes the rest, then ends this side. */
  end(): unknown;
  destroy(): unknown;
}

/** A host's own way of laying out this turn's messages; it writes them at the end of the turn by itself. */
export interface MessageSink extends FrameSink {
  /** bytes of all messages so far */
  readonly sentBytes: number;
  /** bytes that the network has not taken, those that wait for the end of the turn included */
  readonly bufferedBytes: number;
  /** Takes a whole message; it may be kept, and must not be changed. */
  send(frame: Uint8Array): void;
  /** Writes what waits at once. */
  flushEarly(): void;
}

/** Who owns a stream that a sink writes to. */
export interface SinkOwner {
  /** Longest frame that the peer accepts, in bytes. */
  readonly maxSendBytes: number;
  /** False if nothing may be written any more: what is held is dropped. */
  readonly isWritable: boolean;
}

/** What a host lends. */
export interface RawSocketHost {
  /** Makes what lays out messages for the stream; without it the transport does that, which copies more. */
  readonly newSink?: (stream: ByteStream, owner: SinkOwner) => MessageSink;
  /** Memory; need not be zeroed. */
  readonly allocate: (bytes: number) => Uint8Array;
  /** Has `link` flushed at the end of this turn of the event loop; called at most once between two flushes. */
  flushSoon(link: { flush(): void }): void;
  /** @returns what stops the timer */
  startTimer(ms: number, elapsed: () => void): () => void;
}

export interface RawSocketParts<S extends ListCodec = Serializer> {
  readonly stream: ByteStream;
  readonly host: RawSocketHost;
  readonly serializer: S;
  readonly info: Readonly<Record<string, unknown>>;
  /** the limit that the peer named in the handshake, in bytes */
  readonly maxSendBytes: number;
  /** the limit that this side named in the handshake, in bytes */
  readonly maxReceiveBytes: number;
  /** how long the peer may take to close after this side has, in milliseconds */
  readonly closeTimeoutMs: number;
  /**
   * True to send PING without knowing that the peer understands it. Some do not: Autobahn|Python takes a PING for a message
   * that is far too long. A peer that has sent one itself is known to understand it.
   */
  readonly mayPing: boolean;
}

/**
 * PONGs that wait for the network; one more ends the connection. An honest peer has one or two: more at once fill the memory, or keep
 * this side busy with nothing else.
 */
const MAX_PENDING_PONGS = 60;

interface Probe {
  readonly answered: (alive: boolean) => void;
  readonly stopTimer: () => void;
}

export class RawSocketTransport<S extends ListCodec = Serializer>
  implements Transport<S>, RawSocketSink, SinkOwner
{
  readonly serializer: S;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes: number;
  readonly sink: MessageSink | undefined;
  readonly #stream: ByteStream;
  readonly #host: RawSocketHost;
  readonly #reader: RawSocketReader;
  readonly #writer: RawSocketWriter;
  readonly #closeTimeoutMs: number;
  readonly #maxReceiveBytes: number;
  #receiver: TransportReceiver | undefined = undefined;
  #isFlushDue = false;
  #paused = false;
  /** set once this side closes or cuts, and at the end: nothing is sent, frames that still come in are not delivered */
  #closing = false;
  #ended: TransportClosed | undefined = undefined;
  /** why this side ended the connection; empty if the peer did */
  #reason = '';
  #closesCleanly = false;
  #stopCloseTimer: (() => void) | undefined = undefined;
  #knowsPing: boolean;
  #heard = true;
  #sentBytes = 0;
  /** of the bytes sent, how many the network had taken at the last look */
  #takenBytes = 0;
  #pendingPongs = 0;
  #pendingPongBytes = 0;
  #probes: Map<number, Probe> | undefined = undefined;
  #probeCount = 0;

  constructor(parts: RawSocketParts<S>) {
    this.serializer = parts.serializer;
    this.info = parts.info;
    this.maxSendBytes = parts.maxSendBytes;
    this.#stream = parts.stream;
    this.#host = parts.host;
    this.#closeTimeoutMs = parts.closeTimeoutMs;
    this.#maxReceiveBytes = parts.maxReceiveBytes;
    this.#knowsPing = parts.mayPing;
    this.#reader = new RawSocketReader(this, parts.maxReceiveBytes, parts.host.allocate);
    this.#writer = new RawSocketWriter(parts.stream, parts.host.allocate);
    this.sink = parts.host.newSink?.(parts.stream, this);
  }

  get bufferedBytes(): number {
    const { sink } = this;
    if (sink === undefined) return this.#writer.bufferedBytes;
    const isPlain = this.#writer.isEmpty;
    return isPlain ? sink.bufferedBytes : sink.bufferedBytes + this.#writer.heldBytes;
  }

  get isWritable(): boolean {
    return !this.#closing;
  }

  /** Absent while it is not known that the peer understands PING. */
  get probe(): ((timeoutMs: number, answered: (alive: boolean) => void) => void) | undefined {
    return this.#knowsPing ? this.#probePeer : undefined;
  }

  allowPing(): void {
    this.#knowsPing = true;
  }

  /** The host has to have its stream paused until here. */
  open(receiver: TransportReceiver<FrameOf<S>>): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver as TransportReceiver;
    const ended = this.#ended;
    if (ended !== undefined) void Promise.resolve().then(() => receiver.closed(ended));
    else if (!this.#paused) this.#stream.resume();
  }

  /** A frame that is longer than the peer takes is the caller's mistake: nothing of it is sent, and the link is cut. */
  send(written: FrameOf<S>): void {
    if (this.#closing) return;
    const text: Uint8Array | string = written;
    const frame = typeof text === 'string' ? encodeUtf8(text) : text;
    if (frame.length > this.maxSendBytes) {
      this.terminate(`a message has ${frame.length} bytes, the peer takes at most ${this.maxSendBytes}`);
      return;
    }
    if (this.sink === undefined) this.#write(RawSocketFrame.Message, frame);
    else this.sink.send(frame);
  }

  /** Writes what this turn's frames have gathered; the host calls it at the end of the turn. */
  flush(): void {
    this.#isFlushDue = false;
    if (this.#ended !== undefined) return;
    this.#flushAll();
    if (this.#pendingPongs > 0 && this.#stream.writableLength === 0) this.#pongsTaken();
  }

  pause(): void {
    if (this.#closing) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (this.#closing) return;
    this.#paused = false;
    if (this.#receiver !== undefined) this.#stream.resume();
  }

  close(cause: CloseCause, reason = ''): void {
    if (this.#closing) return;
    this.#flushAll();
    this.#closing = true;
    this.#closesCleanly = true;
    this.#reason = reason === '' ? `closed by this side (${cause})` : reason;
    this.#stream.end();
    this.#stopCloseTimer = this.#host.startTimer(this.#closeTimeoutMs, () => {
      this.#closesCleanly = false;
      this.#stream.destroy();
    });
    // The end of the peer's side stands behind everything that it sent before: all of it is read, and dropped.
    this.#reader.stop();
    this.#paused = false;
    this.#stream.resume();
  }

  terminate(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#closing = true;
    this.#closesCleanly = false;
    this.#reason = reason;
    this.#reader.stop();
    this.#stream.destroy();
  }

  // ---- keepalive -------------------------------------------------------------------------------------------------

  /** Sends a PING without payload, if the peer understands it; its PONG counts as a sign of life. */
  ping(): void {
    if (!this.#closing && this.#knowsPing) this.#write(RawSocketFrame.Ping, NOTHING);
  }

  /**
   * True if the peer has shown life since the last call: something arrived; or, while reading is paused and with a peer
   * that cannot be asked, it took some of what waits to be sent.
   */
  takeSignOfLife(): boolean {
    const heard = this.#heard;
    this.#heard = false;
    if (!this.#paused && (heard || this.#knowsPing)) return heard;
    const buffered = this.bufferedBytes;
    const taken = this.#sentBytes + (this.sink?.sentBytes ?? 0) - buffered;
    const hasMoved = buffered === 0 || taken > this.#takenBytes;
    this.#takenBytes = taken;
    return hasMoved;
  }

  /** A transport that is paused cannot see a PONG and counts as alive. */
  readonly #probePeer = (timeoutMs: number, answered: (alive: boolean) => void): void => {
    if (this.#closing || this.#paused) {
      const isAlive = !this.#closing;
      void Promise.resolve().then(() => answered(isAlive));
      return;
    }
    const key = ++this.#probeCount;
    const stopTimer = this.#host.startTimer(timeoutMs, () => this.#settle(key, false));
    (this.#probes ??= new Map()).set(key, { answered, stopTimer });
    this.#write(RawSocketFrame.Ping, keyBytes(key));
  };

  #settle(key: number, isAlive: boolean): void {
    const probe = this.#probes?.get(key);
    if (probe === undefined) return;
    this.#probes?.delete(key);
    probe.stopTimer();
    probe.answered(isAlive);
  }

  // ---- what the stream does --------------------------------------------------------------------------------------

  /** Bytes came. */
  streamData(chunk: Uint8Array): void {
    this.#heard = true;
    if (!this.#closing) this.#reader.read(chunk);
  }

  /** The stream takes more again. */
  streamDrained(): void {
    this.#pongsTaken();
    this.#receiver?.drained();
  }

  /** The peer has ended its side; this side ends, too. */
  streamEnded(): void {
    if (this.#reason !== '') return;
    this.#reason = this.#reader.isAtBoundary ? 'closed by the peer' : 'closed by the peer within a frame';
    if (this.#closing) return;
    this.#flushAll();
    this.#closing = true;
    this.#stream.end();
  }

  /** The stream has failed; its end follows. */
  streamFailed(sentence: string): void {
    this.#closesCleanly = false;
    if (this.#reason === '') this.#reason = sentence;
  }

  /** The stream is gone. */
  streamClosed(): void {
    if (this.#ended !== undefined) return;
    const reason = this.#reason === '' ? 'connection lost' : this.#reason;
    this.#closing = true;
    this.#ended = { wasClean: this.#closesCleanly, reason };
    this.#reader.stop();
    this.#stopCloseTimer?.();
    for (const key of this.#probes?.keys() ?? []) this.#settle(key, false);
    this.#receiver?.closed(this.#ended);
  }

  // ---- frames ----------------------------------------------------------------------------------------------------

  /** @internal for the reader */
  frame(type: RawSocketFrame, payload: Uint8Array): void {
    if (type === RawSocketFrame.Message) {
      if (!this.#closing) this.#receiver?.receive(payload);
    } else if (type === RawSocketFrame.Ping) this.#answerPing(payload);
    else if (payload.length === KEY_BYTES) this.#settle(keyOf(payload), true);
  }

  /** @internal for the reader */
  broken(sentence: string): void {
    this.#receiver?.violated(sentence);
  }

  /** spec: exactly one PONG with the same payload, immediately */
  #answerPing(payload: Uint8Array): void {
    this.#knowsPing = true;
    if (this.#closing) return;
    this.#pendingPongs += 1;
    this.#pendingPongBytes += payload.length;
    if (this.#pendingPongs > MAX_PENDING_PONGS || this.#pendingPongBytes > 2 * this.#maxReceiveBytes) {
      this.terminate(`it sent PINGs faster than it took the PONGs, ${this.#pendingPongs} were waiting`);
      return;
    }
    if (payload.length > this.maxSendBytes) {
      this.broken(
        `a PING has ${payload.length} bytes, its PONG must not have more than ${this.maxSendBytes}`,
      );
      return;
    }
    // A copy: the payload is a view of the chunk that came.
    this.#write(RawSocketFrame.Pong, new Uint8Array(payload));
  }

  #pongsTaken(): void {
    this.#pendingPongs = 0;
    this.#pendingPongBytes = 0;
  }

  /** Messages first, then the control frames. */
  #flushAll(): void {
    this.sink?.flushEarly();
    this.#writer.flush();
  }

  #write(type: RawSocketFrame, payload: Uint8Array): void {
    this.#sentBytes += payload.length;
    this.#writer.add(type, payload);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#host.flushSoon(this);
  }
}

const NOTHING = new Uint8Array(0);

const KEY_BYTES = 4;

function keyBytes(key: number): Uint8Array {
  return new Uint8Array([key >>> 24, key >>> 16, key >>> 8, key]);
}

function keyOf(bytes: Uint8Array): number {
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}
