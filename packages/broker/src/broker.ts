/**
 * The broker of one realm: takes the messages of sessions in, and lets the parts do their work in the right order.
 * Sequencing only. Does no IO, reads no clock, throws nothing at peers' input: requests are refused with ERROR, and
 * violations of the protocol are reported through the outbox.
 */
import {
  ErrorUri,
  isReservedUri,
  isValidUri,
  MessageKind,
  PublishedMessage,
  randomId,
  isPassthru,
  type Identity,
  type Payload,
  type PublishMessage,
  type SubscribeMessage,
  type UnsubscribeMessage,
} from '@wamp/protocol';
import { resolveOptions, type BrokerOptions, type BrokerSettings } from './broker-options.js';
import { BrokerSession, type BrokerSeat } from './broker-session.js';
import { EventFanout } from './event-fanout.js';
import { EventHistory, type HistoryAnswer } from './event-history.js';
import { EventKeeping } from './event-keeping.js';
import { EventRecorder } from './event-recorder.js';
import type { HistoryQuery } from './history-query.js';
import type { BrokerOutbox } from './outbox.js';
import { countFilterEntries } from './publication-filter.js';
import { Publication } from './publication.js';
import { Retention } from './retention.js';
import { SessionOutbox, type Refusal } from './session-outbox.js';
import { Subscribing } from './subscribing.js';
import { SubscriptionTable, type Subscriptions } from './subscription-table.js';

/** Counts for metrics and tests. */
export interface BrokerStats {
  readonly sessions: number;
  readonly subscriptions: number;
  /** pairs of subscriber and subscription */
  readonly subscribers: number;
  /** publications that are on their way to subscribers */
  readonly pendingPublications: number;
}

/**
 * Carries publications to the subscribers of one realm.
 *
 * `now` is milliseconds since the epoch and must not go backwards. `Owner` is whatever the host wants to get back from
 * the outbox, for example its own session object. Source: basic profile, "Publish and Subscribe", and the advanced
 * profile's chapters on PubSub.
 */
export class Broker<Owner> {
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: BrokerSettings;
  readonly #subscriptions = new SubscriptionTable<Owner>();
  readonly #subscribing: Subscribing<Owner>;
  readonly #fanout: EventFanout<Owner>;
  readonly #keeping: EventKeeping<Owner>;
  readonly #retention: Retention<Owner>;
  readonly #history: EventHistory<Owner>;
  #sessions = 0;

  /** @throws RangeError if the history that is configured cannot be kept: a bad URI, one that is there twice, no codecs */
  constructor(outbox: BrokerOutbox<Owner>, options: BrokerOptions) {
    const out = new SessionOutbox(outbox);
    const settings = resolveOptions(options);
    const { store, limits, retention, histories } = settings;
    const recorder = new EventRecorder(settings.codecs);
    this.#outbox = out;
    this.#settings = settings;
    this.#subscribing = new Subscribing(this.#subscriptions, out, settings);
    this.#fanout = new EventFanout(outbox, limits, settings.later);
    this.#keeping = new EventKeeping(store, recorder, retention, histories.length > 0, out);
    this.#retention = new Retention(store, recorder, limits, retention.maxAgeMs, outbox, out);
    this.#history = new EventHistory(this.#subscriptions, store, recorder, limits, out);
    for (const history of histories) {
      this.#subscriptions.create(history.uri, history.match, settings.startedAt, history);
    }
  }

  /** The subscriptions, to look at. */
  get subscriptions(): Subscriptions<Owner> {
    return this.#subscriptions;
  }

  /** Lets a session take part. Its features are read once, here. */
  attach(owner: Owner, seat: BrokerSeat): BrokerSession<Owner> {
    this.#sessions += 1;
    return new BrokerSession(owner, seat);
  }

