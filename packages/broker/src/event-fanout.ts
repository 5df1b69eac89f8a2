/**
 * From a publication and a subscription to EVENTs: who receives, and with which details.
 * There is one EVENT object for each subscription and disclosure class, however many receive it. Must not decide whether
 * a publication is accepted.
 */
import { EventMessage, describesPayload } from '@wamp/protocol';
import { eventDetails } from './event-details.js';
import type { BrokerOutbox } from './outbox.js';
import type { Publication } from './publication.js';
import { belongsTo, type Audience, type Subscription } from './subscription.js';

export class EventFanout<Owner> {
  readonly #outbox: BrokerOutbox<Owner>;

  constructor(outbox: BrokerOutbox<Owner>) {
    this.#outbox = outbox;
  }

  /** Sends the publication to everybody of the subscription who is to receive it. */
  deliver(subscription: Subscription<Owner>, publication: Publication<Owner>): void {
    if (publication.isDisclosed) {
      this.#send(subscription, publication, 'told');
      this.#send(subscription, publication, 'untold');
    } else {
      this.#send(subscription, publication, 'everybody');
    }
  }

  #send(subscription: Subscription<Owner>, publication: Publication<Owner>, audience: Audience): void {
    const owners = receivers(subscription, publication, audience);
    if (owners.length === 0) return;
    const { options, topic, payload } = publication.message;
    const details = eventDetails(
      // spec: pattern-based subscription: the concrete topic, where the subscriber cannot know it
      subscription.match === 'exact' ? undefined : topic,
      audience === 'told' ? publication.publisher.identity : undefined,
      describesPayload(options) ? options : undefined,
      false,
    );
    this.#outbox.fanOut(owners, new EventMessage(subscription.id, publication.id, details, payload));
  }
}

function receivers<Owner>(
  subscription: Subscription<Owner>,
  publication: Publication<Owner>,
  audience: Audience,
): readonly Owner[] {
  const { publisher, filter, includesPublisher } = publication;
  const { subscribers } = subscription;
  const isPublisherLeftOut = !includesPublisher && subscribers.has(publisher);
  if (filter === undefined && !isPublisherLeftOut) return subscription.ownersOf(audience);
  const owners: Owner[] = [];
  for (const session of subscribers) {
    if (session === publisher && isPublisherLeftOut) continue;
    if (!belongsTo(session, audience)) continue;
    if (filter === undefined || filter.admits(session.identity)) owners.push(session.owner);
  }
  return owners;
}
