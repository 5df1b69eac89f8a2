/**
 * Who may do what on which URI. Owns the interface that a host implements; decides nothing itself.
 * Source: WAMP advanced profile, "Authorization".
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { SessionInfo } from './session-info.js';

/** The four things that need permission. UNREGISTER, UNSUBSCRIBE, CANCEL and YIELD concern only one's own. */
export type Action = 'call' | 'register' | 'publish' | 'subscribe';

/** A decision with more to say. */
export interface Verdict {
  readonly allow: boolean;
  /**
   * True: the caller's identity is told to the callee, or the publisher's to the subscribers, asked for or not. Without
   * effect in a realm whose `disclosure` is `never`.
   */
  readonly disclose?: boolean | undefined;
}

export type Decision = 'allowed' | 'denied' | Verdict;

export interface Authorizer {
  /**
   * Decides on one request, before anything about the URI's existence is revealed. The first chunk of a progressive call
   * is asked for, its further chunks are not.
   *
   * While a promise is pending the session's input waits, so that its messages keep their order; a session that other
   * sessions' decisions depend on must therefore be decided at once. Whoever throws, rejects, takes longer than
   * `limits.authorizationMs` or returns something else refuses the request with `wamp.error.authorization_failed`.
   *
   * @param session who asks
   * @param uri concrete for `call` and `publish`; for the others a pattern if `match` says so. It is as the peer sent it,
   *   not yet checked: an invalid one is refused after permission is given
   * @param match how `uri` is meant; a permission for a pattern has to cover all of it
   */
  authorize(
    session: SessionInfo,
    action: Action,
    uri: string,
    match: MatchPolicy,
  ): Decision | Promise<Decision>;
}

/** What an authorizer answered, as a verdict; undefined if it is no decision. */
export function readDecision(decision: unknown): Verdict | undefined {
  if (decision === 'allowed') return ALLOWED;
  if (decision === 'denied') return DENIED;
  if (typeof decision !== 'object' || decision === null) return undefined;
  return typeof (decision as Partial<Verdict>).allow === 'boolean' ? (decision as Verdict) : undefined;
}

const ALLOWED: Verdict = Object.freeze({ allow: true });
const DENIED: Verdict = Object.freeze({ allow: false });

/** What is wrong with an answer that is no decision. */
export const NO_DECISION = 'the authorizer answered neither "allowed" nor "denied" nor a verdict';

/** True if the value is a promise, of whatever library. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
