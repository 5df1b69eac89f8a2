/**
 * Reads what configuration, functions and authenticator procedures say about a principal. Owns the checks of their shapes; no
 * error repeats a value, which may be a secret.
 */
import { isDict, type Dict } from '@wamp/protocol';
import { decodeBase64, decodeHex } from '@wamp/protocol/auth/bytes';
import { isKeyText } from '@wamp/protocol/auth/cryptosign';
import type { ScramKdf } from '@wamp/protocol/auth/scram';
import { WAMPCRA_ITERATIONS, WAMPCRA_KEYLEN, type WampcraSalting } from '@wamp/protocol/auth/wampcra';
import type { Grant } from '../auth-options.js';

/** @throws TypeError that names what is missing */
export function readGrant(value: unknown): Grant {
  if (typeof value === 'string' && value !== '') return { role: value };
  if (!isDict(value)) throw new TypeError('neither a role nor a dictionary');
  const { role, authid, realm, extra } = value;
  return {
    role: requiredText(role, 'role'),
    authid: optionalText(authid, 'authid'),
    realm: optionalText(realm, 'realm'),
    extra: optionalDict(extra, 'extra'),
  };
}

/** A WAMP-CRA principal, ready to be challenged. */
export interface WampcraEntry {
  readonly grant: Grant;
  readonly key: string;
  /** what the client has to be told; undefined for an unsalted secret */
  readonly salting: Required<WampcraSalting> | undefined;
}

/** @throws TypeError that names what is missing */
export function readWampcra(value: unknown): WampcraEntry {
  const grant = readGrant(value);
  const { secret, salt, iterations, keylen } = dictOf(value);
  const key = requiredText(secret, 'secret');
  if (salt === undefined || salt === null) return { grant, key, salting: undefined };
  return {
    grant,
    key,
    salting: {
      salt: requiredText(salt, 'salt'),
      iterations: wholeNumber(iterations ?? WAMPCRA_ITERATIONS, 'iterations'),
      keylen: wholeNumber(keylen ?? WAMPCRA_KEYLEN, 'keylen'),
    },
  };
}

/** A SCRAM principal, ready to be challenged. */
export interface ScramEntry {
  readonly grant: Grant;
  readonly kdf: ScramKdf;
  readonly iterations: number;
  readonly memory: number | null;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

const KDFS: Readonly<Record<string, ScramKdf>> = {
  argon2id13: 'argon2id13',
  'argon2id-13': 'argon2id13',
  pbkdf2: 'pbkdf2',
};

/** @throws TypeError that names what is missing */
export function readScram(value: unknown): ScramEntry {
  const grant = readGrant(value);
  const fields = dictOf(value);
  const kdf = typeof fields['kdf'] === 'string' ? KDFS[fields['kdf']] : undefined;
  if (kdf === undefined) throw new TypeError('"kdf" must be argon2id13 or pbkdf2');
  const bytes = isKeyText(fields['stored-key']) ? hexBytes : base64Bytes;
  return {
    grant,
    kdf,
    iterations: wholeNumber(fields['iterations'], 'iterations'),
    memory: kdf === 'pbkdf2' ? null : wholeNumber(fields['memory'], 'memory'),
    salt: bytes(fields['salt'], 'salt'),
    storedKey: ofLength(bytes(fields['stored-key'], 'stored-key'), 32, 'stored-key'),
    serverKey: ofLength(bytes(fields['server-key'], 'server-key'), 32, 'server-key'),
  };
}

/** A principal with Ed25519 keys, in lower-case hexadecimal. */
export interface CryptosignEntry {
  readonly grant: Grant;
  readonly keys: readonly string[];
}

/** @throws TypeError that names what is missing */
export function readCryptosign(value: unknown): CryptosignEntry {
  const grant = readGrant(value);
  const { authorized_keys: listed, pubkey } = dictOf(value);
  const keys = listed === undefined ? [pubkey] : listed;
  if (!Array.isArray(keys) || !keys.every(isKeyText)) {
    throw new TypeError('"authorized_keys" must be a list of keys, 64 hexadecimal digits each');
  }
  return { grant, keys: keys.map((key) => key.toLowerCase()) };
}

/** SHA-256 fingerprints, 64 lower-case hexadecimal digits each. @throws TypeError */
export function readFingerprints(value: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [value];
  return listed.map((text) => {
    const digits = typeof text === 'string' ? text.replaceAll(':', '').toLowerCase() : undefined;
    if (!isKeyText(digits)) throw new TypeError('"certificate-sha256" must be 64 hexadecimal digits');
    return digits;
  });
}

export function requiredText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`"${name}" must be a text`);
  return value;
}

function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : requiredText(value, name);
}

function optionalDict(value: unknown, name: string): Dict | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isDict(value)) throw new TypeError(`"${name}" must be a dictionary`);
  return value;
}

function dictOf(value: unknown): Dict {
  if (!isDict(value)) throw new TypeError('not a dictionary');
  return value;
}

function wholeNumber(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new TypeError(`"${name}" must be a whole number above 0`);
  }
  return value as number;
}

function hexBytes(value: unknown, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? decodeHex(value) : undefined;
  if (bytes === undefined || bytes.length === 0) {
    throw new TypeError(`"${name}" must be hexadecimal, as "stored-key" is`);
  }
  return bytes;
}

function base64Bytes(value: unknown, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw new TypeError(`"${name}" must be base64`);
  return bytes;
}

function ofLength(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.length !== length) throw new TypeError(`"${name}" must have ${length} bytes`);
  return bytes;
}
