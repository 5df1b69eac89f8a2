/**
 * What a new subscriber gets of the past: the last retained event of each topic, as if it had been there.
 * Must not decide what is retained.
 * Source: advanced profile, "Event Retention".
 */
import { EventMessage, type Identity } from '@wamp/protocol';
import type { BrokerSession } from './broker-session.js';
import { eventDetails } from './event-details.js';
import { IDENTITY } from './publisher-facts.js';
import type { EventRecorder } from './event-recorder.js';
import type { EventStore } from './event-store.js';
import type { BrokerLimits } from './limits.js';
import { isAdmitted } from './publication-filter.js';
import type { BrokerOutbox } from './outbox.js';
import type { SessionOutbox } from './session-outbox.js';
import type { StoredEvent } from './stored-event.js';
import type { Subscription } from './subscription.js';

export class Retention<Owner> {
  readonly #store: EventStore;
  readonly #recorder: EventRecorder;
  readonly #limits: BrokerLimits;
  readonly #maxAgeMs: number;
  readonly #outbox: BrokerOutbox<Owner>;
  readonly #reports: SessionOutbox<Owner>;

  constructor(
    store: EventStore,
    recorder: EventRecorder,
    limits: BrokerLimits,
    maxAgeMs: number,
    outbox: BrokerOutbox<Owner>,
    reports: SessionOutbox<Owner>,
  ) {
    this.#store = store;
    this.#recorder = recorder;
    this.#limits = limits;
    this.#maxAgeMs = maxAgeMs;
    this.#outbox = outbox;
    this.#reports = reports;
  }

  /**
   * Sends the subscriber what is retained: for each matching topic the most recent event that it would have got. If that
   * is more than may go at once, those that were published last. In the order in which they were published.
   */
  deliver(session: BrokerSession<Owner>, subscription: Subscription<Owner>, now: number): void {
    for (const event of this.#due(session.identity, subscription, now).reverse()) {
      const payload = this.#recorder.payloadOf(event);
      const details = eventDetails(
        subscription.match === 'exact' ? undefined : event.topic,
        (session.takesFacts & IDENTITY) !== 0 ? event.publisher : undefined,
        // not kept: it was given to the publisher for then
        undefined,
        event.passthru,
        true,
      );
      const message = new EventMessage(subscription.id, event.publication, details, payload);
      this.#outbox.fanOut([session.owner], message);
    }
  }

  /** Newest first. */
  #due(identity: Identity, { uri, match }: Subscription<Owner>, now: number): StoredEvent[] {
    const { storedEventsPerRequest, storedBytesPerRequest } = this.#limits;
    const due: StoredEvent[] = [];
    const topics = new Set<string>();
    let bytes = 0;
    try {
      for (const event of this.#store.retained(uri, match, now - this.#maxAgeMs)) {
        if (topics.has(event.topic) || !this.#isFor(identity, event)) continue;
        bytes += event.size;
        if (due.length > 0 && bytes > storedBytesPerRequest) break;
        topics.add(event.topic);
        due.push(event);
        if (match === 'exact' || due.length >= storedEventsPerRequest) break;
      }
    } catch (cause) {
      this.#reports.storeFailed('retained', uri, cause);
    }
    return due;
  }

  #isFor(identity: Identity, event: StoredEvent): boolean {
    if (event.excludedSession === identity.session || !isAdmitted(event.audience, identity)) return false;
    return this.#recorder.payloadOf(event) !== undefined;
  }
}
