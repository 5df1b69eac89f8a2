/** @wamp/broker: subscriptions and publications, without IO. */
export { Broker, type BrokerStats } from './broker.js';
export type { BrokerOptions, PublisherDisclosure } from './broker-options.js';
export { BrokerSession, type BrokerSeat } from './broker-session.js';
export { DEFAULT_LIMITS, type BrokerLimits } from './limits.js';
export type { BrokerOutbox } from './outbox.js';
export type { SubscriptionEvent } from './subscription-event.js';
export type { Subscriptions } from './subscription-table.js';
export { Subscription } from './subscription.js';
