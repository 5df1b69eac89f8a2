/**
 * Authorization by roles: what a session may do follows from its role, and what no role says is denied.
 * Owns the table of roles; decides nothing itself.
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { Action, Authorizer, Decision } from './authorization.js';
import { Role, type ResolveAuthorizer } from './role.js';
import type { RoleOptions } from './role-options.js';
import type { SessionInfo } from './session-info.js';

export class RoleAuthorizer implements Authorizer {
  readonly #roles = new Map<string, Role>();

  /** @throws Error if two roles have the same name, or a permission is not valid */
  constructor(roles: readonly RoleOptions[], resolve: ResolveAuthorizer) {
    for (const options of roles) {
      if (this.#roles.has(options.name)) throw new Error(`the role ${options.name} is defined twice`);
      this.#roles.set(options.name, new Role(options, resolve));
    }
  }

  has(name: string): boolean {
    return this.#roles.has(name);
  }

  authorize(
    session: SessionInfo,
    action: Action,
    uri: string,
    match: MatchPolicy,
  ): Decision | Promise<Decision> {
    return this.#roles.get(session.authrole)?.authorize(session, action, uri, match) ?? 'denied';
  }
}
