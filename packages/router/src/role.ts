/**
 * One role: its permissions, ready to be asked. The most specific permission decides, by the same rule as the one by which
 * a call finds its registration. Owns the decision; must not know sessions beyond handing them to authorizers.
 */
import { isValidUri, UriTable, type MatchPolicy } from '@wamp/protocol';
import type { Action, Authorizer, Decision } from './authorization.js';
import { covers, outranks, overlaps, type Pattern } from './pattern-relations.js';
import type { AuthorizerReference, PermissionOptions, RoleOptions } from './role-options.js';
import type { SessionInfo } from './session-info.js';

/** What the authorizer of an option is; made by whoever knows how to call procedures. */
export type ResolveAuthorizer = (reference: AuthorizerReference, cache: boolean | undefined) => Authorizer;

/** One permission with its answers. */
interface Rule extends Pattern {
  readonly decisions: Readonly<Record<Action, Decision>>;
  /** asked about what is denied otherwise */
  readonly authorizer: Authorizer | undefined;
}

const ACTIONS = ['call', 'register', 'publish', 'subscribe'] as const;
const DISCLOSED: Decision = Object.freeze({ allow: true, disclose: true });

export class Role {
  readonly name: string;
  readonly #table = new UriTable<Rule>();
  readonly #rules: readonly Rule[];
  /** asked about what no rule is about */
  readonly #authorizer: Authorizer | undefined;

  /** @throws Error if a permission's URI is not valid for its match policy, or two are about the same */
  constructor(options: RoleOptions, resolve: ResolveAuthorizer) {
    this.name = options.name;
    this.#rules = (options.permissions ?? []).map((permission) =>
      makeRule(options.name, permission, resolve),
    );
    this.#authorizer = options.authorizer === undefined ? undefined : resolve(options.authorizer, undefined);
    for (const rule of this.#rules) {
      if (this.#table.get(rule.match, rule.uri) !== undefined) {
        throw new Error(`the role ${options.name} has two permissions for ${rule.match} "${rule.uri}"`);
      }
      this.#table.set(rule.match, rule.uri, rule);
    }
  }

  authorize(
    session: SessionInfo,
    action: Action,
    uri: string,
    match: MatchPolicy,
  ): Decision | Promise<Decision> {
    if (match !== 'exact') return this.#authorizePattern(session, action, { uri, match });
    const rule = this.#table.best(uri);
    if (rule === undefined) return this.#authorizer?.authorize(session, action, uri, match) ?? 'denied';
    const decision = rule.decisions[action];
    if (decision !== 'denied' || rule.authorizer === undefined) return decision;
    return rule.authorizer.authorize(session, action, uri, match);
  }

  /** A pattern is allowed if every URI is that it matches, whichever rule counts there. */
  #authorizePattern(session: SessionInfo, action: Action, asked: Pattern): Decision | Promise<Decision> {
    const covering = this.#covering(asked);
    const decision = covering?.decisions[action] ?? 'denied';
    const authorizer = covering === undefined ? this.#authorizer : covering.authorizer;
    if (decision === 'denied' && authorizer === undefined) return 'denied';
    for (const rule of this.#rules) {
      if (rule === covering || rule.decisions[action] !== 'denied' || !overlaps(rule, asked)) continue;
      if (covering === undefined || !outranks(covering, rule, asked)) return 'denied';
    }
    return decision !== 'denied' ? decision : authorizer!.authorize(session, action, asked.uri, asked.match);
  }

  /** The rule that counts most among those about all of the pattern. */
  #covering(asked: Pattern): Rule | undefined {
    let best: Rule | undefined = undefined;
    for (const rule of this.#rules) {
      if (covers(rule, asked) && (best === undefined || outranks(rule, best, asked))) best = rule;
    }
    return best;
  }
}

function makeRule(role: string, permission: PermissionOptions, resolve: ResolveAuthorizer): Rule {
  const { uri, match } = patternOf(permission);
  if (!isValidUri(uri, match, 'loose')) {
    throw new Error(`the role ${role} has a permission for ${match} "${uri}", which is not valid`);
  }
  const decide = (action: Action): Decision => {
    if (permission.allow?.[action] !== true) return 'denied';
    const { disclose } = permission;
    const isDisclosed =
      (action === 'call' && disclose?.caller === true) ||
      (action === 'publish' && disclose?.publisher === true);
    return isDisclosed ? DISCLOSED : 'allowed';
  };
  const [call, register, publish, subscribe] = ACTIONS.map(decide) as [
    Decision,
    Decision,
    Decision,
    Decision,
  ];
  const { authorizer, cache } = permission;
  return {
    uri,
    match,
    decisions: { call, register, publish, subscribe },
    authorizer: authorizer === undefined ? undefined : resolve(authorizer, cache),
  };
}

/** Crossbar.io's older way to write a prefix is a star at its end. */
function patternOf({ uri, match }: PermissionOptions): Pattern {
  if (match === undefined && uri.endsWith('*')) return { uri: uri.slice(0, -1), match: 'prefix' };
  return { uri, match: match ?? 'exact' };
}
