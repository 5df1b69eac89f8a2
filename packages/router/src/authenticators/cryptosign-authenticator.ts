/**
 * The method `cryptosign`: the peer signs a challenge with its Ed25519 key; the router knows public keys only.
 * Source: WAMP advanced profile, "Cryptosign-based Authentication".
 */
import { tlsInfoOf } from '@wamp/protocol';
import { decodeHex, encodeHex } from '@wamp/protocol/auth/bytes';
import {
  channelIdOf,
  cryptosignMessage,
  isChannelBindingType,
  isKeyText,
  readCryptosignSignature,
} from '@wamp/protocol/auth/cryptosign';
import { isSameBytes } from '@wamp/protocol/auth/secrets';
import type { AuthOptions, CryptosignGrant, Principals } from '../auth-options.js';
import type {
  AuthenticationRequest,
  AuthenticationStep,
  Authenticator,
  Principal,
} from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { readCryptosign, type CryptosignEntry } from './grant-reading.js';
import { principalOf, readPrincipals, sourceOf, type PrincipalSource } from './principal-source.js';
import { randomBytes } from './random-bytes.js';
import { DENIED, unusable } from './refusals.js';

type CryptosignOptions = NonNullable<AuthOptions['cryptosign']>;

/** An entry that knows its authid, as those of the configuration do. */
interface Keyholder extends CryptosignEntry {
  readonly authid?: string;
}

/** @throws Error that names the principal that is wrong */
export function cryptosignAuthenticator(host: AuthenticationHost, options: CryptosignOptions): Authenticator {
  const source: PrincipalSource<Keyholder> =
    'principals' in options
      ? keyholders(options.principals)
      : sourceOf(host, 'cryptosign', options, undefined, readCryptosign);
  return {
    method: 'cryptosign',
    begin: (request) => {
      const { pubkey } = request.authextra;
      if (!isKeyText(pubkey)) {
        return unusable('authextra.pubkey must be an Ed25519 public key, 64 hexadecimal digits');
      }
      const key = pubkey.toLowerCase();
      const challenge = (found: Keyholder | undefined): AuthenticationStep =>
        makeChallenge(host, request, key, holderOf(found, request, key, source.provider));
      const found = source.find(request);
      return found instanceof Promise ? found.then(challenge) : challenge(found);
    },
  };
}

/** Principals of the configuration, found by authid, or by key if the peer names none. */
function keyholders(principals: Principals<CryptosignGrant>): PrincipalSource<Keyholder> {
  const byAuthid = readPrincipals(principals, readCryptosign);
  const byKey = new Map<string, Keyholder>();
  for (const [authid, entry] of byAuthid) {
    for (const key of entry.keys) if (!byKey.has(key)) byKey.set(key, { ...entry, authid });
  }
  return {
    provider: 'static',
    known: [],
    find: ({ authid, authextra }) =>
      authid === undefined ? byKey.get(String(authextra['pubkey']).toLowerCase()) : byAuthid.get(authid),
  };
}

/** Who the peer is if it has the key; undefined if the key is nobody's, or not that of whom it claims to be. */
function holderOf(
  found: Keyholder | undefined,
  request: AuthenticationRequest,
  key: string,
  provider: string,
): Principal | undefined {
  if (found?.keys.includes(key) !== true) return undefined;
  // spec: without an authid the router assigns one, for example the key
  return principalOf(found.grant, request.authid ?? found.authid ?? key, provider);
}

function makeChallenge(
  host: AuthenticationHost,
  { authextra, transport, random32 }: AuthenticationRequest,
  key: string,
  principal: Principal | undefined,
): AuthenticationStep {
  const wanted = authextra['channel_binding'];
  const channelId = isChannelBindingType(wanted)
    ? channelIdOf(tlsInfoOf(transport)?.channelBinding, wanted)
    : undefined;
  const challenge = encodeHex(randomBytes(random32, 32));
  const expected = cryptosignMessage(challenge, channelId);
  return {
    type: 'challenge',
    // spec: a router that cannot bind goes on without, and the client decides whether that will do
    extra: { challenge, channel_binding: channelId === undefined ? null : wanted },
    answer: (text) => {
      const given = readCryptosignSignature(text);
      // A signature of another message, even one by the right key, proves nothing: it may be an old one.
      if (given === undefined || !isSameBytes(given.message, expected)) return DENIED;
      const judge = (isGood: boolean): AuthenticationStep =>
        isGood && principal !== undefined ? { type: 'accepted', principal } : DENIED;
      const isGood = host.verifyEd25519(given.signature, expected, decodeHex(key)!);
      return isGood instanceof Promise ? isGood.then(judge) : judge(isGood);
    },
  };
}
