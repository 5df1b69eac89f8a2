/** @wamp/broker: subscriptions, publications, retained events and history, without IO. */
export { Broker, type BrokerStats } from './broker.js';
export type { BrokerOptions, HistoryConfiguration, PublisherDisclosure } from './broker-options.js';
export { BrokerSession, type BrokerSeat } from './broker-session.js';
export type { HistoryAnswer } from './event-history.js';
export type {
  EventStore,
  HistoryKey,
  HistoryLimits,
  HistoryRange,
  KeptHistory,
  Placement,
  RetentionLimits,
} from './event-store.js';
export { readHistoryRequest, type HistoryQuery, type HistoryRequest } from './history-query.js';
export { DEFAULT_HISTORY, DEFAULT_LIMITS, DEFAULT_RETENTION, type BrokerLimits } from './limits.js';
export {
  DEFAULT_MEMORY_STORE_LIMITS,
  MemoryEventStore,
  type MemoryEventStoreLimits,
} from './memory-event-store.js';
export type { Later } from './fanout-queue.js';
export { EventEncodings, type BrokerOutbox, type StoreFailure } from './outbox.js';
export { RetainedEvents, type RetainedRecord, type RetainedTotals } from './retained-events.js';
export type { Refusal } from './session-outbox.js';
export type { AudienceLists, StoredEvent, StoredPayload } from './stored-event.js';
export { isSlowPolicy, SLOW_POLICIES, SLOW_POLICY_OPTION, type SlowPolicy } from './slow-policy.js';
export { Subscriber } from './subscriber.js';
export type { SubscriptionEvent } from './subscription-event.js';
export type { Subscriptions } from './subscription-table.js';
export { Subscription } from './subscription.js';
export { topicMatcher } from './topic-matcher.js';
