/**
 * The method `wampcra`: the peer signs a challenge with a shared secret.
 * Source: WAMP advanced profile, "Challenge Response Authentication".
 */
import type { Dict } from '@wamp/protocol';
import { encodeBase64 } from '@wamp/protocol/auth/bytes';
import { verifyWampcra } from '@wamp/protocol/auth/wampcra';
import type { AuthOptions } from '../auth-options.js';
import type { AuthenticationRequest, AuthenticationStep, Authenticator } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { Decoy } from './decoy.js';
import { readWampcra, type WampcraEntry } from './grant-reading.js';
import { principalOf, sourceOf } from './principal-source.js';
import { randomBytes } from './random-bytes.js';
import { DENIED, NO_AUTHID } from './refusals.js';

type WampcraOptions = NonNullable<AuthOptions['wampcra']>;

/** @throws Error that names the principal that is wrong */
export function wampcraAuthenticator(host: AuthenticationHost, options: WampcraOptions): Authenticator {
  const users = 'users' in options ? options.users : undefined;
  const source = sourceOf(host, 'wampcra', options, users, readWampcra);
  const decoys = new WampcraDecoys(host, source.known);
  return {
    method: 'wampcra',
    begin: (request) => {
      const { authid } = request;
      if (authid === undefined) return NO_AUTHID;
      const challenge = (found: WampcraEntry | undefined): AuthenticationStep => {
        if (found !== undefined) decoys.learn(found);
        const entry = found ?? decoys.of(request);
        const text = challengeText(request, authid, entry.grant.role, source.provider);
        return {
          type: 'challenge',
          extra: { challenge: text, ...entry.salting },
          answer: (signature) => {
            const isGood = verifyWampcra(entry.key, text, signature);
            if (!isGood || found === undefined) return DENIED;
            return { type: 'accepted', principal: principalOf(found.grant, authid, source.provider) };
          },
        };
      };
      const found = source.find(request);
      return found instanceof Promise ? found.then(challenge) : challenge(found);
    },
  };
}

/** spec: the challenge is the JSON text of an object with these members */
function challengeText(
  { session, now, random32 }: AuthenticationRequest,
  authid: string,
  authrole: string,
  authprovider: string,
): string {
  const challenge: Dict = {
    authid,
    authrole,
    authmethod: 'wampcra',
    authprovider,
    nonce: encodeBase64(randomBytes(random32, 24)),
    timestamp: new Date(now).toISOString(),
    session,
  };
  return JSON.stringify(challenge);
}

/** Unknown users are salted as some known one is; where they are not all known, as the last one that was found. */
class WampcraDecoys {
  readonly #decoy: Decoy;
  readonly #known: readonly WampcraEntry[];
  #last: WampcraEntry = { grant: { role: 'user' }, key: '', salting: undefined };

  constructor(host: AuthenticationHost, known: readonly WampcraEntry[]) {
    this.#decoy = new Decoy(host.secret, 'wampcra');
    this.#known = known;
  }

  learn(found: WampcraEntry): void {
    if (this.#known.length === 0) this.#last = found;
  }

  of(request: AuthenticationRequest): WampcraEntry {
    const model = this.#decoy.pick(request, this.#known) ?? this.#last;
    const salt = encodeBase64(this.#decoy.bytes(request, 'salt')).slice(0, model.salting?.salt.length);
    return {
      grant: model.grant,
      key: encodeBase64(this.#decoy.bytes(request, 'key')),
      salting: model.salting && { ...model.salting, salt },
    };
  }
}
