/**
 * Where retained events and event history are kept: the interface between the broker, which decides what is kept and who
 * may see it, and a storage, which keeps it. Implementations are synchronous. One store serves one realm.
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { StoredEvent } from './stored-event.js';

/** How much is retained; the same numbers at every call of one broker. */
export interface RetentionLimits {
  /** most events of one topic that are not for everybody and newer than the last one that is */
  readonly restrictedPerTopic: number;
  /** most bytes of one topic's events, by {@link StoredEvent.size} */
  readonly bytesPerTopic: number;
  /** milliseconds after which a retained event is forgotten */
  readonly maxAgeMs: number;
}

/** How much of one subscription's history is kept; the oldest events go first. */
export interface HistoryLimits {
  readonly events: number;
  /** by {@link StoredEvent.size} */
  readonly bytes: number;
  /** milliseconds after which an event is forgotten */
  readonly maxAgeMs: number;
}

/** Names the history of a subscription. Ids of subscriptions do not survive a restart; these two do. */
export interface HistoryKey {
  readonly uri: string;
  readonly match: MatchPolicy;
}

/** A subscription whose history is kept. */
export interface KeptHistory extends HistoryKey {
  readonly limits: HistoryLimits;
}

/** Where an event goes: at least one of the two. */
export interface Placement {
  /** undefined if the event is not to be retained */
  readonly retention: RetentionLimits | undefined;
  /** the histories that it is appended to */
  readonly histories: readonly KeptHistory[];
}

/**
 * A part of a history. All bounds are whole numbers and belong to the range, which is everything from
 * `Number.MIN_SAFE_INTEGER` to `Number.MAX_SAFE_INTEGER` where nothing was asked for.
 */
export interface HistoryRange {
  /** see {@link EventStore.positionOf} */
  readonly firstPosition: number;
  readonly lastPosition: number;
  /** by {@link StoredEvent.publishedAt}, which need not grow with the position */
  readonly firstTime: number;
  readonly lastTime: number;
  /** only events of this topic; undefined for all */
  readonly topic: string | undefined;
  /** true for the newest first, by position */
  readonly isReverse: boolean;
}

/**
 * Keeps events. Any method may throw when the storage fails: the broker then refuses what it cannot do, reports it
 * through its outbox, and goes on.
 *
 * A store may keep less than the limits allow, if it has limits of its own; it then forgets the oldest first.
 */
export interface EventStore {
  /**
   * Keeps an event in all places, or throws and keeps it in none. When it returns, the event is as safe as it ever gets:
   * the publisher is told so next.
   *
   * Retention: an event for everybody (without `audience`) replaces all retained events of its topic. One with an
   * `audience` is added to them; beyond `restrictedPerTopic` or `bytesPerTopic` the oldest of those with an `audience`
   * are forgotten, and the one for everybody stays. One that is larger than `bytesPerTopic` is not kept; if it is for
   * everybody, those before it are out of date nevertheless and are forgotten.
   *
   * History: appended behind everything else; then the oldest are forgotten until the limits hold. One that is larger
   * than `bytes` is not kept.
   */
  append(event: StoredEvent, placement: Placement): void;
  /**
   * The retained events, not older than `firstTime` (milliseconds since the epoch), of the topic (`exact`), or of all
   * topics that match; see {@link topicMatcher}. Newest first, in order of their arrival, over all topics.
   * The broker reads as far as it needs, and calls nothing else of the store before it has stopped reading.
   */
  retained(uri: string, match: MatchPolicy, firstTime: number): Iterable<StoredEvent>;
  /**
   * The place of a publication in a history: a whole number, greater than those of all events before it.
   * @returns undefined if the history does not hold it (any more)
   */
  positionOf(history: HistoryKey, publication: number): number | undefined;
  /** A part of a history; read like {@link retained}. Empty if there is no such history. */
  history(history: HistoryKey, range: HistoryRange): Iterable<StoredEvent>;
}
