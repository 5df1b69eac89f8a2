/** @wamp/broker/testing: what every event store must do, for whoever writes one. */
export {
  EVERYTHING,
  historyIds,
  itKeepsEvents,
  kept,
  recorded,
  retained,
  retainedIds,
  storedEvent,
  UNBOUNDED,
  type TestRunner,
} from './event-store-cases.js';
