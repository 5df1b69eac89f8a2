/**
 * What the router announces in WELCOME: one table, from which nothing may be missing that works, and in which nothing may
 * stand that does not. Owns the table only.
 * Source: WAMP advanced profile, "Feature Announcement".
 */
import { announceRoles, type Dict, type Feature } from '@wamp/protocol';

const DEALER: readonly Feature[] = [
  'caller_identification',
  'call_canceling',
  'call_timeout',
  'pattern_based_registration',
  'payload_passthru_mode',
  'progressive_call_invocations',
  'progressive_call_results',
  'registration_meta_api',
  'registration_revocation',
  'session_meta_api',
  'shared_registration',
  'testament_meta_api',
];

const BROKER: readonly Feature[] = [
  'pattern_based_subscription',
  'payload_passthru_mode',
  'publisher_exclusion',
  'publisher_identification',
  'session_meta_api',
  'subscriber_blackwhite_listing',
  'subscription_meta_api',
  'subscription_revocation',
];

/**
 * WELCOME.Details.roles of a realm.
 * @param reroutes whether the realm's dealer tries another callee after `wamp.error.unavailable`
 */
export function routerRoles(reroutes: boolean): Dict {
  const dealer: readonly Feature[] = reroutes ? [...DEALER, 'call_reroute'] : DEALER;
  return announceRoles({ broker: BROKER, dealer });
}