  /** A session has ended, in whatever way. Its subscriptions go; nothing is sent to it any more. */
  detach(session: BrokerSession<Owner>, now: number): void {
    if (!session.attached) return;
    session.attached = false;
    this.#sessions -= 1;
    this.#subscribing.leave(session, now);
  }

  /**
   * SUBSCRIBE: answered by SUBSCRIBED or ERROR; events follow the reply. A session that is subscribed to the same topic
   * with the same match policy already gets the same id again, and nothing changes. With `get_retained` what is retained
   * is sent behind the reply, each time.
   */
  subscribe(session: BrokerSession<Owner>, message: SubscribeMessage, now: number): void {
    if (!session.attached) return;
    const subscription = this.#subscribing.subscribe(session, message, now);
    if (subscription === undefined || message.options.get_retained !== true) return;
    // What is retained may be newer than what is still on its way to this session.
    this.#fanout.serveFirst(session);
    this.#retention.deliver(session, subscription, now);
  }

  /** UNSUBSCRIBE: answered by UNSUBSCRIBED, behind which no EVENT of the subscription is sent, or by ERROR. */
  unsubscribe(session: BrokerSession<Owner>, message: UnsubscribeMessage, now: number): void {
    if (session.attached) this.#subscribing.unsubscribe(session, message, now);
  }

  /**
   * PUBLISH: EVENTs to everybody who is subscribed and whom the publisher's options admit. With `acknowledge` it is
   * answered by PUBLISHED, before any EVENT, or by ERROR; without it there is never an answer.
   *
   * An event that is to be kept (`retain`, history) is in the store before it is acknowledged. If it cannot be kept, it
   * is refused and goes to nobody; without `acknowledge` nothing was promised, and it is delivered all the same.
   *
   * EVENTs to very many subscribers follow in later turns, if the host offers them. They go to those who are subscribed
   * now and still are then; the order of events of one publisher, and on one subscription, is that of publication.
   * @param behind another publisher, behind whose publications so far this one has to arrive
   */
  publish(
    session: BrokerSession<Owner>,
    message: PublishMessage,
    now: number,
    behind?: BrokerSession<Owner>,
  ): void {
    if (session.attached) this.#publish(session, message, now, behind);
  }

  /**
   * Publishes a testament of a session that has left, as if it still were there: behind all its publications, and behind
   * those of `behind`. Source: advanced profile, "Testaments".
   */
  publishTestament(
    session: BrokerSession<Owner>,
    message: PublishMessage,
    now: number,
    behind?: BrokerSession<Owner>,
  ): void {
    this.#publish(session, message, now, behind);
  }

