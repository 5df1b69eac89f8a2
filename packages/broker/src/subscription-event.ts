/** What the broker reports about subscriptions; the raw material of the `wamp.subscription.on_*` meta events. */
import type { Subscription } from './subscription.js';

/**
 * - `create`: a subscription came into being; before the first `subscribe`
 * - `subscribe`: a subscriber was added
 * - `unsubscribe`: a subscriber was removed, or left
 * - `delete`: the last subscriber is gone; after the last `unsubscribe`
 *
 * There are none about topics of the protocol itself (`wamp.*`): whoever listens to meta events must not cause any.
 * Source: advanced profile, "Subscription Meta Events".
 */
export interface SubscriptionEvent {
  readonly type: 'create' | 'subscribe' | 'unsubscribe' | 'delete';
  /** id of the subscriber's session */
  readonly session: number;
  readonly subscription: Subscription<unknown>;
  /** milliseconds since the epoch */
  readonly at: number;
}
