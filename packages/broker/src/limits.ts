/**
 * The numbers that bound what peers can make the broker keep or do, each with its reason.
 * Owns no policy: what happens when a limit is reached stands with the code that checks it.
 */

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
}

export const DEFAULT_LIMITS: BrokerLimits = Object.freeze({
  // A gateway listens on behalf of each of its devices; about half a kilobyte each, so 64 MB at the very most.
  subscriptionsPerSession: 131_072,
  // 128 characters for each of them. The number of subscriptions alone bounds nothing: one topic can fill a frame.
  topicCharactersPerSession: 16_777_216,
  // Looking them through takes about a millisecond, in which nobody else is served. Larger audiences are what topics and
  // roles are for.
  filterEntriesPerPublication: 16_384,
});
