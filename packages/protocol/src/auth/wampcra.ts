/**
 * WAMP-CRA: a challenge is signed with a shared secret, which never crosses the network. Computations only.
 * Source: WAMP advanced profile, "Challenge Response Authentication".
 */
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { encodeBase64 } from '../base64.js';
import { isSameBytes } from './secrets.js';

/** How the key is made of a password; as in CHALLENGE.Extra. */
export interface WampcraSalting {
  readonly salt: string;
  /** default 1000 */
  readonly iterations?: number | undefined;
  /** length of the derived key in bytes, default 32 */
  readonly keylen?: number | undefined;
}

export const WAMPCRA_ITERATIONS = 1000;
export const WAMPCRA_KEYLEN = 32;

/**
 * Makes the key of a salted password: PBKDF2-HMAC-SHA256, as base64 text. The text itself is the key that signs.
 * Gives way to other work every few milliseconds.
 */
export async function deriveWampcraKey(password: string, salting: WampcraSalting): Promise<string> {
  const { salt, iterations = WAMPCRA_ITERATIONS, keylen = WAMPCRA_KEYLEN } = salting;
  const options = { c: iterations, dkLen: keylen };
  return encodeBase64(await pbkdf2Async(sha256, utf8ToBytes(password), utf8ToBytes(salt), options));
}

/**
 * Signs a challenge.
 * @param key the secret, or what {@link deriveWampcraKey} made of it
 * @param challenge the text exactly as it came
 * @returns the signature in base64
 */
export function signWampcra(key: string, challenge: string): string {
  return encodeBase64(hmac(sha256, utf8ToBytes(key), utf8ToBytes(challenge)));
}

/** Whether this is the signature of the challenge under the key; in constant time. */
export function verifyWampcra(key: string, challenge: string, signature: string): boolean {
  return isSameBytes(utf8ToBytes(signWampcra(key, challenge)), utf8ToBytes(signature));
}
