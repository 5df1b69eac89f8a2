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

/** Numbers of one topic's events in {@link RetainedEvents}, oldest first; only the first can be one for everybody. */
interface TopicEvents {
  readonly numbers: number[];
  bytes: number;
}

export class RetainedEvents {
  readonly #totals: RetainedTotals;
  /** by number, which counts up: oldest first */
  readonly #events = new Map<number, StoredEvent>();
  readonly #topics = new Map<string, TopicEvents>();
  #lastNumber = 0;
  #bytes = 0;

  constructor(totals: RetainedTotals) {
    this.#totals = totals;
  }

  append(event: StoredEvent, limits: RetentionLimits): void {
    this.#forgetBefore(event.publishedAt - limits.maxAgeMs);
    if (event.audience === undefined) this.#forgetTopic(event.topic);
    if (event.size > limits.bytesPerTopic) return;
    const topic = this.#add(event);
    this.#trimTopic(topic, limits);
    while (this.#events.size > this.#totals.retainedEvents || this.#bytes > this.#totals.retainedBytes) {
      this.#forgetOldest();
    }
  }

  /** The events of the matching topics that are not older than `firstTime`, newest first. */
  *read(uri: string, match: MatchPolicy, firstTime: number): Generator<StoredEvent> {
    if (match === 'exact') {
      for (const number of (this.#topics.get(uri)?.numbers ?? []).toReversed()) {
        const event = this.#events.get(number)!;
        if (event.publishedAt >= firstTime) yield event;
      }
      return;
    }
    const matches = topicMatcher(uri, match);
    for (const event of [...this.#events.values()].reverse()) {
      if (event.publishedAt >= firstTime && matches(event.topic)) yield event;
    }
  }

  #add(event: StoredEvent): TopicEvents {
    let topic = this.#topics.get(event.topic);
    if (topic === undefined) {
      topic = { numbers: [], bytes: 0 };
      this.#topics.set(event.topic, topic);
    }
    this.#lastNumber += 1;
    this.#events.set(this.#lastNumber, event);
    topic.numbers.push(this.#lastNumber);
    topic.bytes += event.size;
    this.#bytes += event.size;
    return topic;
  }

  #trimTopic(topic: TopicEvents, limits: RetentionLimits): void {
    const { numbers } = topic;
    const isFirstForEverybody = this.#events.get(numbers[0]!)!.audience === undefined;
    const restrictedFrom = isFirstForEverybody ? 1 : 0;
    while (
      numbers.length > restrictedFrom &&
      (numbers.length - restrictedFrom > limits.restrictedPerTopic || topic.bytes > limits.bytesPerTopic)
    ) {
      this.#forget(numbers[restrictedFrom]!);
    }
  }

  #forgetBefore(time: number): void {
    for (const [number, event] of this.#events) {
      if (event.publishedAt >= time) return;
      this.#forget(number);
    }
  }

  #forgetTopic(name: string): void {
    const numbers = this.#topics.get(name)?.numbers ?? [];
    for (const number of [...numbers]) this.#forget(number);
  }

  #forgetOldest(): void {
    for (const number of this.#events.keys()) {
      this.#forget(number);
      return;
    }
  }

  #forget(number: number): void {
    const event = this.#events.get(number)!;
    const topic = this.#topics.get(event.topic)!;
    this.#events.delete(number);
    this.#bytes -= event.size;
    topic.bytes -= event.size;
    topic.numbers.splice(topic.numbers.indexOf(number), 1);
    if (topic.numbers.length === 0) this.#topics.delete(event.topic);
  }
}
