/**
 * Comparing secrets so that the time it takes tells nothing about where they differ, and deriving bytes from a secret.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Whether two byte strings are the same; how long it takes depends on their lengths only. */
export function isSameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let index = 0; index < one.length; index += 1) difference |= one[index]! ^ other[index]!;
  return difference === 0;
}

/** What {@link isSecret} compares with: a fingerprint from which the secret cannot be read. */
export function secretFingerprint(secret: string): Uint8Array {
  return sha256(utf8ToBytes(secret));
}

/** Whether this is the secret; the time it takes tells nothing about the secret, not even its length. */
export function isSecret(text: string, fingerprint: Uint8Array): boolean {
  return isSameBytes(secretFingerprint(text), fingerprint);
}

/** 32 bytes that follow from secret and label, and look random to whoever does not know the secret: HMAC-SHA256. */
export function derivedBytes(secret: Uint8Array, label: string): Uint8Array {
  return hmac(sha256, secret, utf8ToBytes(label));
}
