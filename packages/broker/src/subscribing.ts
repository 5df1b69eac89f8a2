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
import { isSlowPolicy, SLOW_POLICIES, SLOW_POLICY_OPTION } from './slow-policy.js';
import { Subscriber } from './subscriber.js';
import type { Subscription } from './subscription.js';

export class Subscribing<Owner> {
  readonly #subscriptions: SubscriptionTable<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: BrokerSettings;
  #subscribers = 0;
  #lastNumber = 0;

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

  /** {@link Subscriber.number} of whoever subscribed last. */
  get lastNumber(): number {
    return this.#lastNumber;
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
    const own = existing?.subscribers.get(session);
    const refusal = own === undefined ? this.#refusal(session, message) : slowPolicyRefusal(message);
    if (refusal !== undefined) {
      this.#outbox.refuse(session, MessageKind.Subscribe, request, refusal);
      return undefined;
    }
    const slowPolicy = slowPolicyOf(message);
    if (own !== undefined) {
      own.slowPolicy = slowPolicy ?? own.slowPolicy;
      this.#outbox.send(session, new SubscribedMessage(request, own.subscription.id));
      return own.subscription;
    }
    const subscription = existing ?? this.#subscriptions.create(topic, match, now);
    this.#lastNumber += 1;
    this.#attach(new Subscriber(session, subscription, this.#lastNumber, slowPolicy));
    this.#outbox.send(session, new SubscribedMessage(request, subscription.id));
    if (existing === undefined) this.#outbox.report('create', session, subscription, now);
    this.#outbox.report('subscribe', session, subscription, now);
    return subscription;
  }

  unsubscribe(session: BrokerSession<Owner>, message: UnsubscribeMessage, now: number): void {
    const subscriber = session.subscriptions.get(message.subscription);
    if (subscriber === undefined) {
      this.#outbox.refuse(session, MessageKind.Unsubscribe, message.request, {
        uri: ErrorUri.NoSuchSubscription,
        sentence: 'this session has no such subscription',
      });
      return;
    }
    this.#detach(subscriber);
    this.#outbox.send(session, new UnsubscribedMessage(message.request));
    this.#conclude(subscriber, now);
  }

  /** Removes a subscriber on somebody else's behalf, and tells it if it can understand. */
  revoke(subscriber: Subscriber<Owner>, reason: string | undefined, now: number): void {
    const { session, subscription } = subscriber;
    this.#detach(subscriber);
    // spec: subscription revocation: never sent to a subscriber that did not announce it
    if (session.takesRevocation) {
      const details =
        reason === undefined ? { subscription: subscription.id } : { subscription: subscription.id, reason };
      this.#outbox.send(session, new UnsubscribedMessage(0, details));
    }
    this.#conclude(subscriber, now);
  }

  /** Ends every subscription of a session that has left. */
  leave(session: BrokerSession<Owner>, now: number): void {
    for (const subscriber of session.subscriptions.values()) {
      this.#detach(subscriber);
      this.#conclude(subscriber, now);
    }
  }

  #refusal(session: BrokerSession<Owner>, message: SubscribeMessage): Refusal | undefined {
    const { topic, options } = message;
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
    return slowPolicyRefusal(message);
  }

  #attach(subscriber: Subscriber<Owner>): void {
    const { session, subscription } = subscriber;
    subscription.add(subscriber);
    session.subscriptions.set(subscription.id, subscriber);
    session.topicCharacters += subscription.uri.length;
    this.#subscribers += 1;
  }

  /** From here on no further EVENT of this subscription goes to the subscriber. */
  #detach(subscriber: Subscriber<Owner>): void {
    const { session, subscription } = subscriber;
    subscription.remove(subscriber);
    session.subscriptions.delete(subscription.id);
    session.topicCharacters -= subscription.uri.length;
    this.#subscribers -= 1;
    if (subscription.isIdle) this.#subscriptions.delete(subscription);
  }

  /** What follows the reply. */
  #conclude({ subscription, session }: Subscriber<Owner>, now: number): void {
    this.#outbox.report('unsubscribe', session, subscription, now);
    if (subscription.isIdle) this.#outbox.report('delete', session, subscription, now);
  }
}

function slowPolicyOf({ options }: SubscribeMessage): Subscriber<unknown>['slowPolicy'] {
  const chosen = options[SLOW_POLICY_OPTION];
  return isSlowPolicy(chosen) ? chosen : undefined;
}

function slowPolicyRefusal({ options }: SubscribeMessage): Refusal | undefined {
  const chosen = options[SLOW_POLICY_OPTION];
  if (chosen === undefined || isSlowPolicy(chosen)) return undefined;
  const sentence = `${SLOW_POLICY_OPTION} is one of ${SLOW_POLICIES.join(', ')}`;
  return { uri: ErrorUri.InvalidArgument, sentence };
}
