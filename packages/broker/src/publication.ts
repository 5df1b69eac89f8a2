/**
 * A publication that was accepted: all that must be known to deliver it, and to keep it.
 * Does not outlive its dispatch; what is kept is a StoredEvent.
 */
import type { PublishMessage } from '@wamp/protocol';
import type { BrokerSession } from './broker-session.js';
import { PublicationFilter } from './publication-filter.js';
import { IDENTITY, NO_FACTS, TRUST_LEVEL, type PublisherFacts } from './publisher-facts.js';

export class Publication<Owner> {
  /** id of global scope; the same in PUBLISHED and in every EVENT */
  readonly id: number;
  readonly publisher: BrokerSession<Owner>;
  readonly message: PublishMessage;
  /** milliseconds since the epoch */
  readonly publishedAt: number;
  /** subscribers that announced `publisher_identification` learn who published */
  readonly isDisclosed: boolean;
  /** what subscribers may learn about the publisher, if they announced that they understand it */
  readonly facts: PublisherFacts;
  /** the publisher gets its own event if it is subscribed */
  readonly includesPublisher: boolean;
  readonly filter: PublicationFilter | undefined;

  constructor(
    id: number,
    publisher: BrokerSession<Owner>,
    message: PublishMessage,
    publishedAt: number,
    isDisclosed: boolean,
  ) {
    this.id = id;
    this.publisher = publisher;
    this.message = message;
    this.publishedAt = publishedAt;
    this.isDisclosed = isDisclosed;
    this.facts =
      (isDisclosed ? IDENTITY : NO_FACTS) | (publisher.trustLevel === undefined ? NO_FACTS : TRUST_LEVEL);
    this.includesPublisher = message.options.exclude_me === false;
    this.filter = PublicationFilter.of(message.options);
  }
}
