/**
 * One WebSocket connection as a `Transport`: one WAMP message per WebSocket message, writes batched per turn.
 * Owns the translation between WebSocket and transport (frame types, close codes, ping and pong); knows no messages.
 */
import type { Duplex } from 'node:stream';
import type {
  CloseCause,
  Serializer,
  SinkOwner,
  Transport,
  TransportClosed,
  TransportReceiver,
} from '@wamp/protocol';
import type { RawData, WebSocket } from 'ws';
import { HeldFrames } from './held-frames.js';
import { MAX_PENDING_PONGS } from './limits.js';
import type { WriteBatch } from './write-batch.js';
import { WsFraming } from './ws-framing.js';
import { WsSends } from './ws-sends.js';

/** Close codes by cause. Source: RFC 6455, section 7.4.1, and the IANA registry for 1012 "Service Restart". */
const CLOSE_CODES: Readonly<Record<CloseCause, number>> = {
  normal: 1000,
  protocol_violation: 1002,
  too_big: 1009,
  going_away: 1012,
  policy: 1008,
};

/** A control frame carries 125 bytes at most, two of them are the code. Source: RFC 6455, section 5.5. */
const MAX_REASON_BYTES = 123;

/** The code that ws reports when no close frame came: the link was lost or cut. */
const NO_CLOSE_FRAME = 1006;

const TEXT_FRAMING = new WsFraming(false);
const BINARY_FRAMING = new WsFraming(true);

interface Probe {
  readonly timer: NodeJS.Timeout;
  readonly answered: (alive: boolean) => void;
}

/** What a transport is made of. */
export interface WsTransportParts {
  readonly webSocket: WebSocket;
  /** whether this is the side that does not mask its frames */
  readonly isServer: boolean;
  /** the byte stream below the WebSocket, as the `upgrade` event handed it over */
  readonly stream: Duplex;
  readonly serializer: Serializer;
  readonly batch: WriteBatch;
  readonly info: Readonly<Record<string, unknown>>;
}

export class WsTransport implements Transport, SinkOwner {
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  readonly #webSocket: WebSocket;
  /** undefined where ws has to write the frames */
  readonly sink: HeldFrames | undefined;
  readonly #out: HeldFrames | WsSends;
  readonly #isBinary: boolean;
  #receiver: TransportReceiver | undefined = undefined;
  #paused = false;
  /** set once this side closes or cuts, and at the end: nothing is sent, frames that still come in are not delivered */
  #closing = false;
  #ended: TransportClosed | undefined = undefined;
  /** why this side or ws ended the connection; empty if the peer did */
  #reason = '';
  #heard = true;
  /** how many of the bytes sent the network had taken at the last look */
  #takenBytes = 0;
  #probes: Map<string, Probe> | undefined = undefined;
  #probeCount = 0;

