/**
 * WAMP-SCRAM: both sides prove that they know the password, which never crosses the network; the router keeps nothing from
 * which one could log in. Computations only; whoever uses them brings nonces and salts.
 * Source: WAMP advanced profile, "Salted Challenge Response Authentication Mechanism"; RFC 5802, RFC 7677.
 */
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from '../base64.js';
import { saslprep } from './saslprep.js';
import { isSameBytes } from './secrets.js';

/** How a password becomes a key. */
export type ScramKdf = 'argon2id13' | 'pbkdf2';

/** The cost of making a key of a password. */
export interface ScramCost {
  readonly kdf: ScramKdf;
  readonly iterations: number;
  /** KiB; argon2id13 needs it, pbkdf2 has none */
  readonly memory?: number | null | undefined;
}

/** What a new password costs by default: OWASP's smaller choice for Argon2id, well under a second also in a browser. */
export const DEFAULT_SCRAM_COST: ScramCost = { kdf: 'argon2id13', iterations: 3, memory: 12 * 1024 };

/** What the router keeps of a password. The key names are those of Crossbar.io's configuration; all bytes in base64. */
export interface ScramCredentials {
  readonly kdf: ScramKdf;
  readonly iterations: number;
  readonly memory: number | null;
  readonly salt: string;
  readonly 'stored-key': string;
  readonly 'server-key': string;
}

/** The parts of both peers' messages that the proofs are about. */
export interface ScramExchange {
  readonly authid: string;
  readonly clientNonce: string;
  /** CHALLENGE.Extra.nonce: the client's nonce and the router's behind it */
  readonly nonce: string;
  /** base64 */
  readonly salt: string;
  readonly iterations: number;
  /** name of the channel binding; null without */
  readonly channelBinding: string | null;
  /** base64 of what the channel binding gives; undefined without */
  readonly cbindData?: string | undefined;
}

/**
 * Makes a key of a password, 32 bytes. Gives way to other work every few milliseconds.
 * @throws Error if the password is not allowed by SASLprep, or the cost is not valid for the function
 */
export async function saltedPassword(
  password: string,
  salt: Uint8Array,
  { kdf, iterations, memory }: ScramCost,
): Promise<Uint8Array> {
  const secret = utf8ToBytes(saslprep(password));
  if (kdf === 'pbkdf2') return pbkdf2Async(sha256, secret, salt, { c: iterations, dkLen: 32 });
  if (typeof memory !== 'number') throw new Error('argon2id13 needs "memory"');
  return argon2idAsync(secret, salt, { t: iterations, m: memory, p: 1, dkLen: 32, version: 0x13 });
}

/**
 * Makes what the router keeps of a new password.
 * @param salt at least 16 random bytes
 */
export async function scramCredentials(
  password: string,
  salt: Uint8Array,
  cost: ScramCost = DEFAULT_SCRAM_COST,
): Promise<ScramCredentials> {
  const salted = await saltedPassword(password, salt, cost);
  return {
    kdf: cost.kdf,
    iterations: cost.iterations,
    memory: cost.memory ?? null,
    salt: encodeBase64(salt),
    'stored-key': encodeBase64(sha256(clientKey(salted))),
    'server-key': encodeBase64(serverKey(salted)),
  };
}

/** The text that both proofs sign. @throws Error if the authid is not allowed by SASLprep */
export function scramAuthMessage(exchange: ScramExchange): string {
  const { authid, clientNonce, nonce, salt, iterations, channelBinding, cbindData } = exchange;
  const flag = channelBinding === null ? 'n' : `p=${channelBinding}`;
  const header = utf8ToBytes(`${flag},,`);
  const data = cbindData === undefined ? new Uint8Array() : (decodeBase64(cbindData) ?? new Uint8Array());
  const binding = new Uint8Array(header.length + data.length);
  binding.set(header);
  binding.set(data, header.length);
  return [
    `n=${escapeName(saslprep(authid))}`,
    `r=${clientNonce}`,
    `r=${nonce}`,
    `s=${salt}`,
    `i=${iterations}`,
    `c=${encodeBase64(binding)}`,
    `r=${nonce}`,
  ].join(',');
}

/** The client's proof, 32 bytes. */
export function scramClientProof(salted: Uint8Array, authMessage: string): Uint8Array {
  const key = clientKey(salted);
  const signature = hmac(sha256, sha256(key), utf8ToBytes(authMessage));
  return key.map((byte, index) => byte ^ signature[index]!);
}

/** Whether the proof was made with the password behind the stored key; in constant time. */
export function verifyScramProof(storedKey: Uint8Array, authMessage: string, proof: Uint8Array): boolean {
  if (proof.length !== 32) return false;
  const signature = hmac(sha256, storedKey, utf8ToBytes(authMessage));
  return isSameBytes(sha256(proof.map((byte, index) => byte ^ signature[index]!)), storedKey);
}

/** The router's proof, 32 bytes. */
export function scramServerSignature(key: Uint8Array, authMessage: string): Uint8Array {
  return hmac(sha256, key, utf8ToBytes(authMessage));
}

/** Whether the router's proof was made with the password that the client knows; in constant time. */
export function verifyScramServer(salted: Uint8Array, authMessage: string, signature: Uint8Array): boolean {
  return isSameBytes(scramServerSignature(serverKey(salted), authMessage), signature);
}

function clientKey(salted: Uint8Array): Uint8Array {
  return hmac(sha256, salted, utf8ToBytes('Client Key'));
}

function serverKey(salted: Uint8Array): Uint8Array {
  return hmac(sha256, salted, utf8ToBytes('Server Key'));
}

/** RFC 5802, section 5.1, `saslname`. */
function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}
