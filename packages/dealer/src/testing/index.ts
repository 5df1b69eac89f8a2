/**
 * @wamp/dealer/testing: means to test anything that stands on a dealer without timers or sockets.
 * Depends on no test runner: a failed expectation throws an Error.
 */
export { ManualClock } from './manual-clock.js';
export { RecordingOutbox, type OutboxEntry } from './recording-outbox.js';
export { ALL_FEATURES, announce, type Announcement } from './announcement.js';
export {
  call,
  cancel,
  fails,
  register,
  unregister,
  yields,
  type Draft,
  type DraftContext,
} from './drafts.js';
export {
  error,
  interrupt,
  invocation,
  registered,
  result,
  revoked,
  unregistered,
  type Expected,
} from './expectations.js';
export { DealerWorld, ScenarioPeer, type JoinOptions } from './dealer-world.js';
