/**
 * All subscriptions: by id, and by topic and match policy. Gives out subscription ids.
 * Must not know who is subscribed.
 */
import { UriTable, type MatchPolicy } from '@wamp/protocol';
import type { KeptHistory } from './event-store.js';
import { Subscription } from './subscription.js';

/** The read-only view that a broker offers, for example to the meta API. */
export interface Subscriptions<Owner> {
  /** How many subscriptions there are, those to topics of the protocol and those that only keep history included. */
  readonly size: number;
  /** All subscriptions of one match policy, oldest first. */
  list(match: MatchPolicy): readonly Subscription<Owner>[];
  get(id: number): Subscription<Owner> | undefined;
  /** The subscription of exactly this topic and match policy. */
  lookup(topic: string, match: MatchPolicy): Subscription<Owner> | undefined;
  /** All subscriptions that get a publication to this topic: exact, prefixes from short to long, wildcards. */
  match(topic: string): readonly Subscription<Owner>[];
}

export class SubscriptionTable<Owner> implements Subscriptions<Owner> {
  readonly #byId = new Map<number, Subscription<Owner>>();
  readonly #byUri = new UriTable<Subscription<Owner>>();
  #lastId = 0;

  get size(): number {
    return this.#byId.size;
  }

  list(match: MatchPolicy): readonly Subscription<Owner>[] {
    return [...this.#byUri.values(match)];
  }

  get(id: number): Subscription<Owner> | undefined {
    return this.#byId.get(id);
  }

  lookup(topic: string, match: MatchPolicy): Subscription<Owner> | undefined {
    return this.#byUri.get(match, topic);
  }

  match(topic: string): readonly Subscription<Owner>[] {
    return this.#byUri.all(topic);
  }

  /** Creates a subscription under a new id; ids count up and are never used again. */
  create(topic: string, match: MatchPolicy, now: number, history?: KeptHistory): Subscription<Owner> {
    this.#lastId += 1;
    const subscription = new Subscription<Owner>(this.#lastId, topic, match, now, history);
    this.#byId.set(subscription.id, subscription);
    this.#byUri.set(match, topic, subscription);
    return subscription;
  }

  delete(subscription: Subscription<Owner>): void {
    this.#byId.delete(subscription.id);
    this.#byUri.delete(subscription.match, subscription.uri);
  }
}
