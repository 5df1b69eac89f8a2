/**
 * Answers what happened on a subscription, to those who may know. Must not decide what is kept, nor whether somebody may
 * ask about a subscription at all: that is the host's authorization.
 * Source: advanced profile, "Event History".
 */
import { ErrorUri, Payload, PayloadError, type Dict, type Identity } from '@wamp/protocol';
import { eventDetails } from './event-details.js';
import type { EventRecorder } from './event-recorder.js';
import type { EventStore, HistoryRange, KeptHistory } from './event-store.js';
import type { HistoryQuery } from './history-query.js';
import type { BrokerLimits } from './limits.js';
import { isAdmitted } from './publication-filter.js';
import { formatTime } from './rfc3339.js';
import type { Refusal, SessionOutbox } from './session-outbox.js';
import type { StoredEvent } from './stored-event.js';
import type { Subscription } from './subscription.js';
import type { SubscriptionTable } from './subscription-table.js';

/** A subscription whose history is not kept; the name that Crossbar.io uses. */
const HISTORY_UNAVAILABLE = 'wamp.error.history_unavailable';

/** What a history holds of what was asked for. */
export interface HistoryAnswer {
  readonly subscription: Subscription<unknown>;
  /** in the order asked for */
  readonly events: readonly StoredEvent[];
  /** true if there is more, behind the last of `events`: a limit of the question or of the broker was reached */
  readonly isLimitReached: boolean;
}

export class EventHistory<Owner> {
  readonly #subscriptions: SubscriptionTable<Owner>;
  readonly #store: EventStore;
  readonly #recorder: EventRecorder;
  readonly #limits: BrokerLimits;
  readonly #outbox: SessionOutbox<Owner>;

  constructor(
    subscriptions: SubscriptionTable<Owner>,
    store: EventStore,
    recorder: EventRecorder,
    limits: BrokerLimits,
    outbox: SessionOutbox<Owner>,
  ) {
    this.#subscriptions = subscriptions;
    this.#store = store;
    this.#recorder = recorder;
    this.#limits = limits;
    this.#outbox = outbox;
  }

  answer(id: number, query: HistoryQuery, requester: Identity, now: number): HistoryAnswer | Refusal {
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) {
      return { uri: ErrorUri.NoSuchSubscription, sentence: 'there is no such subscription' };
    }
    const { history } = subscription;
    if (history === undefined) {
      return { uri: HISTORY_UNAVAILABLE, sentence: 'the history of this subscription is not kept' };
    }
    try {
      const range = this.#rangeOf(history, query, now);
      const found = range === undefined ? [] : this.#store.history(history, range);
      return { subscription, ...this.#collect(found, query.limit ?? Infinity, requester) };
    } catch (cause) {
      this.#outbox.storeFailed('history', subscription.uri, cause);
      return { uri: ErrorUri.Unavailable, sentence: 'the history cannot be read at the moment' };
    }
  }

  payloadOf(answer: HistoryAnswer): Payload {
    const items = answer.events.flatMap((event) => this.#itemOf(answer.subscription, event) ?? []);
    return Payload.of(items, { is_limit_reached: answer.isLimitReached });
  }

  /** @returns undefined if it is empty for sure, whatever is stored */
  #rangeOf(history: KeptHistory, query: HistoryQuery, now: number): HistoryRange | undefined {
    const { fromPublication, afterPublication, untilPublication, beforePublication } = query;
    const firsts = this.#placesOf(history, fromPublication, 0, afterPublication, 1);
    const lasts = this.#placesOf(history, untilPublication, 0, beforePublication, -1);
    if (firsts === undefined || lasts === undefined) return undefined;
    const firstPosition = Math.max(Number.MIN_SAFE_INTEGER, ...firsts);
    const lastPosition = Math.min(Number.MAX_SAFE_INTEGER, ...lasts);
    const [firstTime, lastTime] = timesOf(query, now - history.limits.maxAgeMs);
    if (firstPosition > lastPosition || firstTime > lastTime) return undefined;
    const { topic, reverse: isReverse = false } = query;
    return { firstPosition, lastPosition, firstTime, lastTime, topic, isReverse };
  }

  /** The places of the publications that are given, each moved by its offset; undefined if one is not in the history. */
  #placesOf(
    history: KeptHistory,
    one: number | undefined,
    offset: number,
    other: number | undefined,
    otherOffset: number,
  ): number[] | undefined {
    const places: number[] = [];
    for (const [publication, moved] of [
      [one, offset],
      [other, otherOffset],
    ] as const) {
      if (publication === undefined) continue;
      const position = this.#store.positionOf(history, publication);
      if (position === undefined) return undefined;
      places.push(position + moved);
    }
    return places;
  }

  #collect(
    found: Iterable<StoredEvent>,
    limit: number,
    requester: Identity,
  ): { readonly events: readonly StoredEvent[]; readonly isLimitReached: boolean } {
    const { storedEventsPerRequest, storedBytesPerRequest } = this.#limits;
    const most = Math.min(limit, storedEventsPerRequest);
    const events: StoredEvent[] = [];
    let bytes = 0;
    for (const event of found) {
      // spec: event history: the lists are applied to whoever asks
      if (!isAdmitted(event.audience, requester)) continue;
      bytes += event.size;
      if (events.length >= most || (bytes > storedBytesPerRequest && events.length > 0)) {
        return { events, isLimitReached: true };
      }
      events.push(event);
    }
    return { events, isLimitReached: false };
  }

  /** One event of the answer; undefined if its payload cannot be read (any more), so that the others can. */
  #itemOf(subscription: Subscription<unknown>, event: StoredEvent): Dict | undefined {
    const payload = this.#recorder.payloadOf(event);
    if (payload === undefined) return undefined;
    const item: Record<string, unknown> = {
      timestamp: formatTime(event.publishedAt),
      subscription: subscription.id,
      publication: event.publication,
      details: eventDetails(
        subscription.match === 'exact' ? undefined : event.topic,
        event.publisher,
        undefined,
        event.passthru,
        false,
      ),
    };
    try {
      if (event.payload.elements >= 1) item['args'] = payload.args;
      if (event.payload.elements === 2) item['kwargs'] = payload.kwargs;
    } catch (error) {
      if (error instanceof PayloadError) return undefined;
      throw error;
    }
    return item;
  }
}

/** The first and the last time, in whole milliseconds, that all conditions admit. */
function timesOf(query: HistoryQuery, earliest: number): [first: number, last: number] {
  let first = Math.max(Number.MIN_SAFE_INTEGER, earliest);
  let last = Number.MAX_SAFE_INTEGER;
  if (query.fromTime !== undefined) first = Math.max(first, Math.ceil(query.fromTime));
  if (query.afterTime !== undefined) first = Math.max(first, Math.floor(query.afterTime) + 1);
  if (query.untilTime !== undefined) last = Math.min(last, Math.floor(query.untilTime));
  if (query.beforeTime !== undefined) last = Math.min(last, Math.ceil(query.beforeTime) - 1);
  return [first, last];
}
