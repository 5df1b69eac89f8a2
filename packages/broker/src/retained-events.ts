/**
 * Retained events in memory: for each topic the last one for everybody and the newer restricted ones.
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

/** A link of the chain from the newest to the oldest event. */
interface Link {
  readonly event: StoredEvent;
  older: Link | undefined;
  newer: Link | undefined;
}

/** One topic's events, oldest first; only the first can be one for everybody. */
interface TopicEvents {
  readonly links: Link[];
  bytes: number;
}

export class RetainedEvents {
  readonly #totals: RetainedTotals;
  readonly #topics = new Map<string, TopicEvents>();
  // All events in the order of their arrival. A map in this order would get slow at its front, where it is emptied.
  #newest: Link | undefined = undefined;
  #oldest: Link | undefined = undefined;
  #size = 0;
  #bytes = 0;

  constructor(totals: RetainedTotals) {
    this.#totals = totals;
  }

  append(event: StoredEvent, limits: RetentionLimits): void {
    const earliest = event.publishedAt - limits.maxAgeMs;
    while (this.#oldest !== undefined && this.#oldest.event.publishedAt < earliest) this.#forgetOldest();
    if (event.audience === undefined) this.#forgetTopic(event.topic);
    if (event.size > limits.bytesPerTopic) return;
    this.#trimTopic(this.#add(event), limits);
    const { retainedEvents, retainedBytes } = this.#totals;
    while (this.#size > retainedEvents || this.#bytes > retainedBytes) this.#forgetOldest();
  }

  /** The events of the matching topics that are not older than `firstTime`, newest first. */
  *read(uri: string, match: MatchPolicy, firstTime: number): Generator<StoredEvent> {
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

  #add(event: StoredEvent): TopicEvents {
    const link: Link = { event, older: this.#newest, newer: undefined };
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
    return topic;
  }

  #trimTopic(topic: TopicEvents, limits: RetentionLimits): void {
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

  #forget(link: Link): void {
    const { event, older, newer } = link;
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
  }
}
