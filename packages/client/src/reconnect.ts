/**
 * The option `reconnect`: how long a client waits before it comes back, and how often it tries.
 * Owns the plan; the loop that follows it is in connection.ts.
 */
import type { OfflinePolicy } from './connection.js';
import { MAX_TIMER_MS } from './limits.js';
import { UsageError } from './wamp-error.js';
import { check, oneOf, shown } from './wire-options.js';

/** How a client comes back that has lost its session. */
export interface ReconnectOptions {
  /** Most that the first attempt waits, in milliseconds; doubled with each further one. Default 200. */
  readonly minDelayMs?: number;
  /** Most that any attempt waits, in milliseconds. Default 30000. */
  readonly maxDelayMs?: number;
  /**
   * Attempts after which the client gives up. A session that lasts longer than the next delay might have been starts the
   * count anew. Default: no end.
   */
  readonly maxAttempts?: number;
  /** What becomes of calls and other requests that are made while there is no session. Default `fail`. */
  readonly offline?: OfflinePolicy;
  /**
   * Come back to the same session where the router offers that: no call is lost, and nothing has to be registered or
   * subscribed anew. Default true.
   */
  readonly resume?: boolean;
}

export type ReconnectPlan = Required<ReconnectOptions>;

/** @throws UsageError for what is no such option */
export function reconnectFrom(given: unknown): ReconnectPlan | undefined {
  if (given === undefined || given === null || given === false) return undefined;
  if (given !== true && typeof given !== 'object') {
    throw new UsageError(`reconnect has to be true, false or an object, not ${shown(given)}`);
  }
  const options: ReconnectOptions = given === true ? {} : given;
  const minDelayMs = options.minDelayMs ?? 200;
  const maxDelayMs = options.maxDelayMs ?? Math.max(30_000, minDelayMs);
  const maxAttempts = options.maxAttempts ?? Infinity;
  for (const [name, value, least] of [
    ['minDelayMs', minDelayMs, 1],
    ['maxDelayMs', maxDelayMs, minDelayMs],
    ['maxAttempts', maxAttempts, 1],
  ] as const) {
    check(`reconnect.${name}`, value, [
      (it) => typeof it === 'number' && it >= least,
      `a number from ${least} on`,
    ]);
  }
  const offline = options.offline ?? 'fail';
  check('reconnect.offline', offline, oneOf('wait', 'fail'));
  return { minDelayMs, maxDelayMs, maxAttempts, offline, resume: options.resume !== false };
}

/** Longest delay before an attempt, in milliseconds; `attempt` counts from 0. */
export function longestDelay(plan: ReconnectPlan, attempt: number): number {
  return Math.min(plan.minDelayMs * 2 ** attempt, plan.maxDelayMs, MAX_TIMER_MS);
}
