/**
 * The way of one publication to the subscribers of all subscriptions that it matches, cut into slices. Knows how far it
 * has come, and keeps no list of receivers: subscribers are walked in the order in which they subscribed, so that whoever
 * has left is not there any more, and whoever came after the publication stands behind its end.
 * Must not know when the next slice is due, nor what other publications are on their way.
 */
import { EventMessage, describesPayload } from '@wamp/protocol';
import type { BrokerSession } from './broker-session.js';
import { eventDetails } from './event-details.js';
import { EventEncodings, type BrokerOutbox } from './outbox.js';
import { countFilterEntries } from './publication-filter.js';
import type { Publication } from './publication.js';
import { IDENTITY, NO_FACTS, TRUST_LEVEL, type PublisherFacts } from './publisher-facts.js';
import type { Subscriber } from './subscriber.js';
import type { Subscription } from './subscription.js';

/** How much may still be done in this turn. */
export class Slice {
  receivers: number;
  subscribers: number;

  constructor(receivers: number, subscribers: number) {
    this.receivers = receivers;
    this.subscribers = subscribers;
  }

  get isFull(): boolean {
    return this.receivers <= 0 || this.subscribers <= 0;
  }
}

/** The record itself, its encodings' heads, and its place in the lists. */
const FIXED_BYTES = 1024;
/** The payload as it came, and once in each of the three formats. */
const ENCODINGS = 4;
const BYTES_PER_FILTER_ENTRY = 64;

/** An event of one subscription, and its encodings so far. */
interface EncodedEvent {
  readonly event: EventMessage;
  readonly encodings: EventEncodings;
}

export class Fanout<Owner> {
  readonly publication: Publication<Owner>;
  /** those with few subscribers first: whoever waits for them waits no longer than necessary */
  readonly subscriptions: readonly Subscription<Owner>[];
  /** what it may take in memory, roughly */
  readonly bytes: number;
  /** publications that go before this one and have not arrived everywhere */
  waitsFor = 0;
  /** publications that wait for this one; those that wait for two reasons are there twice */
  readonly dependants: Fanout<Owner>[] = [];
  readonly #outbox: BrokerOutbox<Owner>;
  /** {@link Subscriber.number} of the last one who is to get it */
  readonly #lastNumber: number;
  /** index of the subscription whose turn it is */
  #at = 0;
  /** the walk through the subscribers of the subscription at `#at` */
  #walk: Iterator<Subscriber<Owner>, undefined> | undefined = undefined;
  /** {@link Subscriber.number} of the last one whom the walk has come to; 0 at its beginning */
  #position = 0;
  /** the events of the subscription at `#at`, by what they tell about the publisher; made when they are needed */
  #events: (EncodedEvent | undefined)[] = [];
  /** those who have got it before it was their turn; undefined, and usually so, if there are none */
  #served: Set<Subscriber<Owner>> | undefined = undefined;

  constructor(
    publication: Publication<Owner>,
    subscriptions: readonly Subscription<Owner>[],
    lastNumber: number,
    outbox: BrokerOutbox<Owner>,
  ) {
    const { payload, options } = publication.message;
    this.publication = publication;
    this.bytes =
      FIXED_BYTES + payload.byteLength * ENCODINGS + countFilterEntries(options) * BYTES_PER_FILTER_ENTRY;
    this.#outbox = outbox;
    this.#lastNumber = lastNumber;
    this.subscriptions =
      subscriptions.length === 1
        ? subscriptions
        : [...subscriptions].sort((one, other) => one.subscribers.size - other.subscribers.size);
  }

  /** The subscriptions whose subscribers have not all got it. */
  get remaining(): readonly Subscription<Owner>[] {
    return this.subscriptions.slice(this.#at);
  }

  /** Goes on until the slice is full. @returns true when everybody has got it */
  continue(slice: Slice): boolean {
    while (this.#at < this.subscriptions.length) {
      if (!this.#serve(this.subscriptions[this.#at]!, slice)) return false;
      this.#at += 1;
      this.#walk = undefined;
      this.#position = 0;
      this.#events = [];
    }
    return true;
  }

  /** Sends to a session what it would get of this publication later. */
  serveFirst(session: BrokerSession<Owner>): void {
    for (let at = this.#at; at < this.subscriptions.length; at += 1) {
      const subscription = this.subscriptions[at]!;
      const subscriber = session.subscriptions.get(subscription.id);
      if (subscriber === undefined || subscriber.number > this.#lastNumber) continue;
      if (at === this.#at && subscriber.number <= this.#position) continue;
      if (this.#served?.has(subscriber) === true || !this.#isFor(session)) continue;
      (this.#served ??= new Set()).add(subscriber);
      this.#outbox.fanOut([session.owner], eventOf(subscription, this.publication, this.#factsFor(session)));
    }
  }

  /** @returns true when all subscribers of the subscription have got it */
  #serve(subscription: Subscription<Owner>, slice: Slice): boolean {
    this.#walk ??= subscription.subscribers.values();
    // By what they are told about the publisher: usually nothing, and so all are one list.
    const receivers: Owner[][] = [];
    let isDone = false;
    while (!slice.isFull) {
      const { value: subscriber } = this.#walk.next();
      if (subscriber === undefined || subscriber.number > this.#lastNumber) {
        isDone = true;
        break;
      }
      this.#position = subscriber.number;
      slice.subscribers -= 1;
      const { session } = subscriber;
      if (!this.#isFor(session) || this.#served?.has(subscriber) === true) continue;
      slice.receivers -= 1;
      (receivers[this.#factsFor(session)] ??= []).push(session.owner);
    }
    receivers.forEach((owners, told) => {
      this.#send(subscription, owners, told);
    });
    return isDone;
  }

  #send(subscription: Subscription<Owner>, owners: readonly Owner[], told: PublisherFacts): void {
    const { event, encodings } = (this.#events[told] ??= {
      event: eventOf(subscription, this.publication, told),
      encodings: new EventEncodings(),
    });
    this.#outbox.fanOut(owners, event, encodings);
  }

  #isFor(session: BrokerSession<Owner>): boolean {
    const { publisher, includesPublisher, filter } = this.publication;
    if (session === publisher && !includesPublisher) return false;
    return filter === undefined || filter.admits(session.identity);
  }

  /** What the session is told about the publisher. */
  #factsFor(session: BrokerSession<Owner>): PublisherFacts {
    return this.publication.facts & session.takesFacts;
  }
}

/** The EVENT of a publication on a subscription. @param told what it tells about the publisher */
export function eventOf(
  { id, match }: Subscription<unknown>,
  publication: Publication<unknown>,
  told: PublisherFacts,
): EventMessage {
  const { options, topic, payload } = publication.message;
  const details = eventDetails(
    // spec: pattern-based subscription: the concrete topic, where the subscriber cannot know it
    match === 'exact' ? undefined : topic,
    (told & IDENTITY) === NO_FACTS ? undefined : publication.publisher.identity,
    (told & TRUST_LEVEL) === NO_FACTS ? undefined : publication.publisher.trustLevel,
    describesPayload(options) ? options : undefined,
    false,
  );
  return new EventMessage(id, publication.id, details, payload);
}
