/**
 * Rendezvous hashing for the policy `sticky`: every callee has a weight for every key, and the heaviest callee owns the
 * key. When a callee leaves, only its own keys move. Not cryptographic: a caller that wants to reach a certain callee may
 * find a key for it.
 */

/** Spreads an integer of up to 53 bits over 32 bits. */
export function hashInteger(value: number): number {
  return mix(mix(value | 0) ^ Math.floor(value / 0x1_0000_0000));
}

/**
 * The hash of a routing key.
 * @returns undefined if the value is no key: only strings, numbers, booleans and byte strings are
 */
export function hashKey(rkey: unknown): number | undefined {
  if (typeof rkey === 'string') return hashText(rkey);
  if (typeof rkey === 'number' || typeof rkey === 'boolean')
    return hashText(`${typeof rkey}:${String(rkey)}`);
  if (rkey instanceof Uint8Array) return hashBytes(rkey);
  return undefined;
}

/** The weight of a callee for a key; unsigned 32 bits. */
export function weigh(key: number, seed: number): number {
  return mix(key ^ seed) >>> 0;
}

function hashText(text: string): number {
  let hash = 0x811c9dc5; // FNV-1a
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix(hash);
}

/** The finalizer of MurmurHash3: every bit of the input changes about half of the output's. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
