/**
 * The numbers that bound what peers can make the broker keep or do, each with its reason.
 * Owns no policy: what happens when a limit is reached stands with the code that checks it.
 */

import type { HistoryLimits, RetentionLimits } from './event-store.js';

export interface BrokerLimits {
  /** Most subscriptions of one session; SUBSCRIBE beyond is answered `wamp.error.limit_exceeded`. */
  readonly subscriptionsPerSession: number;
  /**
   * Most characters in all topics that one session is subscribed to, together; SUBSCRIBE beyond is answered
   * `wamp.error.limit_exceeded`.
   */
  readonly topicCharactersPerSession: number;
  /** Most entries in all black- and whitelists of one PUBLISH together; one with more is refused like a bad topic. */
  readonly filterEntriesPerPublication: number;
  /** Most kept events in one go: behind one SUBSCRIBE with `get_retained`, or in one answer about a history. */
  readonly storedEventsPerRequest: number;
  /** Most bytes of kept events in one go, by {@link StoredEvent.size}; the first event always goes. */
  readonly storedBytesPerRequest: number;
  /** Most receivers that get an event in one go; for more of them the host is asked for another turn. */
  readonly receiversPerSlice: number;
  /** Most subscribers that are looked at in one go, receivers or not. */
  readonly subscribersPerSlice: number;
  /** Most publications of one session that are on their way; with more of them it is pushed back. */
  readonly pendingPublicationsPerSession: number;
  /** Most bytes in these publications; with more of them the session is pushed back. */
  readonly pendingBytesPerSession: number;
  /** Most publications on their way; with more of them the oldest ones are delivered at once. */
  readonly pendingPublications: number;
  /** Most bytes in these publications; with more of them the oldest ones are delivered at once. */
  readonly pendingBytes: number;
}

export const DEFAULT_LIMITS: BrokerLimits = Object.freeze({
  // A gateway listens on behalf of each of its devices; about half a kilobyte each, so 64 MB at the very most.
  subscriptionsPerSession: 131_072,
  // 128 characters for each of them. The number of subscriptions alone bounds nothing: one topic can fill a frame.
  topicCharactersPerSession: 16_777_216,
  // Looking them through takes about a millisecond, in which nobody else is served. Larger audiences are what topics and
  // roles are for.
  filterEntriesPerPublication: 16_384,
  // A request of a few bytes must not cost others more than some milliseconds. Who wants more of a history asks again.
  storedEventsPerRequest: 1_000,
  // Far below what a healthy peer may have in its buffer, and a kilobyte for each event.
  storedBytesPerRequest: 1024 * 1024,
  // About a millisecond of work, the writes to as many sockets included: so long may a call have to wait.
  receiversPerSlice: 128,
  // The same for publications to few of many subscribers: to look at one takes an eighth of the time of sending to it.
  subscribersPerSlice: 1024,
  // Enough that a publisher is read from again before it has nothing on its way. Each may take a tenth of a second of the
  // router's time, and what the publisher sends behind them waits as long, its calls and results too.
  pendingPublicationsPerSession: 4,
  // The same for large ones: a megabyte for 10,000 subscribers are ten gigabytes of work.
  pendingBytesPerSession: 1024 * 1024,
  // Of many publishers, and of those that cannot be pushed back, such as the meta API. Some minutes of work at the worst.
  pendingPublications: 1024,
  // 64 KiB for each of them.
  pendingBytes: 64 * 1024 * 1024,
});

/** How much is retained unless a broker is told otherwise. */
export const DEFAULT_RETENTION: RetentionLimits = Object.freeze({
  // One for each role of a small system; whoever is in more lists than that gets the last one for everybody.
  restrictedPerTopic: 8,
  // State, not files: a single topic must not drive out all others.
  bytesPerTopic: 1024 * 1024,
  // A retained event holds until the next one.
  maxAgeMs: Number.MAX_SAFE_INTEGER,
});

/** How much of a history is kept unless its configuration says otherwise. */
export const DEFAULT_HISTORY: HistoryLimits = Object.freeze({
  // One answer of the default size shows all of it.
  events: 1_000,
  // Four kilobytes for each of them.
  bytes: 4 * 1024 * 1024,
  // Enough to catch up after a night.
  maxAgeMs: 24 * 60 * 60 * 1000,
});
