/**
 * SUBSCRIBE and UNSUBSCRIBE, revocation, and leaving as a subscriber: who is subscribed to what.
 * Must not know of publications.
 */
import {
  ErrorUri,
  isValidUri,
  MessageKind,
  SubscribedMessage,
  UnsubscribedMessage,
  type SubscribeMessage,
  type UnsubscribeMessage,
} from '@wamp/protocol';
import type { BrokerSettings } from './broker-options.js';
import type { BrokerSession } from './broker-session.js';
import type { Refusal, SessionOutbox } from './session-outbox.js';
import type { SubscriptionTable } from './subscription-table.js';
import type { Subscription } from './subscription.js';

export class Subscribing<Owner> {
  readonly #subscriptions: SubscriptionTable<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: BrokerSettings;
  #subscribers = 0;

  constructor(
    subscriptions: SubscriptionTable<Owner>,
    outbox: SessionOutbox<Owner>,
    settings: BrokerSettings,
  ) {
    this.#subscriptions = subscriptions;
    this.#outbox = outbox;
    this.#settings = settings;
  }

  /** How many pairs of subscriber and subscription there are. */
  get subscribers(): number {
    return this.#subscribers;
  }

  /** @returns what the session is subscribed to now; undefined if it was refused */
  subscribe(
    session: BrokerSession<Owner>,
    message: SubscribeMessage,
    now: number,
  ): Subscription<Owner> | undefined {
    const { request, topic } = message;
    const match = message.options.match ?? 'exact';
    const existing = this.#subscriptions.lookup(topic, match);
    if (existing?.subscribers.has(session) === true) {
      this.#outbox.send(session, new SubscribedMessage(request, existing.id));
      return existing;
    }
    const refusal = this.#refusal(session, message);
    if (refusal !== undefined) {
      this.#outbox.refuse(session, MessageKind.Subscribe, request, refusal);
      return undefined;
    }
    const subscription = existing ?? this.#subscriptions.create(topic, match, now);
    this.#attach(subscription, session);
    this.#outbox.send(session, new SubscribedMessage(request, subscription.id));
    if (existing === undefined) this.#outbox.report('create', session, subscription, now);
    this.#outbox.report('subscribe', session, subscription, now);
    return subscription;
  }

  unsubscribe(session: BrokerSession<Owner>, message: UnsubscribeMessage, now: number): void {
    const subscription = session.subscriptions.get(message.subscription);
    if (subscription === undefined) {
      this.#outbox.refuse(session, MessageKind.Unsubscribe, message.request, {
        uri: ErrorUri.NoSuchSubscription,
        sentence: 'this session has no such subscription',
      });
      return;
    }
    this.#detach(subscription, session);
    this.#outbox.send(session, new UnsubscribedMessage(message.request));
    this.#conclude(subscription, session, now);
  }

  /** Removes a subscriber on somebody else's behalf, and tells it if it can understand. */
  revoke(
    subscription: Subscription<Owner>,
    session: BrokerSession<Owner>,
    reason: string | undefined,
    now: number,
  ): void {
    this.#detach(subscription, session);
    // spec: subscription revocation: never sent to a subscriber that did not announce it
    if (session.takesRevocation) {
      const details =
        reason === undefined ? { subscription: subscription.id } : { subscription: subscription.id, reason };
      this.#outbox.send(session, new UnsubscribedMessage(0, details));
    }
    this.#conclude(subscription, session, now);
  }

  /** Ends every subscription of a session that has left. */
  leave(session: BrokerSession<Owner>, now: number): void {
    for (const subscription of session.subscriptions.values()) {
      this.#detach(subscription, session);
      this.#conclude(subscription, session, now);
    }
  }

  #refusal(session: BrokerSession<Owner>, { topic, options }: SubscribeMessage): Refusal | undefined {
    const { uriRule, limits } = this.#settings;
    if (!isValidUri(topic, options.match ?? 'exact', uriRule)) {
      return {
        uri: ErrorUri.InvalidUri,
        sentence: 'the topic is not a valid URI for its match policy',
      };
    }
    if (
      session.subscriptions.size >= limits.subscriptionsPerSession ||
      session.topicCharacters + topic.length > limits.topicCharactersPerSession
    ) {
      return { uri: ErrorUri.LimitExceeded, sentence: 'this session has too many subscriptions' };
    }
    return undefined;
  }

  #attach(subscription: Subscription<Owner>, session: BrokerSession<Owner>): void {
    subscription.add(session);
    session.subscriptions.set(subscription.id, subscription);
    session.topicCharacters += subscription.uri.length;
    this.#subscribers += 1;
  }

  /** From here on no further EVENT of this subscription goes to the subscriber. */
  #detach(subscription: Subscription<Owner>, session: BrokerSession<Owner>): void {
    subscription.remove(session);
    session.subscriptions.delete(subscription.id);
    session.topicCharacters -= subscription.uri.length;
    this.#subscribers -= 1;
    if (subscription.isIdle) this.#subscriptions.delete(subscription);
  }

  /** What follows the reply. */
  #conclude(subscription: Subscription<Owner>, session: BrokerSession<Owner>, now: number): void {
    this.#outbox.report('unsubscribe', session, subscription, now);
    if (subscription.isIdle) this.#outbox.report('delete', session, subscription, now);
  }
}
