/**
 * Asks an authorizer procedure: `authorizer(session, uri, action, options)`, as with Crossbar.io. It answers true or false,
 * or a dictionary `{ allow, disclose?, cache? }`; anything else, and any error, refuses the request.
 */
import { isDict, type MatchPolicy } from '@wamp/protocol';
import { describeTransport } from './transport-description.js';
import type { Action, Authorizer, Decision, Verdict } from './authorization.js';
import type { DecisionCache } from './decision-cache.js';
import type { SessionInfo } from './session-info.js';

/** Calls procedures of the realm. */
export interface AuthorizerCaller {
  callAuthorizer(procedure: string, args: readonly unknown[]): Promise<readonly unknown[]>;
}

interface Answer {
  readonly verdict: Verdict;
  readonly cache: boolean;
}

export class DynamicAuthorizer implements Authorizer {
  readonly #procedure: string;
  readonly #caller: AuthorizerCaller;
  readonly #decisions: DecisionCache;
  readonly #cache: boolean | undefined;

  /** @param cache whether decisions may be kept; undefined: as the procedure says each time */
  constructor(
    procedure: string,
    caller: AuthorizerCaller,
    decisions: DecisionCache,
    cache: boolean | undefined,
  ) {
    this.#procedure = procedure;
    this.#caller = caller;
    this.#decisions = decisions;
    this.#cache = cache;
  }

  authorize(
    session: SessionInfo,
    action: Action,
    uri: string,
    match: MatchPolicy,
  ): Decision | Promise<Decision> {
    return this.#decisions.find(session, action, uri, match) ?? this.#ask(session, action, uri, match);
  }

  async #ask(session: SessionInfo, action: Action, uri: string, match: MatchPolicy): Promise<Decision> {
    const { generation } = this.#decisions;
    const args = [describeSession(session), uri, action, { match }];
    const [given] = await this.#caller.callAuthorizer(this.#procedure, args);
    const { verdict, cache } = readAnswer(given);
    if (this.#cache ?? cache) this.#decisions.keep(session, action, uri, match, verdict, generation);
    return verdict;
  }
}

function readAnswer(given: unknown): Answer {
  if (typeof given === 'boolean') return { verdict: { allow: given }, cache: false };
  if (!isDict(given) || typeof given['allow'] !== 'boolean') {
    throw new TypeError('the authorizer procedure answered neither true, nor false, nor { allow }');
  }
  return {
    verdict: { allow: given['allow'], disclose: given['disclose'] === true },
    cache: given['cache'] === true,
  };
}

function describeSession(info: SessionInfo): Readonly<Record<string, unknown>> {
  const { session, realm, authid, authrole, authmethod, authprovider, authextra, transport } = info;
  return {
    ...{ session, realm, authid, authrole, authmethod, authprovider, authextra },
    transport: describeTransport(transport),
  };
}
