/**
 * How fast one peer may send: a token bucket for messages and one for bytes. Who is too fast is not answered with an error and
 * not cut: the router stops reading from its transport until it is within its rate again, so that the network slows it down.
 * Owns the buckets and the pausing; stands around a transport, so that it costs nothing where no rate is set.
 */
import type { CloseCause, Serializer, Transport, TransportClosed, TransportReceiver } from '@wamp/protocol';
import type { Clock, Timer } from './clock.js';

export interface RateLimits {
  /** messages of one peer in a second, on average; 0 is no limit */
  readonly messagesPerSecond: number;
  /** bytes of messages of one peer in a second, on average; 0 is no limit */
  readonly bytesPerSecond: number;
}

/** A peer that was silent may send at once what it may send in so many seconds. */
const BURST_SECONDS = 2;

/** True if there is anything to be limited. */
export function hasRate({ messagesPerSecond, bytesPerSecond }: RateLimits): boolean {
  return messagesPerSecond > 0 || bytesPerSecond > 0;
}

class Bucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;

  /** @param perSecond 0 is no limit */
  constructor(perSecond: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = perSecond * BURST_SECONDS;
    this.#tokens = this.#capacity;
    this.#filledAt = now;
  }

  /** Takes tokens, also those that are not there: a message that has come cannot be sent back. */
  take(tokens: number, now: number): void {
    if (this.#perMs === 0) return;
    const grown = this.#tokens + (now - this.#filledAt) * this.#perMs;
    this.#tokens = Math.min(this.#capacity, grown) - tokens;
    this.#filledAt = now;
  }

  /** Milliseconds until the debt is paid, as it stood when tokens were taken last; 0 without debt. */
  get debtMs(): number {
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens / this.#perMs);
  }
}

/** A transport that reads no faster than its peer may send. */
export class RatedTransport implements Transport, TransportReceiver {
  readonly serializer: Serializer;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #messages: Bucket;
  readonly #bytes: Bucket;
  readonly #paused: () => void;
  #receiver: TransportReceiver | undefined = undefined;
  /** set while the peer is too fast */
  #timer: Timer | undefined = undefined;
  #isPausedByOwner = false;

  /** @param paused told each time that the peer is too fast */
  constructor(transport: Transport, limits: RateLimits, clock: Clock, paused: () => void) {
    this.serializer = transport.serializer;
    this.#transport = transport;
    this.#clock = clock;
    this.#messages = new Bucket(limits.messagesPerSecond, clock.now());
    this.#bytes = new Bucket(limits.bytesPerSecond, clock.now());
    this.#paused = paused;
  }

  get info(): Readonly<Record<string, unknown>> {
    return this.#transport.info;
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  get maxSendBytes(): number {
    return this.#transport.maxSendBytes;
  }

  get sink(): Transport['sink'] {
    return this.#transport.sink;
  }

  /** Asked anew each time: the transport may learn later that its peer can be asked. */
  get probe(): Transport['probe'] {
    const transport = this.#transport;
    if (transport.probe === undefined) return undefined;
    return (timeoutMs, answered) => transport.probe?.(timeoutMs, answered);
  }

  allowPing(): void {
    this.#transport.allowPing?.();
  }

  open(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#transport.open(this);
  }

  send(frame: Uint8Array): void {
    this.#transport.send(frame);
  }

  pause(): void {
    this.#isPausedByOwner = true;
    this.#transport.pause();
  }

  resume(): void {
    this.#isPausedByOwner = false;
    if (this.#timer === undefined) this.#transport.resume();
  }

  close(cause: CloseCause, reason?: string): void {
    this.#forgive();
    this.#transport.close(cause, reason);
  }

  terminate(reason: string): void {
    this.#forgive();
    this.#transport.terminate(reason);
  }

  receive(frame: Uint8Array): void {
    const now = this.#clock.now();
    this.#messages.take(1, now);
    this.#bytes.take(frame.length, now);
    const debtMs = Math.max(this.#messages.debtMs, this.#bytes.debtMs);
    if (debtMs > 0) this.#hold(debtMs);
    this.#receiver?.receive(frame);
  }

  violated(sentence: string): void {
    this.#receiver?.violated(sentence);
  }

  drained(): void {
    this.#receiver?.drained();
  }

  closed(how: TransportClosed): void {
    this.#forgive();
    this.#receiver?.closed(how);
  }

  /** What a transport had read before it was paused still comes, and prolongs the pause. */
  #hold(debtMs: number): void {
    if (this.#timer === undefined) {
      this.#paused();
      this.#transport.pause();
    }
    this.#timer?.stop();
    this.#timer = this.#clock.startTimer(() => {
      this.#timer = undefined;
      if (!this.#isPausedByOwner) this.#transport.resume();
    }, debtMs);
  }

  #forgive(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }
}
