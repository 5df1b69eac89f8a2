/**
 * What is done with events for a subscriber that reads more slowly than they come. The names only: a host knows how fast
 * its peers read, the broker does not.
 */

/**
 * - `disconnect`: every event is sent, and a session that falls too far behind is cut
 * - `drop-oldest`: a limited number of events waits, the oldest goes for a newer one
 * - `drop-newest`: nothing waits; events are left out until the subscriber has read on
 * - `latest`: of each topic only the last event waits
 */
export type SlowPolicy = 'disconnect' | 'drop-oldest' | 'drop-newest' | 'latest';

export const SLOW_POLICIES: readonly SlowPolicy[] = Object.freeze([
  'disconnect',
  'drop-oldest',
  'drop-newest',
  'latest',
]);

/** The option of SUBSCRIBE by which a subscriber chooses for itself; not of the specification. */
export const SLOW_POLICY_OPTION = 'x_slow_policy';

export function isSlowPolicy(value: unknown): value is SlowPolicy {
  return SLOW_POLICIES.includes(value as SlowPolicy);
}
