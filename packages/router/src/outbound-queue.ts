/**
 * The way of frames to one peer, in order. Watches how much its transport has not got rid of: above the low mark the
 * session is congested, above the high mark it is given up. Above a mark of their own, events wait here or are dropped, by
 * the policy of their subscriber; whatever is sent behind a waiting event waits too. Owns the marks' meaning.
 */
import type { SlowPolicy } from '@wamp/broker';
import type { EventMessage, Message, Transport } from '@wamp/protocol';
import { KeptFrames } from './kept-frames.js';
import type { Counters, DropReason } from './stats.js';

export interface OutboundLimits {
  readonly outboundLowBytes: number;
  readonly outboundHighBytes: number;
  readonly outboundEventBytes: number;
  readonly keptEvents: number;
  readonly keptEventBytes: number;
}

/** What the session is asked and told. */
export interface OutboundWatcher {
  congestionChanged(isCongested: boolean, bufferedBytes: number): void;
  /** The peer reads far too slowly; nothing more is to be sent. */
  outboundOverflowed(bufferedBytes: number): void;
  /** What is to become of an event that comes faster than the peer reads. */
  slowPolicyOf(event: EventMessage): SlowPolicy;
  /** An event will not be sent, because of this policy. */
  eventDropped(policy: DropReason): void;
}

export class OutboundQueue {
  #transport: Transport;
  readonly #limits: OutboundLimits;
  readonly #counters: Counters;
  readonly #watcher: OutboundWatcher;
  /** below it nothing has to be looked at */
  readonly #firstMark: number;
  #isCongested = false;
  /** true from the passing of the mark for events until the transport is drained */
  #isBehind = false;
  /** undefined, and usually so, if nothing waits */
  #kept: KeptFrames | undefined = undefined;

  constructor(transport: Transport, limits: OutboundLimits, counters: Counters, watcher: OutboundWatcher) {
    this.#transport = transport;
    this.#limits = limits;
    this.#counters = counters;
    this.#watcher = watcher;
    this.#firstMark = Math.min(limits.outboundEventBytes, limits.outboundLowBytes);
  }

  /** From now on frames go to this transport. */
  moveTo(transport: Transport): void {
    this.#transport = transport;
  }

  send(frame: Uint8Array): void {
    if (this.#kept === undefined) this.#transmit(frame);
    else this.#keepMessage(this.#kept, frame);
  }

  sendEvent(frame: Uint8Array, event: EventMessage): void {
    if (this.#isBehind) this.#sendBehind(frame, event);
    else this.#transmit(frame);
  }

  /**
   * Encodes a message and sends it, unless its frame is longer than the peer accepts.
   * @returns the frame's length
   * @throws PayloadError if the message cannot be expressed in the transport's format; whatever the transport throws
   */
  sendMessage(message: Message): number {
    const transport = this.#transport;
    const { sink } = transport;
    if (sink === undefined || this.#kept !== undefined) {
      const frame = transport.serializer.encode(message);
      if (frame.length <= transport.maxSendBytes) this.send(frame);
      return frame.length;
    }
    const length = transport.serializer.encodeInto(message, sink);
    if (length > sink.maxSendBytes) return length;
    this.#counters.framesSent += 1;
    const buffered = transport.bufferedBytes;
    if (buffered > this.#firstMark) this.#rose(buffered);
    return length;
  }

  /** The transport says that sending may go on. */
  drained(): void {
    this.#isBehind = false;
    this.#catchUp();
    if (!this.#isCongested || this.#transport.bufferedBytes > this.#limits.outboundLowBytes) return;
    this.#isCongested = false;
    this.#watcher.congestionChanged(false, this.#transport.bufferedBytes);
  }

  /** Sends the messages that wait, without the events between them: the session ends. */
  end(): void {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept === undefined) return;
    while (kept.dropOldestEvent());
    for (let frame = kept.take(); frame !== undefined; frame = kept.take()) this.#transmit(frame);
  }

  #transmit(frame: Uint8Array): void {
    this.#counters.framesSent += 1;
    this.#transport.send(frame);
    const buffered = this.#transport.bufferedBytes;
    if (buffered > this.#firstMark) this.#rose(buffered);
  }

  #rose(buffered: number): void {
    const { outboundEventBytes, outboundLowBytes, outboundHighBytes } = this.#limits;
    if (buffered > outboundHighBytes) {
      this.#watcher.outboundOverflowed(buffered);
      return;
    }
    if (buffered > outboundEventBytes) this.#isBehind = true;
    if (this.#isCongested || buffered <= outboundLowBytes) return;
    this.#isCongested = true;
    this.#watcher.congestionChanged(true, buffered);
  }

  /** Sends what waits, as far as there is room. */
  #catchUp(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    while (this.#transport.bufferedBytes <= this.#limits.outboundEventBytes) {
      const frame = kept.take();
      if (frame === undefined) break;
      this.#transmit(frame);
    }
    if (kept.isEmpty) this.#kept = undefined;
    else this.#isBehind = true;
  }

  /** An event for a peer that has not read what it was sent before. */
  #sendBehind(frame: Uint8Array, event: EventMessage): void {
    this.#catchUp();
    if (this.#kept === undefined && this.#transport.bufferedBytes <= this.#limits.outboundEventBytes) {
      this.#transmit(frame);
      return;
    }
    const policy = this.#watcher.slowPolicyOf(event);
    if (policy === 'disconnect') this.send(frame);
    else if (policy === 'drop-newest') this.#watcher.eventDropped(policy);
    else this.#keepEvent(frame, policy, policy === 'latest' ? keyOf(event) : undefined);
  }

  #keepEvent(frame: Uint8Array, policy: DropReason, key: string | undefined): void {
    const { keptEvents, keptEventBytes } = this.#limits;
    const kept = (this.#kept ??= new KeptFrames());
    if (kept.addEvent(frame, key)) this.#watcher.eventDropped(policy);
    // The newest one stays, however large it is.
    while (kept.events > 1 && (kept.events > keptEvents || kept.eventBytes > keptEventBytes)) {
      kept.dropOldestEvent();
      this.#watcher.eventDropped('drop-oldest');
    }
  }

  /** A message behind an event that waits: it keeps its place, and counts as what the transport has not got rid of. */
  #keepMessage(kept: KeptFrames, frame: Uint8Array): void {
    kept.addMessage(frame);
    const waiting = this.#transport.bufferedBytes + kept.messageBytes;
    if (waiting > this.#firstMark) this.#rose(waiting);
  }
}

/** The topic of an event, as far as its subscription does not tell it. */
function keyOf({ subscription, details }: EventMessage): string {
  return details.topic === undefined ? `${subscription}` : `${subscription} ${details.topic}`;
}
