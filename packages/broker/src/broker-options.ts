/**
 * What an embedder may set on a broker, and the same with every default filled in.
 * Must not read clocks, environments or other ambient state.
 */
import type { RandomUint32, UriRule } from '@wamp/protocol';
import { DEFAULT_LIMITS, type BrokerLimits } from './limits.js';

/**
 * Which subscribers learn the publisher's identity. Only those that announced `publisher_identification` ever do.
 * - `on_request`: for publications with `disclose_me`
 * - `never`: publications with `disclose_me` are refused with `wamp.error.option_disallowed.disclose_me`
 * - `always`: for all publications, except those of trusted sessions, which belong to the host
 *
 * Source: advanced profile, "Publisher Identification".
 */
export type PublisherDisclosure = 'on_request' | 'never' | 'always';

export interface BrokerOptions {
  /** Source of publication ids. Should be cryptographically strong: ids of global scope must not be guessable. */
  readonly random32: RandomUint32;
  /** How URIs of SUBSCRIBE and PUBLISH are checked; default `loose`. */
  readonly uriRule?: UriRule;
  /** Default `on_request`. */
  readonly disclosure?: PublisherDisclosure;
  /** Replaces single numbers of {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<BrokerLimits>;
}

/** The options with every default filled in. */
export interface BrokerSettings {
  readonly random32: RandomUint32;
  readonly uriRule: UriRule;
  readonly disclosure: PublisherDisclosure;
  readonly limits: BrokerLimits;
}

/** Fills in the defaults. */
export function resolveOptions(options: BrokerOptions): BrokerSettings {
  return {
    random32: options.random32,
    uriRule: options.uriRule ?? 'loose',
    disclosure: options.disclosure ?? 'on_request',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
}
