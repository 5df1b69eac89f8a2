/**
 * Two transports in memory, each the other's peer: for sessions within one process and for tests.
 * Frames arrive in order and in a later microtask, never inside `send`, as they would over a wire. No timers, no sockets.
 */
import type { Serializer } from './serializer.js';
import type { CloseCause, Transport, TransportClosed, TransportReceiver } from './transport.js';

const settled = Promise.resolve();

class MemoryTransport implements Transport {
  readonly serializer: Serializer;
  readonly info: Readonly<Record<string, unknown>>;
  readonly maxSendBytes = Infinity;
  #peer: MemoryTransport = this;
  #receiver: TransportReceiver | undefined;
  /** frames on their way to the peer, from `#next` on */
  #outgoing: Uint8Array[] = [];
  #next = 0;
  #bufferedBytes = 0;
  #isPaused = false;
  #isDeliveryDue = false;
  /** how it will end once all is flushed; set by `close` */
  #closing: TransportClosed | undefined;
  /** how it ended; nothing moves any more */
  #ended: TransportClosed | undefined;

  constructor(serializer: Serializer, info: Readonly<Record<string, unknown>>) {
    this.serializer = serializer;
    this.info = info;
  }

  static pair(serializer: Serializer, info: Readonly<Record<string, unknown>>): [Transport, Transport] {
    const one = new MemoryTransport(serializer, info);
    const other = new MemoryTransport(serializer, info);
    one.#peer = other;
    other.#peer = one;
    return [one, other];
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  open(receiver: TransportReceiver): void {
    if (this.#receiver !== undefined) throw new Error('This transport is open already.');
    this.#receiver = receiver;
    if (this.#ended !== undefined) this.#announceEnd(receiver, this.#ended);
    this.#peer.#deliverSoon();
  }

  send(frame: Uint8Array): void {
    if (this.#closing !== undefined || this.#ended !== undefined) return;
    // A copy: the sender may reuse its buffer before the frame is delivered. `frame.slice()` would not do: that of Node's
    // Buffer copies nothing.
    this.#outgoing.push(new Uint8Array(frame));
    this.#bufferedBytes += frame.length;
    this.#deliverSoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#peer.#deliverSoon();
  }

  close(cause: CloseCause, reason?: string): void {
    if (this.#closing !== undefined || this.#ended !== undefined) return;
    this.#closing = { wasClean: true, reason: reason ?? (cause === 'normal' ? '' : cause) };
    this.#deliverSoon();
  }

  terminate(reason: string): void {
    const how = { wasClean: false, reason };
    for (const end of [this, this.#peer]) {
      end.#drop();
      end.#end(how);
    }
  }

  get #isFlushed(): boolean {
    return this.#next === this.#outgoing.length;
  }

  #deliverSoon(): void {
    if (this.#isDeliveryDue) return;
    this.#isDeliveryDue = true;
    void settled.then(() => this.#deliver());
  }

  /** Delivers what waits now; what the receivers add in the meantime has a turn of its own. */
  #deliver(): void {
    this.#isDeliveryDue = false;
    let waiting = this.#outgoing.length - this.#next;
    const hadFrames = waiting > 0;
    for (; waiting > 0 && !this.#peer.#isPaused && this.#peer.#ended === undefined; waiting--) {
      const receiver = this.#peer.#receiver;
      if (receiver === undefined) break;
      receiver.receive(this.#takeFrame());
    }
    if (hadFrames && this.#isFlushed && this.#ended === undefined) this.#receiver?.drained();
    this.#endIfFlushed();
  }

  #takeFrame(): Uint8Array {
    const frame = this.#outgoing[this.#next]!;
    this.#next++;
    this.#bufferedBytes -= frame.length;
    // The delivered part goes when it is the larger one, so that each frame is moved once at most, on average.
    if (this.#next * 2 > this.#outgoing.length) {
      this.#outgoing = this.#outgoing.slice(this.#next);
      this.#next = 0;
    }
    return frame;
  }

  #drop(): void {
    this.#outgoing = [];
    this.#next = 0;
    this.#bufferedBytes = 0;
  }

  /** Ends both sides once everybody who closed has flushed. */
  #endIfFlushed(): void {
    const how = this.#closing ?? this.#peer.#closing;
    if (how === undefined) return;
    if (this.#mayEnd && this.#peer.#mayEnd) {
      this.#end(how);
      this.#peer.#end(how);
    } else if (this.#closing !== undefined && this.#peer.#receiver === undefined) {
      this.#end(how); // Nobody may ever read there; if somebody opens it yet, the frames and the end are waiting.
    }
  }

  get #mayEnd(): boolean {
    return this.#closing === undefined || this.#isFlushed;
  }

  #end(how: TransportClosed): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    if (this.#receiver !== undefined) this.#announceEnd(this.#receiver, how);
  }

  #announceEnd(receiver: TransportReceiver, how: TransportClosed): void {
    void settled.then(() => receiver.closed(how));
  }
}

/**
 * Makes two connected transports. What one sends, the other's receiver gets once it is open and not paused.
 * @param options `info` is what both ends show as theirs, after `type: 'memory'`
 */
export function createTransportPair(
  serializer: Serializer,
  options: { readonly info?: Readonly<Record<string, unknown>> } = {},
): [Transport, Transport] {
  return MemoryTransport.pair(serializer, Object.freeze({ type: 'memory', ...options.info }));
}
