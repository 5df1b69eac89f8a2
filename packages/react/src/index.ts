/** @wamp/react: React hooks around a WAMP client. */
export { useClient, WampProvider, type WampProviderProps } from './provider.js';
export { useConnect, type Connecting } from './use-connect.js';
export { useCall, type CallState, type Calling } from './use-call.js';
export { useProgress, type ProgressOptions, type ProgressState } from './use-progress.js';
export { useSubscription, type SubscriptionState, type TopicLike } from './use-subscription.js';
