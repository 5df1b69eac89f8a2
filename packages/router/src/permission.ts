/**
 * Asking an authorizer on behalf of a session, where no input of the session has to wait for the answer: for what a meta
 * procedure does in its name. Decides nothing itself; for requests see the request gate.
 */
import type { MatchPolicy } from '@wamp/protocol';
import { isPromise, NO_DECISION, readDecision, type Action, type Authorizer } from './authorization.js';
import { tell } from './observer.js';
import type { RouterContext } from './router-context.js';
import type { SessionInfo } from './session-info.js';

/** `failed`: no answer, in time or at all. */
export type Permission = 'allowed' | 'denied' | 'failed';

/**
 * Asks whether the session may do something with a URI. Never throws nor rejects.
 * @param match how `uri` is meant; default `exact`
 */
export function askPermission(
  context: RouterContext,
  authorizer: Authorizer | undefined,
  session: SessionInfo,
  action: Action,
  uri: string,
  match: MatchPolicy = 'exact',
): Permission | Promise<Permission> {
  if (authorizer === undefined) return 'allowed';
  try {
    const decision = authorizer.authorize(session, action, uri, match);
    if (!isPromise(decision)) return judge(context, decision);
    return inTime(context, decision).then(
      (value) => judge(context, value),
      (error: unknown) => fail(context, error),
    );
  } catch (error) {
    return fail(context, error);
  }
}

function inTime<T>({ clock, limits }: RouterContext, decision: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.startTimer(() => {
      reject(new Error(`no decision within ${limits.authorizationMs} ms`));
    }, limits.authorizationMs);
    const stop = (): void => {
      timer.stop();
    };
    decision.then(stop, stop);
    decision.then(resolve, reject);
  });
}

function judge(context: RouterContext, decision: unknown): Permission {
  const verdict = readDecision(decision);
  if (verdict === undefined) return fail(context, new TypeError(NO_DECISION));
  if (verdict.allow) return 'allowed';
  context.counters.denials += 1;
  return 'denied';
}

function fail(context: RouterContext, error: unknown): Permission {
  context.counters.hookFailures += 1;
  tell(context.observer, (observer) => observer.hookFailed?.('authorizer', error));
  return 'failed';
}
