/**
 * The way of frames to one peer. Watches how much its transport has not got rid of: above the low mark the session is
 * congested, above the high mark it is given up. Owns the two marks' meaning; holds no frames itself, the transport does.
 */
import type { Transport } from '@wamp/protocol';

export interface OutboundLimits {
  readonly outboundLowBytes: number;
  readonly outboundHighBytes: number;
}

/** What the session is told. */
export interface OutboundWatcher {
  congestionChanged(isCongested: boolean, bufferedBytes: number): void;
  /** The peer reads far too slowly; nothing more is to be sent. */
  outboundOverflowed(bufferedBytes: number): void;
}

export class OutboundQueue {
  readonly #transport: Transport;
  readonly #limits: OutboundLimits;
  readonly #watcher: OutboundWatcher;
  #isCongested = false;

  constructor(transport: Transport, limits: OutboundLimits, watcher: OutboundWatcher) {
    this.#transport = transport;
    this.#limits = limits;
    this.#watcher = watcher;
  }

  send(frame: Uint8Array): void {
    this.#transport.send(frame);
    const buffered = this.#transport.bufferedBytes;
    if (buffered > this.#limits.outboundLowBytes) this.#rose(buffered);
  }

  /** The transport says that sending may go on. */
  drained(): void {
    if (!this.#isCongested) return;
    this.#isCongested = false;
    this.#watcher.congestionChanged(false, this.#transport.bufferedBytes);
  }

  #rose(buffered: number): void {
    if (buffered > this.#limits.outboundHighBytes) {
      this.#watcher.outboundOverflowed(buffered);
      return;
    }
    if (this.#isCongested) return;
    this.#isCongested = true;
    this.#watcher.congestionChanged(true, buffered);
  }
}
