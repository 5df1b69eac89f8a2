/**
 * Frames written by ws itself, for connections whose frames are more than a head and the message: compressed ones. The socket
 * is corked until the end of the turn, so that here, too, they leave in one system call.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { FLUSH_BYTES } from './limits.js';
import type { Flushable, WriteBatch } from './write-batch.js';

export class WsSends implements Flushable {
  /** Bytes of all frames so far, without their heads. */
  sentBytes = 0;
  readonly #webSocket: WebSocket;
  readonly #stream: Duplex;
  readonly #batch: WriteBatch;
  readonly #options: { readonly binary: boolean };
  readonly #written: (error?: Error | null) => void;
  #isWaiting = false;
  #isCorked = false;
  /** bytes given to the corked stream since it was last flushed */
  #heldBytes = 0;

  /**
   * @param drained called when little or nothing waits any more: the stream itself says nothing of what waited to be compressed,
   * and may never have been full
   */
  constructor(
    webSocket: WebSocket,
    stream: Duplex,
    batch: WriteBatch,
    isBinary: boolean,
    drained: () => void,
  ) {
    this.#webSocket = webSocket;
    this.#stream = stream;
    this.#batch = batch;
    this.#options = { binary: isBinary };
    this.#written = (error) => {
      // Not only at zero: a ping or pong may stand behind the last message.
      if (!error && this.bufferedBytes <= FLUSH_BYTES) drained();
    };
  }

  /** Bytes that the system has not taken yet, frame heads included. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
    }
    if (!this.#isWaiting) {
      this.#isWaiting = true;
      this.#batch.add(this);
    }
    this.#webSocket.send(frame, this.#options, this.#written);
    this.#heldBytes += frame.length;
    this.sentBytes += frame.length;
    if (this.#heldBytes >= FLUSH_BYTES) this.flushEarly();
  }

  flush(): void {
    this.#isWaiting = false;
    this.flushEarly();
  }

  /** Writes what is held at once. */
  flushEarly(): void {
    this.#heldBytes = 0;
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }
}
