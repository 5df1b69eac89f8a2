/**
 * cryptosign: a challenge is signed with an Ed25519 key. Computations only.
 * Source: WAMP advanced profile, "Cryptosign-based Authentication".
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { ChannelBindings } from '../transport.js';

/** The channel bindings that there are names for. */
export type ChannelBindingType = 'tls-unique' | 'tls-exporter';

export function isChannelBindingType(value: unknown): value is ChannelBindingType {
  return value === 'tls-unique' || value === 'tls-exporter';
}

/** True for a public key, a private key or a challenge: 32 bytes in hexadecimal. */
export function isKeyText(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-fA-F]{64}$/.test(value);
}

/** The public key that belongs to a private one, both in hexadecimal. @throws Error if it is no private key */
export function cryptosignPublicKey(privateKey: string): string {
  return bytesToHex(ed25519.getPublicKey(keyBytes(privateKey)));
}

/**
 * The 32 bytes that stand for a TLS connection: for `tls-unique` the SHA-256 of the Finished message, as Autobahn has it;
 * the specification does not say.
 * @returns undefined if the transport does not know this binding
 */
export function channelIdOf(
  bindings: ChannelBindings | undefined,
  type: ChannelBindingType,
): Uint8Array | undefined {
  const value = bindings?.[type];
  if (value === undefined) return undefined;
  const bytes = hexToBytes(value);
  return type === 'tls-unique' ? sha256(bytes) : bytes;
}

/**
 * What has to be signed: the challenge, joined with the channel id (XOR) where there is one.
 * @param challenge 32 bytes in hexadecimal
 */
export function cryptosignMessage(challenge: string, channelId: Uint8Array | undefined): Uint8Array {
  const message = hexToBytes(challenge);
  if (channelId === undefined) return message;
  return message.map((byte, index) => byte ^ channelId[index]!);
}

/**
 * Signs a challenge.
 * @param privateKey 32 bytes in hexadecimal
 * @param challenge 32 bytes in hexadecimal
 * @param channelId see {@link channelIdOf}
 * @returns signature and signed message, 192 lower-case hexadecimal digits
 * @throws Error if key or challenge are not what they have to be
 */
export function signCryptosign(
  privateKey: string,
  challenge: string,
  channelId: Uint8Array | undefined,
): string {
  if (!isKeyText(challenge)) throw new Error('the challenge is not 32 bytes in hexadecimal');
  const message = cryptosignMessage(challenge, channelId);
  return bytesToHex(ed25519.sign(message, keyBytes(privateKey))) + bytesToHex(message);
}

/** What AUTHENTICATE.Signature consists of. */
export interface CryptosignSignature {
  /** 64 bytes */
  readonly signature: Uint8Array;
  /** the message that the peer says it has signed; worth nothing until it is compared with the expected one */
  readonly message: Uint8Array;
}

/** @returns undefined if the text is none */
export function readCryptosignSignature(text: string): CryptosignSignature | undefined {
  if (!/^[0-9a-fA-F]{192}$/.test(text)) return undefined;
  const bytes = hexToBytes(text);
  return { signature: bytes.subarray(0, 64), message: bytes.subarray(64) };
}

/** Whether the signature is the key's; by RFC 8032, without the leniency that some implementations have. Pure JavaScript. */
export function verifyEd25519(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

function keyBytes(privateKey: string): Uint8Array {
  if (!isKeyText(privateKey)) throw new Error('the private key is not 32 bytes in hexadecimal');
  return hexToBytes(privateKey);
}
