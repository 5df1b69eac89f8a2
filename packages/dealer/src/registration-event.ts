/** What the dealer reports about registrations; the raw material of the `wamp.registration.on_*` meta events. */
import type { Registration } from './registration.js';

/**
 * - `create`: a registration came into being; before the first `register`
 * - `register`: a callee was added
 * - `unregister`: a callee was removed, or left
 * - `delete`: the last callee is gone; after the last `unregister`
 *
 * Source: advanced profile, "Registration Meta Events".
 */
export interface RegistrationEvent {
  readonly type: 'create' | 'register' | 'unregister' | 'delete';
  /** id of the callee's session */
  readonly session: number;
  readonly registration: Registration<unknown>;
}
