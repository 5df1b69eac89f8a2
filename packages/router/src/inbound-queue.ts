/**
 * The messages of one session that have come in and may not be processed yet, in order: an authorizer or authenticator
 * has not decided on an earlier one, the holders of a registration are being probed, or the session does not read what it
 * is sent, or has as many publications on their way as it may, or its login waits for its turn.
 * While anything holds the queue the transport is paused. Bounded; does not know what the messages mean.
 */
import type { Message, Transport } from '@wamp/protocol';

/** Why the input is held; the bits add up. */
export const Hold = { Decision: 1, Congestion: 2, Probe: 4, FanOut: 8, Turn: 16 } as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

export interface InboundLimits {
  readonly parkedMessages: number;
  readonly parkedBytes: number;
}

export class InboundQueue {
  #transport: Transport;
  readonly #limits: InboundLimits;
  readonly #process: (message: Message) => void;
  #messages: Message[] = [];
  /** frame lengths of the messages, at the same indexes */
  #sizes: number[] = [];
  #next = 0;
  #bytes = 0;
  #holds = 0;
  #isDraining = false;

  constructor(transport: Transport, limits: InboundLimits, process: (message: Message) => void) {
    this.#transport = transport;
    this.#limits = limits;
    this.#process = process;
  }

  /** From now on this is the transport to pause and resume; it takes the former one's place as it is. */
  moveTo(transport: Transport): void {
    this.#transport = transport;
    if (this.isHeld) transport.pause();
  }

  /** True if a message that comes in now has to be parked. */
  get isHeld(): boolean {
    return this.#holds !== 0 || this.#isDraining;
  }

  /** How many messages are parked. */
  get size(): number {
    return this.#messages.length - this.#next;
  }

  hold(why: Hold): void {
    if (this.#holds === 0 && !this.#isDraining) this.#transport.pause();
    this.#holds |= why;
  }

  /** Takes a hold off; with the last one the parked messages are processed, until one of them holds the queue again. */
  release(why: Hold): void {
    if ((this.#holds & why) === 0) return;
    this.#holds &= ~why;
    if (this.#holds === 0 && !this.#isDraining) this.#drain();
  }

  /**
   * Parks a message. Its payload is copied out of the frame.
   * @param frameBytes length of its frame
   * @returns false if the queue is full
   */
  park(message: Message, frameBytes: number): boolean {
    if (this.size >= this.#limits.parkedMessages || this.#bytes > this.#limits.parkedBytes) return false;
    if ('payload' in message) message.payload.detach();
    this.#bytes += frameBytes;
    this.#messages.push(message);
    this.#sizes.push(frameBytes);
    return true;
  }

  /** Forgets everything, for the end of the session. The transport runs again: it has to see the peer's closing. */
  clear(): void {
    const wasHeld = this.isHeld;
    this.#holds = 0;
    this.#reset();
    if (wasHeld && !this.#isDraining) this.#transport.resume();
  }

  #reset(): void {
    this.#messages = [];
    this.#sizes = [];
    this.#next = 0;
    this.#bytes = 0;
  }

  #drain(): void {
    this.#isDraining = true;
    while (this.#holds === 0 && this.#next < this.#messages.length) {
      const message = this.#messages[this.#next]!;
      this.#bytes -= this.#sizes[this.#next]!;
      this.#next += 1;
      this.#process(message);
    }
    this.#isDraining = false;
    if (this.#holds !== 0) {
      this.#compact();
      return;
    }
    this.#reset();
    this.#transport.resume();
  }

  /** Drops what was processed once it outweighs what waits, so that neither memory nor copying grows. */
  #compact(): void {
    if (this.#next < 64 || this.#next * 2 < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#next);
    this.#sizes = this.#sizes.slice(this.#next);
    this.#next = 0;
  }
}
