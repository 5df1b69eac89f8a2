/**
 * What an embedder may set on a dealer, and the same with every default filled in.
 * Must not read clocks, environments or other ambient state.
 */
import type { UriRule } from '@wamp/protocol';
import { DEFAULT_LIMITS, type DealerLimits } from './limits.js';

/**
 * Who learns the caller's identity.
 * - `on_request`: the caller asks with `disclose_me`, or the callee with `disclose_caller`; only callees that announced
 *   `caller_identification` are told
 * - `never`: both options are refused with `wamp.error.option_disallowed.disclose_me`
 * - `always`: every callee is told about every call, whatever it announced
 *
 * Trusted callees are told in any case. Source: advanced profile, "Caller Identification".
 */
export type Disclosure = 'on_request' | 'never' | 'always';

export interface DealerOptions {
  /** Uniform over [0, 1); used by the invocation policy `random`. */
  readonly random: () => number;
  /** How URIs of REGISTER and CALL are checked; default `loose`. */
  readonly uriRule?: UriRule;
  /** Default `on_request`. */
  readonly disclosure?: Disclosure;
  /** Timeout in milliseconds of calls that ask for none; 0, the default, is none. */
  readonly defaultTimeoutMs?: number;
  /** Longest timeout in milliseconds; it also bounds calls that ask for none. 0, the default, is no maximum. */
  readonly maxTimeoutMs?: number;
  /** Whether `wamp.error.unavailable` of a callee makes the dealer try the next one; default false. */
  readonly reroute?: boolean;
  /** Replaces single numbers of {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<DealerLimits>;
}

/** The options with every default filled in. */
export interface DealerSettings {
  readonly random: () => number;
  readonly uriRule: UriRule;
  readonly disclosure: Disclosure;
  readonly defaultTimeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly reroute: boolean;
  readonly limits: DealerLimits;
}

/** Fills in the defaults. */
export function resolveOptions(options: DealerOptions): DealerSettings {
  return {
    random: options.random,
    uriRule: options.uriRule ?? 'loose',
    disclosure: options.disclosure ?? 'on_request',
    defaultTimeoutMs: options.defaultTimeoutMs ?? 0,
    maxTimeoutMs: options.maxTimeoutMs ?? 0,
    reroute: options.reroute ?? false,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
}

/** The timeout in milliseconds that applies to a call that asked for `requested`; 0 is none. */
export function effectiveTimeout(requested: number | undefined, settings: DealerSettings): number {
  const wanted = requested === undefined || requested === 0 ? settings.defaultTimeoutMs : requested;
  const maximum = settings.maxTimeoutMs;
  return maximum > 0 && (wanted === 0 || wanted > maximum) ? maximum : wanted;
}
