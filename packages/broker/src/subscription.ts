/**
 * A subscription: a topic or pattern, how it matches, and who is subscribed. All subscribers of the same topic and match
 * policy share it and its id, so that an EVENT is the same bytes for all of them.
 * Must not send anything.
 */
import { isReservedUri, type MatchPolicy } from '@wamp/protocol';
import type { BrokerSession } from './broker-session.js';
import type { KeptHistory } from './event-store.js';
import type { Fanout } from './fanout.js';
import { FACT_SETS, type PublisherFacts } from './publisher-facts.js';
import type { Subscriber } from './subscriber.js';

export class Subscription<Owner> {
  readonly id: number;
  readonly uri: string;
  readonly match: MatchPolicy;
  /** milliseconds since the epoch */
  readonly createdAt: number;
  /** true if the topic belongs to the protocol itself: no subscription events */
  readonly isReserved: boolean;
  /** set if its events are kept, and it itself also without subscribers; undefined for all others */
  readonly history: KeptHistory | undefined;
  /** the last publication that is still on its way to subscribers; undefined, and usually so, if there is none */
  lastFanout: Fanout<Owner> | undefined = undefined;
  readonly #subscribers = new Map<BrokerSession<Owner>, Subscriber<Owner>>();
  // Lists for the fan-out, made when they are needed and never changed: a change of subscribers makes new ones.
  /** all of them */
  #everybody: readonly Owner[] | undefined = undefined;
  /** those that get the same EVENT, by what may be told and what is told of it */
  #classes: (readonly Owner[] | undefined)[] | undefined = undefined;

  constructor(id: number, uri: string, match: MatchPolicy, createdAt: number, history?: KeptHistory) {
    this.id = id;
    this.uri = uri;
    this.match = match;
    this.createdAt = createdAt;
    this.isReserved = isReservedUri(uri);
    this.history = history;
  }

  /** The subscribers in the order in which they subscribed. */
  get subscribers(): ReadonlyMap<BrokerSession<Owner>, Subscriber<Owner>> {
    return this.#subscribers;
  }

  /** True if nobody needs it any more. */
  get isIdle(): boolean {
    return this.#subscribers.size === 0 && this.history === undefined;
  }

  add(subscriber: Subscriber<Owner>): void {
    this.#subscribers.set(subscriber.session, subscriber);
    this.#forgetLists();
  }

  remove(subscriber: Subscriber<Owner>): void {
    this.#subscribers.delete(subscriber.session);
    this.#forgetLists();
  }

  /** The owners of all sessions; the list never changes. */
  get owners(): readonly Owner[] {
    return (this.#everybody ??= Array.from(this.#subscribers.keys(), ({ owner }) => owner));
  }

  /**
   * The owners of the sessions that get the same EVENT; the list never changes.
   * @param tellable what may be told about the publisher
   * @param told what these sessions are told of it
   */
  ownersToldOf(tellable: PublisherFacts, told: PublisherFacts): readonly Owner[] {
    this.#classes ??= Array.from({ length: FACT_SETS * FACT_SETS }, () => undefined);
    return (this.#classes[tellable * FACT_SETS + told] ??= this.#listOwners(tellable, told));
  }

  #listOwners(tellable: PublisherFacts, told: PublisherFacts): readonly Owner[] {
    const owners: Owner[] = [];
    for (const session of this.#subscribers.keys()) {
      if ((session.takesFacts & tellable) === told) owners.push(session.owner);
    }
    return owners;
  }

  #forgetLists(): void {
    this.#everybody = undefined;
    this.#classes = undefined;
  }
}
