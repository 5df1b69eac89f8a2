/**
 * Makes the authenticators of a realm from its options. Owns the list of methods.
 */
import type { AuthOptions, Grant } from '../auth-options.js';
import { anonymous, randomAuthid, type AuthenticationStep, type Authenticator } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { cryptosignAuthenticator } from './cryptosign-authenticator.js';
import { readGrant } from './grant-reading.js';
import { principalOf, sourceOf } from './principal-source.js';
import { DENIED } from './refusals.js';
import { scramAuthenticator } from './scram-authenticator.js';
import { ticketAuthenticator } from './ticket-authenticator.js';
import { tlsAuthenticator } from './tls-authenticator.js';
import { wampcraAuthenticator } from './wampcra-authenticator.js';

/** @throws Error that names what is wrong with the options, and repeats no secret */
export function makeAuthenticators(host: AuthenticationHost, options: AuthOptions): readonly Authenticator[] {
  const made: (Authenticator | undefined)[] = [
    options.anonymous && anonymousAuthenticator(host, options.anonymous),
    options.ticket && ticketAuthenticator(host, options.ticket),
    options.wampcra && wampcraAuthenticator(host, options.wampcra),
    options.scram && scramAuthenticator(host, options.scram),
    options.cryptosign && cryptosignAuthenticator(host, options.cryptosign),
    options.tls && tlsAuthenticator(host, options.tls),
  ];
  return made.filter((each) => each !== undefined);
}

function anonymousAuthenticator(
  host: AuthenticationHost,
  options: NonNullable<AuthOptions['anonymous']>,
): Authenticator {
  if (options.type !== 'function' && options.type !== 'dynamic') {
    return anonymous(options.role === undefined ? {} : { authrole: options.role });
  }
  const source = sourceOf(host, 'anonymous', options, undefined, readGrant);
  return {
    method: 'anonymous',
    begin: async (request): Promise<AuthenticationStep> => {
      const grant: Grant | undefined = await source.find(request);
      if (grant === undefined) return DENIED;
      const authid = request.formerAuthid ?? randomAuthid(request.random32);
      return { type: 'accepted', principal: principalOf(grant, authid, source.provider) };
    },
  };
}
