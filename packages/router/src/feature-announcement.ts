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
  'x_credit',
];

const BROKER: readonly Feature[] = [
  'event_retention',
  'pattern_based_subscription',
  'payload_passthru_mode',
  'publisher_exclusion',
  'publisher_identification',
  'session_meta_api',
  'subscriber_blackwhite_listing',
  'subscription_meta_api',
  'subscription_revocation',
];

/** What only some realms do. */
export interface Abilities {
  /** the dealer tries another callee after `wamp.error.unavailable` */
  readonly reroutes: boolean;
  /** there is a subscription whose history is kept */
  readonly keepsHistory: boolean;
  /** calls and publications of some sessions have trust levels */
  readonly assignsTrust: boolean;
}

/** WELCOME.Details.roles of a realm. */
export function routerRoles({ reroutes, keepsHistory, assignsTrust }: Abilities): Dict {
  const dealer = [...DEALER];
  const broker = [...BROKER];
  if (reroutes) dealer.push('call_reroute');
  if (keepsHistory) broker.push('event_history');
  if (assignsTrust) {
    dealer.push('call_trustlevels');
    broker.push('publication_trustlevels');
  }
  return announceRoles({ broker, dealer });
}
