/**
 * Roles and their permissions, as plain data that a configuration file maps one to one; the names are Crossbar.io's.
 * Owns the shapes only.
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { Action, Authorizer } from './authorization.js';

/** A WAMP procedure that is asked (its URI), or an object of the embedding program. */
export type AuthorizerReference = string | Authorizer;

/** What a role may do with some URIs. */
export interface PermissionOptions {
  /** the URI, or the pattern as `match` says */
  readonly uri: string;
  /** default `exact`; without it, a `uri` that ends with `*` is a prefix, as with Crossbar.io */
  readonly match?: MatchPolicy | undefined;
  /** default: nothing */
  readonly allow?: Readonly<Partial<Record<Action, boolean | undefined>>> | undefined;
  /** Whose identity is told to callees and subscribers, asked for or not. Default: nobody's. */
  readonly disclose?:
    { readonly caller?: boolean | undefined; readonly publisher?: boolean | undefined } | undefined;
  /** Whether the authorizer's decisions on these URIs may be kept for a while; default: as it says itself. */
  readonly cache?: boolean | undefined;
  /** Who decides on what is not allowed here already. */
  readonly authorizer?: AuthorizerReference | undefined;
}

/** A role. A session whose role is not defined may do nothing. */
export interface RoleOptions {
  readonly name: string;
  /** The most specific permission counts, as with calls; what no permission is about is denied. */
  readonly permissions?: readonly PermissionOptions[] | undefined;
  /**
   * How far its sessions are trusted: callees and subscribers that announced `call_trustlevels` or
   * `publication_trustlevels` get it as `trustlevel` with their calls and publications. A whole number from 0, the lowest;
   * default none. Source: advanced profile, "Call Trust Levels" and "Publication Trust Levels".
   */
  readonly trustLevel?: number | undefined;
  /** Who decides on what no permission is about. */
  readonly authorizer?: AuthorizerReference | undefined;
}
