/**
 * The host's outbox, addressed by session: nothing leaves for a session that is gone, and refusals read alike.
 */
import {
  EMPTY_DICT,
  ErrorMessage,
  Payload,
  ProtocolViolation,
  type Message,
  type RequestKind,
  type ViolationCode,
} from '@wamp/protocol';
import type { BrokerSession } from './broker-session.js';
import type { BrokerOutbox, StoreFailure } from './outbox.js';
import type { SubscriptionEvent } from './subscription-event.js';
import type { Subscription } from './subscription.js';

/** Why a request is refused. */
export interface Refusal {
  readonly uri: string;
  /** for a person; becomes the only argument of the ERROR */
  readonly sentence: string;
}

export class SessionOutbox<Owner> {
  readonly #outbox: BrokerOutbox<Owner>;

  constructor(outbox: BrokerOutbox<Owner>) {
    this.#outbox = outbox;
  }

  send(session: BrokerSession<Owner>, message: Message): void {
    if (session.attached) this.#outbox.send(session.owner, message);
  }

  /** Answers a request with ERROR. */
  refuse(session: BrokerSession<Owner>, kind: RequestKind, request: number, refusal: Refusal): void {
    const payload = Payload.of([refusal.sentence]);
    this.send(session, new ErrorMessage(kind, request, EMPTY_DICT, refusal.uri, payload));
  }

  /** Reports that the session broke the protocol. */
  abort(session: BrokerSession<Owner>, code: ViolationCode, sentence: string): void {
    if (session.attached) this.#outbox.abort(session.owner, new ProtocolViolation(code, sentence));
  }

  /** Reports what happened to a subscription, unless its topic belongs to the protocol itself. */
  report(
    type: SubscriptionEvent['type'],
    session: BrokerSession<Owner>,
    subscription: Subscription<Owner>,
    at: number,
  ): void {
    if (subscription.isReserved) return;
    this.#outbox.subscriptionEvent({ type, session: session.identity.session, subscription, at });
  }

  /** Tells the operator. */
  storeFailed(task: StoreFailure['task'], topic: string, cause: unknown): void {
    this.#outbox.storeFailed?.({ task, topic, cause });
  }
}
