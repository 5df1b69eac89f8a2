/**
 * The one way out of the broker. A host implements it; the broker does nothing else to the world.
 */
import type { EventMessage, Message, ProtocolViolation } from '@wamp/protocol';
import type { SubscriptionEvent } from './subscription-event.js';

/** An event store threw. */
export interface StoreFailure {
  /** what was to be done: keep an event, read retained events, read a history */
  readonly task: 'append' | 'retained' | 'history';
  /** topic of the event, or of the subscription */
  readonly topic: string;
  /** what was thrown */
  readonly cause: unknown;
}

/**
 * Where a host keeps an event's encodings from one slice of its fan-out to the next, by format. The broker does not look
 * at them.
 */
export class EventEncodings {
  json: Uint8Array | undefined = undefined;
  msgpack: Uint8Array | undefined = undefined;
  cbor: Uint8Array | undefined = undefined;
}

/**
 * Takes what the broker decided. No method may call back into the broker before the broker's method that caused it has
 * returned, and none may throw.
 */
export interface BrokerOutbox<Owner> {
  /** Sends a message to an attached session, behind everything that was sent to it before. */
  send(owner: Owner, message: Message): void;
  /**
   * Sends the same EVENT to several sessions, to each behind everything that was sent to it before. A host encodes it
   * once per format. `owners` is never empty, names nobody twice, and never changes afterwards; it must not be changed.
   * @param encodings set if this is one of several slices of the event's receivers: the same for all of them
   */
  fanOut(owners: readonly Owner[], event: EventMessage, encodings?: EventEncodings): void;
  /** The session broke the protocol: the host answers ABORT and detaches the session right after the broker returns. */
  abort(owner: Owner, violation: ProtocolViolation): void;
  /**
   * A publisher has as many publications on their way to subscribers as it may (true): the host takes no further messages
   * from it until they have arrived (false). Without this method memory is bounded all the same: what is too much is
   * delivered at once.
   */
  pushBack?(owner: Owner, isPushedBack: boolean): void;
  /** Something happened to a subscription; comes after the reply that it belongs to. */
  subscriptionEvent(event: SubscriptionEvent): void;
  /**
   * The event store failed, which an operator wants to know. The broker goes on: what was asked for is refused if there
   * is an answer to it, else left out.
   */
  storeFailed?(failure: StoreFailure): void;
}
