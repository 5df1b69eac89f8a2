/**
 * Which events are retained: for each topic the last one for everybody and the newer restricted ones, within all limits.
 * Holds the events themselves, or, for a storage that has them elsewhere, as much of them as these rules need.
 * Must not decide who gets them.
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { RetentionLimits } from './event-store.js';
import type { StoredEvent } from './stored-event.js';
import { topicMatcher } from './topic-matcher.js';

/** Over all topics. */
export interface RetainedTotals {
  readonly retainedEvents: number;
  readonly retainedBytes: number;
}

/** What the rules look at. */
export type RetainedRecord = Pick<StoredEvent, 'topic' | 'publishedAt' | 'audience' | 'size'>;

/** A link of the chain from the newest to the oldest event. */
interface Link<Event> {
  readonly event: Event;
  older: Link<Event> | undefined;
  newer: Link<Event> | undefined;
  isKept: boolean;
}

/** One topic's events, oldest first; only the first can be one for everybody. */
interface TopicEvents<Event> {
  readonly links: Link<Event>[];
  bytes: number;
}

export class RetainedEvents<Event extends RetainedRecord = StoredEvent> {
  readonly #totals: RetainedTotals;
  readonly #forgotten: ((event: Event) => void) | undefined;
  readonly #topics = new Map<string, TopicEvents<Event>>();
  // All events in the order of their arrival. A map in this order would get slow at its front, where it is emptied.
  #newest: Link<Event> | undefined = undefined;
  #oldest: Link<Event> | undefined = undefined;
  #size = 0;
  #bytes = 0;

  /** @param forgotten is told each event that was kept and is so no longer */
  constructor(totals: RetainedTotals, forgotten?: (event: Event) => void) {
    this.#totals = totals;
    this.#forgotten = forgotten;
  }

  /** Adds an event that was kept before, as the newest; limits apply with the next one that is appended. */
  restore(event: Event): void {
    this.#add(event);
  }

  /** @returns whether the event is kept */
  append(event: Event, limits: RetentionLimits): boolean {
    const earliest = event.publishedAt - limits.maxAgeMs;
    while (this.#oldest !== undefined && this.#oldest.event.publishedAt < earliest) this.#forgetOldest();
    if (event.audience === undefined) this.#forgetTopic(event.topic);
    if (event.size > limits.bytesPerTopic) return false;
    const link = this.#add(event);
    this.#trimTopic(this.#topics.get(event.topic)!, limits);
    const { retainedEvents, retainedBytes } = this.#totals;
    while (this.#size > retainedEvents || this.#bytes > retainedBytes) this.#forgetOldest();
    return link.isKept;
  }

  /** The events of the matching topics that are not older than `firstTime`, newest first. */
  *read(uri: string, match: MatchPolicy, firstTime: number): Generator<Event> {
    if (match === 'exact') {
      for (const { event } of (this.#topics.get(uri)?.links ?? []).toReversed()) {
        if (event.publishedAt >= firstTime) yield event;
      }
      return;
    }
    const matches = topicMatcher(uri, match);
    for (let link = this.#newest; link !== undefined; link = link.older) {
      const { event } = link;
      if (event.publishedAt >= firstTime && matches(event.topic)) yield event;
    }
  }

  #add(event: Event): Link<Event> {
    const link: Link<Event> = { event, older: this.#newest, newer: undefined, isKept: true };
    if (this.#newest !== undefined) this.#newest.newer = link;
    this.#newest = link;
    this.#oldest ??= link;
    let topic = this.#topics.get(event.topic);
    if (topic === undefined) {
      topic = { links: [], bytes: 0 };
      this.#topics.set(event.topic, topic);
    }
    topic.links.push(link);
    topic.bytes += event.size;
    this.#size += 1;
    this.#bytes += event.size;
    return link;
  }

  #trimTopic(topic: TopicEvents<Event>, limits: RetentionLimits): void {
    const { links } = topic;
    const restrictedFrom = links[0]!.event.audience === undefined ? 1 : 0;
    while (
      links.length > restrictedFrom &&
      (links.length - restrictedFrom > limits.restrictedPerTopic || topic.bytes > limits.bytesPerTopic)
    ) {
      this.#forget(links[restrictedFrom]!);
    }
  }

  #forgetTopic(name: string): void {
    for (const link of [...(this.#topics.get(name)?.links ?? [])]) this.#forget(link);
  }

  #forgetOldest(): void {
    this.#forget(this.#oldest!);
  }

  #forget(link: Link<Event>): void {
    const { event, older, newer } = link;
    link.isKept = false;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    const topic = this.#topics.get(event.topic)!;
    topic.links.splice(topic.links.indexOf(link), 1);
    topic.bytes -= event.size;
    if (topic.links.length === 0) this.#topics.delete(event.topic);
    this.#size -= 1;
    this.#bytes -= event.size;
    this.#forgotten?.(event);
  }
}
