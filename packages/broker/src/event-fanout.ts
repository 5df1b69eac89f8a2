/**
 * From a publication to EVENTs: who receives, and with which details. There is one EVENT object for each subscription and
 * disclosure class, however many receive it. Few receivers get it at once; for many, it is brought on its way.
 * Must not decide whether a publication is accepted.
 */
import type { BrokerSession } from './broker-session.js';
import { eventOf, Fanout } from './fanout.js';
import { FanoutQueue, type Later } from './fanout-queue.js';
import type { BrokerLimits } from './limits.js';
import type { BrokerOutbox } from './outbox.js';
import type { Publication } from './publication.js';
import { NO_FACTS, type PublisherFacts } from './publisher-facts.js';
import type { Subscription } from './subscription.js';

export class EventFanout<Owner> {
  readonly #outbox: BrokerOutbox<Owner>;
  readonly #receiversPerSlice: number;
  readonly #queue: FanoutQueue<Owner>;

  /** @param later undefined delivers everything at once */
  constructor(outbox: BrokerOutbox<Owner>, limits: BrokerLimits, later: Later | undefined) {
    this.#outbox = outbox;
    this.#receiversPerSlice = later === undefined ? Infinity : limits.receiversPerSlice;
    this.#queue = new FanoutQueue(limits, outbox, later);
  }

  /** How many publications are on their way. */
  get pending(): number {
    return this.#queue.size;
  }

  /**
   * Sends the publication to everybody who is to receive it, or brings it on its way to them.
   * @param lastSubscriber number of the last one who has subscribed, anywhere
   * @param behind another publisher, whose publications go before this one too
   */
  deliver(
    subscriptions: readonly Subscription<Owner>[],
    publication: Publication<Owner>,
    lastSubscriber: number,
    behind: BrokerSession<Owner> | undefined,
  ): void {
    if (this.#isDueAtOnce(subscriptions, publication, behind)) {
      for (const subscription of subscriptions) this.#deliverWhole(subscription, publication);
    } else {
      this.#queue.add(new Fanout(publication, subscriptions, lastSubscriber, this.#outbox), behind);
    }
  }

  /** Sends to a session, before anything else, what is on its way to it. */
  serveFirst(session: BrokerSession<Owner>): void {
    if (this.#queue.size > 0) this.#queue.serveFirst(session);
  }

  /** True if the receivers are few and no other publication has to arrive before. */
  #isDueAtOnce(
    subscriptions: readonly Subscription<Owner>[],
    publication: Publication<Owner>,
    behind: BrokerSession<Owner> | undefined,
  ): boolean {
    if (publication.publisher.lastFanout !== undefined || behind?.lastFanout !== undefined) return false;
    let subscribers = 0;
    for (const subscription of subscriptions) {
      if (subscription.lastFanout !== undefined) return false;
      subscribers += subscription.subscribers.size;
    }
    return subscribers <= this.#receiversPerSlice;
  }

  /** One EVENT for all who are told the same about the publisher: usually nothing, and so for all. */
  #deliverWhole(subscription: Subscription<Owner>, publication: Publication<Owner>): void {
    const { facts } = publication;
    for (let told = facts; told > NO_FACTS; told = (told - 1) & facts) {
      this.#send(subscription, publication, told);
    }
    this.#send(subscription, publication, NO_FACTS);
  }

  #send(subscription: Subscription<Owner>, publication: Publication<Owner>, told: PublisherFacts): void {
    const owners = receivers(subscription, publication, told);
    if (owners.length === 0) return;
    this.#outbox.fanOut(owners, eventOf(subscription, publication, told));
  }
}

function receivers<Owner>(
  subscription: Subscription<Owner>,
  publication: Publication<Owner>,
  told: PublisherFacts,
): readonly Owner[] {
  const { publisher, filter, includesPublisher, facts } = publication;
  const { subscribers } = subscription;
  const isPublisherLeftOut = !includesPublisher && subscribers.has(publisher);
  if (filter === undefined && !isPublisherLeftOut) {
    return facts === NO_FACTS ? subscription.owners : subscription.ownersToldOf(facts, told);
  }
  const owners: Owner[] = [];
  for (const session of subscribers.keys()) {
    if (session === publisher && isPublisherLeftOut) continue;
    if ((session.takesFacts & facts) !== told) continue;
    if (filter === undefined || filter.admits(session.identity)) owners.push(session.owner);
  }
  return owners;
}