  #publish(
    session: BrokerSession<Owner>,
    message: PublishMessage,
    now: number,
    behind: BrokerSession<Owner> | undefined,
  ): void {
    const { request, options, topic } = message;
    if (isPassthru(options) && !session.passesThru) {
      // spec: payload passthru mode: also if no acknowledgement was asked for
      const sentence = 'PUBLISH uses payload_passthru_mode, which the publisher did not announce';
      this.#outbox.abort(session, 'feature_not_announced', sentence);
      return;
    }
    const refusal = this.#refusal(session, message);
    if (refusal !== undefined) {
      if (options.acknowledge === true) {
        this.#outbox.refuse(session, MessageKind.Publish, request, refusal);
      }
      return;
    }
    const subscriptions = this.#subscriptions.match(topic);
    const isRetained = this.#keeping.retains(options);
    if (subscriptions.length === 0 && !isRetained && options.acknowledge !== true) return;
    const histories = this.#keeping.historiesOf(options, subscriptions);
    const id = randomId(this.#settings.random32);
    const publication = new Publication(id, session, message, now, this.#isDisclosed(session, message));
    if (isRetained || histories.length > 0) {
      const failure = this.#keeping.keep(publication, histories);
      if (failure !== undefined && options.acknowledge === true) {
        this.#outbox.refuse(session, MessageKind.Publish, request, failure);
        return;
      }
    }
    // The specification leaves the order open. First the answer: a publisher that gets its own event knows the id by then.
    if (options.acknowledge === true) this.#outbox.send(session, new PublishedMessage(request, id));
    this.#fanout.deliver(subscriptions, publication, this.#subscribing.lastNumber, behind);
  }

  /**
   * True if somebody is subscribed to the topic, exactly or by a pattern, or its history is kept: whether it is worth
   * while to publish to it.
   */
  isObserved(topic: string): boolean {
    return this.#subscriptions.match(topic).length > 0;
  }

  /**
   * Takes a session off a subscription, on behalf of an administrator. The session is told if it announced
   * `subscription_revocation`. Source: advanced profile, "Subscription Revocation".
   * @param subscription id of the subscription
   * @param session id of the subscriber's session
   * @param reason a URI for the subscriber
   */
  removeSubscriber(
    subscription: number,
    session: number,
    reason: string | undefined,
    now: number,
  ): 'removed' | 'no_such_subscription' | 'no_such_session' {
    const found = this.#subscriptions.get(subscription);
    if (found === undefined) return 'no_such_subscription';
    for (const subscriber of found.subscribers.values()) {
      if (subscriber.session.identity.session !== session) continue;
      this.#subscribing.revoke(subscriber, reason, now);
      return 'removed';
    }
    return 'no_such_session';
  }

  /**
   * What happened on a subscription whose history is kept, as far as the requester is admitted by the publishers' lists
   * of authids and authroles. Whether it may subscribe there, and so may ask at all, is the host's to find out before.
   * Source: advanced profile, "Event History".
   * @param subscription id of the subscription
   * @returns the events, or why not: `wamp.error.no_such_subscription`, `wamp.error.history_unavailable` if the history
   * of this subscription is not kept, `wamp.error.unavailable` if the store failed
   */
  events(
    subscription: number,
    query: HistoryQuery,
    requester: Identity,
    now: number,
  ): HistoryAnswer | Refusal {
    return this.#history.answer(subscription, query, requester, now);
  }

  /**
   * The result of `wamp.subscription.get_events`: Arguments are the events, each `{ timestamp, subscription, publication,
   * details, args?, kwargs? }`; ArgumentsKw are `{ is_limit_reached }`. Events whose payload no codec of this broker can
   * read are left out.
   */
  eventsPayload(answer: HistoryAnswer): Payload {
    return this.#history.payloadOf(answer);
  }

  stats(): BrokerStats {
    return {
      sessions: this.#sessions,
      subscriptions: this.#subscriptions.size,
      subscribers: this.#subscribing.subscribers,
      pendingPublications: this.#fanout.pending,
    };
  }

  #refusal(session: BrokerSession<Owner>, { options, topic }: PublishMessage): Refusal | undefined {
    const { uriRule, disclosure, limits } = this.#settings;
    if (!isValidUri(topic, 'exact', uriRule)) {
      return { uri: ErrorUri.InvalidUri, sentence: 'the topic is not a valid URI' };
    }
    if (isReservedUri(topic) && !session.trusted) {
      return { uri: ErrorUri.InvalidUri, sentence: 'URIs that begin with wamp are reserved' };
    }
    if (options.disclose_me === true && disclosure === 'never') {
      return { uri: ErrorUri.DiscloseMeDisallowed, sentence: 'publishers are not disclosed here' };
    }
    if (countFilterEntries(options) > limits.filterEntriesPerPublication) {
      return { uri: ErrorUri.LimitExceeded, sentence: 'the black- and whitelists are too long' };
    }
    return undefined;
  }

  #isDisclosed(session: BrokerSession<Owner>, { options }: PublishMessage): boolean {
    const { disclosure } = this.#settings;
    // A trusted publisher is the host itself: nobody whom subscribers could know.
    if (disclosure === 'always' && !session.trusted) return true;
    return disclosure !== 'never' && options.disclose_me === true;
  }
}
