/**
 * Who gets into a realm and what they may do there, made of its options. Owns the realm's authenticators and its authorizer;
 * asks nobody itself.
 */
import type { AuthOptions, Grant } from './auth-options.js';
import type { Authenticator } from './authentication.js';
import { anonymous } from './authentication.js';
import { makeAuthenticators } from './authenticators/realm-authenticators.js';
import type { AuthenticationHost } from './authenticators/authentication-host.js';
import type { Authorizer } from './authorization.js';
import { DecisionCache, type DecisionLimits } from './decision-cache.js';
import { DynamicAuthorizer } from './dynamic-authorizer.js';
import { RoleAuthorizer } from './role-authorizer.js';
import type { AuthorizerReference, RoleOptions } from './role-options.js';

/** The part of a realm's options that is about access. */
export interface AccessOptions {
  readonly authrole?: string;
  readonly auth?: AuthOptions;
  readonly authenticators?: readonly Authenticator[];
  readonly roles?: readonly RoleOptions[];
  readonly authorizer?: Authorizer;
}

/** What access needs of realm and router. */
export interface AccessHost extends AuthenticationHost {
  /** Calls a procedure of the realm itself. Rejects with CallFailed. */
  callAuthorizer(procedure: string, args: readonly unknown[]): Promise<readonly unknown[]>;
  /** milliseconds since the epoch */
  now(): number;
  readonly decisionLimits: DecisionLimits;
}

export class RealmAccess {
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer | undefined;
  readonly #host: AccessHost;
  /** decisions of authorizer procedures; undefined as long as there are none */
  #decisions: DecisionCache | undefined = undefined;
  readonly #procedures = new Set<string>();

  /** @throws Error that says what is wrong with the options */
  constructor(options: AccessOptions, host: AccessHost) {
    this.#host = host;
    this.authenticators = authenticatorsOf(options, host);
    this.authorizer = this.#authorizerOf(options);
  }

  /** The callees of a procedure have changed; if it is an authorizer, its decisions are not kept any longer. */
  registrationChanged(procedure: string): void {
    if (this.#procedures.has(procedure)) this.#decisions?.forgetAll();
  }

  #authorizerOf({ roles, authorizer, auth }: AccessOptions): Authorizer | undefined {
    if (roles === undefined) return authorizer;
    if (authorizer !== undefined) {
      throw new Error(
        'a realm has either "roles" or an "authorizer"; a role may have an authorizer of its own',
      );
    }
    const made = new RoleAuthorizer(roles, (reference, cache) => this.#resolve(reference, cache));
    for (const role of rolesOf(auth)) {
      if (!made.has(role)) throw new Error(`"auth" gives the role ${role}, which is not defined in "roles"`);
    }
    return made;
  }

  #resolve(reference: AuthorizerReference, cache: boolean | undefined): Authorizer {
    if (typeof reference !== 'string') return reference;
    this.#decisions ??= new DecisionCache(this.#host.decisionLimits, () => this.#host.now());
    this.#procedures.add(reference);
    return new DynamicAuthorizer(reference, this.#host, this.#decisions, cache);
  }
}

function authenticatorsOf(
  { auth, authenticators, authrole }: AccessOptions,
  host: AuthenticationHost,
): readonly Authenticator[] {
  if (auth === undefined) {
    return authenticators ?? [anonymous(authrole === undefined ? {} : { authrole })];
  }
  return [...(authenticators ?? []), ...makeAuthenticators(host, auth)];
}

/** The roles that the configuration itself gives to somebody. */
function rolesOf(auth: AuthOptions = {}): ReadonlySet<string> {
  const { anonymous: nameless, ticket, wampcra, scram, cryptosign, tls } = auth;
  const roles = new Set<string>();
  const add = (principals: Readonly<Record<string, Grant>> = {}): void => {
    for (const { role } of Object.values(principals)) roles.add(role);
  };
  if (nameless !== undefined && nameless.type !== 'function' && nameless.type !== 'dynamic') {
    roles.add(nameless.role ?? 'anonymous');
  }
  for (const each of [ticket ?? []].flat()) if ('principals' in each) add(each.principals);
  if (wampcra !== undefined && 'users' in wampcra) add(wampcra.users);
  for (const each of [scram, cryptosign, tls]) {
    if (each !== undefined && 'principals' in each) add(each.principals);
  }
  if (tls !== undefined && 'role' in tls && tls.role !== undefined) roles.add(tls.role);
  return roles;
}
