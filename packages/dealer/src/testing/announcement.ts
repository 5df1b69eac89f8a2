/** Short ways to write down what a session announces. */
import { announceRoles, PeerFeatures, type ClientRole, type Feature } from '@wamp/protocol';

/** Features by role; a role that is left out announces nothing. */
export type Announcement = Partial<Record<ClientRole, readonly Feature[]>>;

/** Everything that matters to a dealer. */
export const ALL_FEATURES: Announcement = {
  caller: [
    'caller_identification',
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'payload_passthru_mode',
  ],
  callee: [
    'caller_identification',
    'call_trustlevels',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_timeout',
    'call_reroute',
    'payload_passthru_mode',
  ],
};

/** The features that a session with this HELLO would have. */
export function announce(features: Announcement): PeerFeatures {
  return PeerFeatures.ofClient({ roles: announceRoles(features) });
}
