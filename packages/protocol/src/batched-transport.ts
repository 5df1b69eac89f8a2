/**
 * A transport whose frames are batches of messages, on top of one whose frames are frames: what is sent within one turn of the event
 * loop is one frame. Owns the messages of a turn, and those of a batch that are not delivered yet; connections without
 * batches never come here. Source: advanced profile, "Batched WebSocket Transport".
 */
import { BatchReader, batchOverhead, joinBatch, RECORD_SEPARATOR } from './batch-framing.js';
import type { ListCodec } from './list-codec.js';
import type { Serializer } from './serializer.js';
import type { CloseCause, FrameOf, Transport, TransportClosed, TransportReceiver } from './transport.js';
import { encodeUtf8 } from './utf8.js';

/** What a host lends. */
export interface BatchHost {
  readonly allocate: (bytes: number) => Uint8Array;
  /** Has `link` flushed at the end of this turn of the event loop; called at most once between two flushes. */
  flushSoon(link: { flush(): void }): void;
  /** Calls back in a later turn. */
  later(callback: () => void): void;
}

/** What may gather within a turn before it leaves at once. */
const FLUSH_BYTES = 64 * 1024;

/** Messages of one batch that are delivered in one go; others have their turn before the rest. */
const DELIVERED_AT_ONCE = 256;

export class BatchedTransport<S extends ListCodec = Serializer>
  implements Transport<S>, TransportReceiver<FrameOf<S>>
{
  readonly serializer: S;
  readonly #inner: Transport<S>;
  readonly #host: BatchHost;
  readonly #isBinary: boolean;
  readonly #overhead: number;
  #receiver: TransportReceiver | undefined = undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isFlushDue = false;
  #separator = RECORD_SEPARATOR;
  /** batches whose messages are not all delivered */
  readonly #batches: BatchReader[] = [];
  #isDelivering = false;
  #paused = false;
  /** set when this side closes or cuts, and at the end: nothing is delivered any more */
  #closing = false;

  /** @param serializer of the messages; the frames of `inner` are batches of them */
  constructor(inner: Transport<S>, serializer: S, host: BatchHost) {
    this.serializer = serializer;
    this.#inner = inner;
    this.#host = host;
    this.#isBinary = serializer.isBinary;
    this.#overhead = batchOverhead(serializer.isBinary);
  }

  get info(): Readonly<Record<string, unknown>> {
    return this.#inner.info;
  }

  get bufferedBytes(): number {
    return this.#heldBytes + this.#inner.bufferedBytes;
  }

  get maxSendBytes(): number {
    return this.#inner.maxSendBytes - this.#overhead;
  }

  get probe(): Transport['probe'] {
    return this.#inner.probe === undefined
      ? undefined
      : (timeoutMs, answered) => this.#inner.probe?.(timeoutMs, answered);
  }

  allowPing(): void {
    this.#inner.allowPing?.();
  }

  open(receiver: TransportReceiver<FrameOf<S>>): void {
    this.#receiver = receiver as TransportReceiver;
    this.#inner.open(this);
  }

  send(written: FrameOf<S>): void {
    if (this.#closing) return;
    const frame = bytesOf(written);
    const bytes = frame.length + this.#overhead;
    if (this.#heldBytes + bytes > FLUSH_BYTES) this.#write();
    this.#held.push(frame);
    this.#heldBytes += bytes;
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#host.flushSoon(this);
  }

  flush(): void {
    this.#isFlushDue = false;
    this.#write();
  }

  pause(): void {
    this.#paused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#batches.length === 0) this.#inner.resume();
    else this.#deliverLater();
  }

  close(cause: CloseCause, reason?: string): void {
    this.#write();
    this.#closing = true;
    this.#inner.close(cause, reason);
  }

  terminate(reason: string): void {
    this.#closing = true;
    this.#inner.terminate(reason);
  }

  // ---- what the inner transport says -----------------------------------------------------------------------------

  receive(frame: FrameOf<S>): void {
    if (this.#closing) return;
    const batch = bytesOf(frame);
    const reader = new BatchReader(batch, this.#isBinary);
    if (this.#batches.length > 0) {
      this.#batches.push(reader.detached());
      return;
    }
    if (reader.fault === undefined && !this.#isBinary) this.#separator = reader.separator;
    if (this.#deliver(reader)) return;
    // The bytes are the transport's: what is delivered later has to be a copy.
    this.#batches.push(reader.detached());
    this.#inner.pause();
    if (!this.#paused) this.#deliverLater();
  }

  violated(sentence: string): void {
    this.#receiver?.violated(sentence);
  }

  drained(): void {
    this.#receiver?.drained();
  }

  closed(how: TransportClosed): void {
    this.#closing = true;
    this.#batches.length = 0;
    this.#receiver?.closed(how);
  }

  /** @returns false if the rest has to wait */
  #deliver(reader: BatchReader): boolean {
    const receiver = this.#receiver;
    if (receiver === undefined) return true;
    for (let count = 0; reader.hasMore && !this.#closing; count++) {
      if (this.#paused || count === DELIVERED_AT_ONCE) return false;
      const message = reader.next();
      if (message !== undefined) receiver.receive(message);
    }
    if (reader.fault !== undefined && !this.#closing) {
      this.#batches.length = 0;
      receiver.violated(reader.fault);
    }
    return true;
  }

  #deliverLater(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#host.later(() => {
      this.#isDelivering = false;
      this.#deliverWaiting();
    });
  }

  #deliverWaiting(): void {
    const [first] = this.#batches;
    if (first !== undefined && this.#deliver(first)) this.#batches.shift();
    if (this.#paused || this.#closing) return;
    if (this.#batches.length === 0) this.#inner.resume();
    else this.#deliverLater();
  }

  #write(): void {
    if (this.#held.length === 0) return;
    const batch = joinBatch(this.#held, this.#isBinary, this.#host.allocate, this.#separator);
    this.#held = [];
    this.#heldBytes = 0;
    this.#inner.send(batch as FrameOf<S>);
  }
}

function bytesOf(frame: Uint8Array | string): Uint8Array {
  return typeof frame === 'string' ? encodeUtf8(frame) : frame;
}
