/**
 * The method `wampcra`: a challenge is signed with a shared secret, which never crosses the network.
 * Source: WAMP advanced profile, "Challenge Response Authentication".
 */
import type { Dict } from '@wamp/protocol';
import {
  deriveWampcraKey,
  signWampcra,
  WAMPCRA_ITERATIONS,
  WAMPCRA_KEYLEN,
} from '@wamp/protocol/auth/wampcra';
import type { Authenticator } from '../handshake.js';
import { reveal, type Secret } from './secret.js';

/** A router must not keep a client busy for longer than about a second. */
const MAX_ITERATIONS = 1_000_000;
/** Nobody derives longer keys. */
const MAX_KEYLEN = 1_024;

/**
 * Logs in with a shared secret or password.
 * @param secret if the router salts it, what the key is derived from; otherwise the key itself
 */
export function wampcra(authid: string, secret: Secret): Authenticator {
  return {
    method: 'wampcra',
    authid,
    onChallenge: async ({ extra }) => {
      const { challenge } = extra;
      if (typeof challenge !== 'string') throw new Error('the challenge is not a text');
      return signWampcra(await keyOf(await reveal(secret), extra), challenge);
    },
  };
}

async function keyOf(secret: string, { salt, iterations, keylen }: Dict): Promise<string> {
  if (salt === undefined || salt === null) return secret;
  if (typeof salt !== 'string') throw new Error('the salt is not a text');
  return deriveWampcraKey(secret, {
    salt,
    iterations: bounded(iterations ?? WAMPCRA_ITERATIONS, MAX_ITERATIONS, 'iterations'),
    keylen: bounded(keylen ?? WAMPCRA_KEYLEN, MAX_KEYLEN, 'keylen'),
  });
}

function bounded(value: unknown, max: number, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > max) {
    throw new Error(`the router asks for "${name}" outside of 1..${max}`);
  }
  return value as number;
}