  constructor(parts: WsTransportParts) {
    this.serializer = parts.serializer;
    this.info = parts.info;
    this.#webSocket = parts.webSocket;
    const { webSocket, stream, batch } = parts;
    this.#isBinary = parts.serializer.isBinary;
    // A client masks its frames, and an extension, which is compression, changes them: only ws knows how.
    this.sink =
      parts.isServer && webSocket.extensions === ''
        ? new HeldFrames(stream, batch, this.#isBinary ? BINARY_FRAMING : TEXT_FRAMING, this)
        : undefined;
    const drained = (): void => this.#receiver?.drained();
    this.#out = this.sink ?? new WsSends(webSocket, stream, batch, this.#isBinary, drained);
    // Nothing is read before somebody listens.
    this.#webSocket.pause();
    this.#webSocket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    this.#webSocket.on('pong', (data) => this.#onPong(data));
    this.#webSocket.on('ping', () => this.#onPing());
    this.#webSocket.on('error', (error) => this.#onError(error));
    this.#webSocket.on('close', (code, reason) => this.#onClose(code, reason));
    stream.on('drain', drained);
  }

  /** Bytes accepted and not yet taken by the operating system, frame heads included. */
  get bufferedBytes(): number {
    return this.#out.bufferedBytes;
  }

  get isWritable(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  open(receiver: TransportReceiver): void {
    if (this.#receiver !== undefined) throw new Error('the transport is open already');
    this.#receiver = receiver;
    const ended = this.#ended;
    if (ended !== undefined) {
      queueMicrotask(() => receiver.closed(ended));
      return;
    }
    if (!this.#paused) this.#webSocket.resume();
  }

  send(frame: Uint8Array): void {
    if (this.#closing) return;
    this.#out.send(frame);
  }

  pause(): void {
    if (this.#closing) return;
    this.#paused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    if (this.#closing) return;
    this.#paused = false;
    if (this.#receiver !== undefined) this.#webSocket.resume();
  }

  close(cause: CloseCause, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#reason = reason === '' ? `closed by this side (${cause})` : reason;
    this.#out.flushEarly();
    this.#webSocket.close(CLOSE_CODES[cause], fitting(reason));
    // The peer's close frame stands behind everything that it sent before: all of it is read, and dropped.
    this.#paused = false;
    this.#webSocket.resume();
  }

  terminate(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#closing = true;
    this.#reason = reason;
    this.#webSocket.terminate();
  }

  /**
   * Sends a ping and waits for its pong. A transport that is paused cannot see a pong and counts as alive: its keepalive
   * watches the progress of its writes instead.
   */
  probe(timeoutMs: number, answered: (alive: boolean) => void): void {
    if (this.#closing || this.#paused) {
      const alive = !this.#closing;
      queueMicrotask(() => answered(alive));
      return;
    }
    const key = `probe ${++this.#probeCount}`;
    const timer = setTimeout(() => this.#settle(key, false), timeoutMs).unref();
    (this.#probes ??= new Map()).set(key, { timer, answered });
    this.#ping(key);
  }

  /** Sends a ping without payload; its pong counts as a sign of life. */
  ping(): void {
    if (!this.#closing) this.#ping(undefined);
  }

  #ping(key: string | undefined): void {
    this.#out.flushEarly();
    this.#webSocket.ping(key);
  }

  /**
   * True if the peer has shown life since the last call: something arrived, or, while reading is paused, it took some of
   * what waits to be sent.
   */
  takeSignOfLife(): boolean {
    if (this.#paused) {
      const buffered = this.bufferedBytes;
      const taken = this.#out.sentBytes - buffered;
      const moved = buffered === 0 || taken > this.#takenBytes;
      this.#takenBytes = taken;
      return moved;
    }
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#heard = true;
    if (this.#closing || this.#receiver === undefined) return;
    if (isBinary !== this.#isBinary) {
      const [came, expected] = isBinary ? ['binary', 'text'] : ['text', 'binary'];
      this.#receiver.violated(
        `${this.serializer.subprotocol} needs ${expected} frames, a ${came} frame came`,
      );
      return;
    }
    this.#receiver.receive(data as Buffer);
  }

  /** ws has answered, or has cut the connection because of too many pings: of that it tells nothing but its state. */
  #onPing(): void {
    this.#heard = true;
    if (!this.#closing && this.#webSocket.readyState !== this.#webSocket.OPEN) {
      this.terminate(`it sent pings faster than it took the pongs, ${MAX_PENDING_PONGS} were waiting`);
    }
  }

  #onPong(data: Buffer): void {
    this.#heard = true;
    if (this.#probes !== undefined && data.length > 0) this.#settle(data.toString('latin1'), true);
  }

  #settle(key: string, alive: boolean): void {
    const probe = this.#probes?.get(key);
    if (probe === undefined) return;
    this.#probes?.delete(key);
    clearTimeout(probe.timer);
    probe.answered(alive);
  }

  /** ws has found a broken frame and closes with the fitting code, or the socket failed: the session ends at once. */
  #onError(error: Error): void {
    if (this.#reason === '') this.#reason = error.message;
    this.#end({ wasClean: false, reason: this.#reason });
  }

  #onClose(code: number, reason: Buffer): void {
    const wasClean = code !== NO_CLOSE_FRAME;
    const told = reason.length === 0 ? '' : `: ${reason.toString('utf8')}`;
    const how = wasClean ? `closed by the peer with ${code}${told}` : 'connection lost';
    this.#end({ wasClean, reason: this.#reason === '' ? how : this.#reason });
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#closing = true;
    for (const key of this.#probes?.keys() ?? []) this.#settle(key, false);
    this.#receiver?.closed(how);
  }
}

/** The longest beginning of `reason` that a close frame can carry, cut between characters. */
function fitting(reason: string): string {
  if (reason.length * 3 <= MAX_REASON_BYTES) return reason;
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}
