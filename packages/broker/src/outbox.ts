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
 * Takes what the broker decided. No method may call back into the broker before the broker's method that caused it has
 * returned, and none may throw.
 */
export interface BrokerOutbox<Owner> {
  /** Sends a message to an attached session, behind everything that was sent to it before. */
  send(owner: Owner, message: Message): void;
  /**
   * Sends the same EVENT to several sessions, to each behind everything that was sent to it before. A host encodes it
   * once per format. `owners` is never empty, names nobody twice, and never changes afterwards; it must not be changed.
   */
  fanOut(owners: readonly Owner[], event: EventMessage): void;
  /** The session broke the protocol: the host answers ABORT and detaches the session right after the broker returns. */
  abort(owner: Owner, violation: ProtocolViolation): void;
  /** Something happened to a subscription; comes after the reply that it belongs to. */
  subscriptionEvent(event: SubscriptionEvent): void;
  /**
   * The event store failed, which an operator wants to know. The broker goes on: what was asked for is refused if there
   * is an answer to it, else left out.
   */
  storeFailed?(failure: StoreFailure): void;
}
