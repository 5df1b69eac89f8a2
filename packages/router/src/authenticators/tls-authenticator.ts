/**
 * The method `tls`: the peer has shown a certificate when the connection was made; there is no challenge.
 */
import { tlsInfoOf, type ClientCertificate } from '@wamp/protocol';
import type { AuthOptions, Grant, StaticTlsAuth } from '../auth-options.js';
import type { AuthenticationRequest, AuthenticationStep, Authenticator } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { readFingerprints, readGrant } from './grant-reading.js';
import { principalOf, readPrincipals, sourceOf, type PrincipalSource } from './principal-source.js';
import { DENIED } from './refusals.js';

type TlsOptions = NonNullable<AuthOptions['tls']>;

/** @throws Error that names the principal that is wrong */
export function tlsAuthenticator(host: AuthenticationHost, options: TlsOptions): Authenticator {
  const source: PrincipalSource<Grant> =
    options.type === 'function' || options.type === 'dynamic'
      ? sourceOf(host, 'tls', options, undefined, readGrant)
      : certificateHolders(options);
  return {
    method: 'tls',
    begin: (request) => {
      const certificate = certificateOf(request);
      if (certificate === undefined) return DENIED;
      const judge = (grant: Grant | undefined): AuthenticationStep => {
        const authid = grant?.authid ?? request.authid ?? commonName(certificate);
        if (grant === undefined || authid === undefined) return DENIED;
        return { type: 'accepted', principal: principalOf(grant, authid, source.provider) };
      };
      const found = source.find(request);
      return found instanceof Promise ? found.then(judge) : judge(found);
    },
  };
}

function certificateHolders({ principals = {}, role }: StaticTlsAuth): PrincipalSource<Grant> {
  const entries = readPrincipals(principals, (value) => ({
    grant: readGrant(value),
    fingerprints: readFingerprints((value as { 'certificate-sha256'?: unknown })['certificate-sha256']),
  }));
  return {
    provider: 'static',
    known: [],
    find: (request) => {
      const certificate = certificateOf(request)!;
      for (const [authid, { grant, fingerprints }] of entries) {
        if (request.authid !== undefined && request.authid !== authid) continue;
        if (fingerprints.includes(certificate.fingerprint))
          return { ...grant, authid: grant.authid ?? authid };
      }
      const name = commonName(certificate);
      const isVouchedFor = certificate.authorized && name !== undefined && !entries.has(name);
      if (role === undefined || !isVouchedFor || (request.authid ?? name) !== name) return undefined;
      return { role, authid: name };
    },
  };
}

function certificateOf({ transport }: AuthenticationRequest): ClientCertificate | undefined {
  return tlsInfoOf(transport)?.clientCertificate;
}

function commonName({ subject }: ClientCertificate): string | undefined {
  const name = subject['CN'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}
