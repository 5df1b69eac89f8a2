/**
 * Feature announcement: what a peer said it can do, and what this toolkit's client and router announce.
 * Source: advanced profile, "Feature Announcement".
 */
import { isDict, type Dict } from './dict.js';

export type ClientRole = 'publisher' | 'subscriber' | 'caller' | 'callee';
export type RouterRole = 'broker' | 'dealer';
export type Role = ClientRole | RouterRole;

/** Every feature key that the specification defines, by its correct spelling; and `x_credit`, which is ours. */
export type Feature =
  | 'publisher_identification'
  | 'publisher_exclusion'
  | 'subscriber_blackwhite_listing'
  | 'pattern_based_subscription'
  | 'publication_trustlevels'
  | 'subscription_revocation'
  | 'subscription_meta_api'
  | 'event_history'
  | 'event_retention'
  | 'session_meta_api'
  | 'registration_meta_api'
  | 'testament_meta_api'
  | 'caller_identification'
  | 'call_trustlevels'
  | 'pattern_based_registration'
  | 'shared_registration'
  | 'registration_revocation'
  | 'progressive_call_results'
  | 'progressive_call_invocations'
  | 'call_canceling'
  | 'call_timeout'
  | 'call_reroute'
  | 'payload_passthru_mode'
  | 'reflection'
  | 'x_credit';

const CLIENT_ROLES: readonly ClientRole[] = ['publisher', 'subscriber', 'caller', 'callee'];
const ROUTER_ROLES: readonly RouterRole[] = ['broker', 'dealer'];

/** Misspellings that are in use: the progressive invocations chapter of the specification itself has the first one. */
const SPELLINGS: ReadonlyMap<string, Feature> = new Map([['call_cancelling', 'call_canceling']]);

const NO_FEATURES: ReadonlySet<string> = new Set();

/** The roles and features that a peer announced. A value other than `true` counts as not announced. */
export class PeerFeatures {
  readonly #roles: ReadonlyMap<Role, ReadonlySet<string>>;

  private constructor(roles: ReadonlyMap<Role, ReadonlySet<string>>) {
    this.#roles = roles;
  }

  /** Reads `Details.roles` of a HELLO. Unknown roles are ignored. */
  static ofClient(details: Dict): PeerFeatures {
    return PeerFeatures.#read(details, CLIENT_ROLES);
  }

  /** Reads `Details.roles` of a WELCOME. */
  static ofRouter(details: Dict): PeerFeatures {
    return PeerFeatures.#read(details, ROUTER_ROLES);
  }

  static #read(details: Dict, known: readonly Role[]): PeerFeatures {
    const roles = new Map<Role, ReadonlySet<string>>();
    const announced = details['roles'];
    if (!isDict(announced)) return new PeerFeatures(roles);
    for (const role of known) {
      if (!Object.hasOwn(announced, role)) continue;
      const value = announced[role];
      const features = isDict(value) ? value['features'] : undefined;
      roles.set(role, isDict(features) ? enabled(features) : new Set());
    }
    return new PeerFeatures(roles);
  }

  /** The announced roles that are known. */
  get roles(): readonly Role[] {
    return [...this.#roles.keys()];
  }

  hasRole(role: Role): boolean {
    return this.#roles.has(role);
  }

  /** Everything that the peer announced for that role, unknown features included. */
  of(role: Role): ReadonlySet<string> {
    return this.#roles.get(role) ?? NO_FEATURES;
  }

  /** True if the peer announced the feature for that role. */
  has(role: Role, feature: Feature): boolean {
    return this.#roles.get(role)?.has(feature) ?? false;
  }
}

function enabled(features: Dict): ReadonlySet<string> {
  const set = new Set<string>();
  for (const key of Object.keys(features)) {
    if (features[key] === true) set.add(SPELLINGS.get(key) ?? key);
  }
  return set;
}

/** Builds the `roles` dictionary of HELLO or WELCOME. */
export function announceRoles(table: Partial<Record<Role, readonly Feature[]>>): Dict {
  const roles: Record<string, unknown> = {};
  for (const [role, features] of Object.entries(table)) {
    roles[role] = { features: Object.fromEntries(features.map((feature) => [feature, true])) };
  }
  return roles;
}
