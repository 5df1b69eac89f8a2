/**
 * Where a method's principals come from: configuration, a function, or an authenticator procedure. Gives the methods one way
 * to ask, and checked answers.
 */
import type { DynamicAuth, FunctionAuth, Grant, Principals } from '../auth-options.js';
import type { AuthenticationRequest, Principal } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { askAuthenticator } from './dynamic-authenticator.js';

/** Asks for one method's principals. */
export interface PrincipalSource<Entry> {
  /** WELCOME.Details.authprovider */
  readonly provider: string;
  /** all of them, where that is known */
  readonly known: readonly Entry[];
  /** @returns undefined: there is no such principal */
  find(request: AuthenticationRequest): Entry | undefined | Promise<Entry | undefined>;
}

/** Principals of the configuration, by authid. @throws Error that names the principal that is wrong */
export function staticSource<Entry>(
  principals: Readonly<Record<string, unknown>>,
  read: (value: unknown) => Entry,
): PrincipalSource<Entry> {
  const entries = readPrincipals(principals, read);
  return {
    provider: 'static',
    known: [...entries.values()],
    find: ({ authid }) => (authid === undefined ? undefined : entries.get(authid)),
  };
}

/** Principals by authid, checked. @throws Error that names the principal that is wrong */
export function readPrincipals<Entry>(
  principals: Readonly<Record<string, unknown>>,
  read: (value: unknown) => Entry,
): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [authid, value] of Object.entries(principals)) {
    try {
      entries.set(authid, read(value));
    } catch (error) {
      throw new Error(`the principal "${authid}": ${(error as Error).message}`, { cause: error });
    }
  }
  return entries;
}

/** @param method name of the method in what an authenticator procedure is told */
export function sourceOf<G extends Grant, Entry>(
  host: AuthenticationHost,
  method: string,
  options: FunctionAuth<G> | DynamicAuth | { readonly type?: 'static' | undefined },
  principals: Principals<G> | undefined,
  read: (value: unknown) => Entry,
): PrincipalSource<Entry> {
  if (options.type === 'function') {
    return {
      provider: 'function',
      known: [],
      find: async (request) => readFound(await options.find(request), read),
    };
  }
  if (options.type === 'dynamic') {
    return {
      provider: 'dynamic',
      known: [],
      find: async (request) => readFound(await askAuthenticator(host, options, method, request, {}), read),
    };
  }
  return staticSource(principals ?? {}, read);
}

function readFound<Entry>(found: unknown, read: (value: unknown) => Entry): Entry | undefined {
  return found === undefined || found === null ? undefined : read(found);
}

/** Who the peer is, by what it was granted. @param authid who it claimed to be */
export function principalOf(grant: Grant, authid: string, authprovider: string): Principal {
  return {
    authid: grant.authid ?? authid,
    authrole: grant.role,
    authprovider,
    ...(grant.extra !== undefined && { authextra: grant.extra }),
    ...(grant.realm !== undefined && { realm: grant.realm }),
  };
}
