/**
 * From a publication and a subscription to EVENTs: who receives, and with which details.
 * There is one EVENT object for each subscription and disclosure class, however many receive it. Must not decide whether
 * a publication is accepted.
 */
import { EMPTY_DICT, EventMessage, type EventDetails, copyPassthru, isPassthru } from '@wamp/protocol';
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
    const details = eventDetails(subscription, publication, audience);
    const { payload } = publication.message;
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

/** Details are built from what is known here; nothing but the passthru attributes is copied from the publisher's options. */
function eventDetails<Owner>(
  subscription: Subscription<Owner>,
  publication: Publication<Owner>,
  audience: Audience,
): EventDetails {
  const { options, topic } = publication.message;
  const isPattern = subscription.match !== 'exact';
  const isTold = audience === 'told';
  const isPassedThru = isPassthru(options);
  if (!isPattern && !isTold && !isPassedThru) return EMPTY_DICT;
  const details: Record<string, unknown> = {};
  // spec: pattern-based subscription: the concrete topic, where the subscriber cannot know it
  if (isPattern) details['topic'] = topic;
  if (isTold) {
    const { session, authid, authrole } = publication.publisher.identity;
    details['publisher'] = session;
    details['publisher_authid'] = authid;
    details['publisher_authrole'] = authrole;
  }
  if (isPassedThru) copyPassthru(options, details);
  return details;
}
