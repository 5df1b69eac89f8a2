/**
 * Signed tokens (JWT) as tickets: whoever shows one that is signed by a key we trust, is meant for us and has not expired, is
 * who it says. Owns the reading of keys and claims; signatures are checked by `jose`.
 * Source: RFC 7519, RFC 7515; RFC 8725 for what must not be believed.
 */
import { readFile } from 'node:fs/promises';
import type { AuthenticationRequest, FunctionTicketAuth, Grant } from '@wamp/router';
import {
  createLocalJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';

export interface JwtTicketOptions {
  /** Secret that tokens are signed with (HS256, HS384, HS512). Either this or `jwks`. */
  readonly secret?: string | undefined;
  /** File with the public keys, a JSON Web Key Set; read again when a token names a key that is not in it. */
  readonly jwks?: string | undefined;
  /** who has to have issued the token (`iss`) */
  readonly issuer?: string | undefined;
  /** for whom it has to be (`aud`) */
  readonly audience?: string | undefined;
  /** claim with the authid; default `sub` */
  readonly 'authid-claim'?: string | undefined;
  /** claim with the role; default `role` */
  readonly 'role-claim'?: string | undefined;
  /** role of tokens without that claim; default: they are refused */
  readonly role?: string | undefined;
}

/** Of whom it is known what they sign with; `none` is not among them, and a public key is never taken for a secret. */
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** Clocks differ, in seconds. */
const TOLERANCE_S = 5;
/** Longer tickets are no tokens: headers of HTTP, where they come from, are no longer. */
const MAX_TOKEN_LENGTH = 16_384;
/** How often tokens with unknown keys may make us read the file. */
const RELOAD_MS = 10_000;

type Verifier = (token: string) => Promise<JWTPayload>;

/**
 * Makes what judges tokens, for `auth.ticket` of a realm. Tokens need an expiry (`exp`).
 * @throws TypeError if the options name both or none of secret and keys, or a secret that is too short
 */
export function jwtTickets(options: JwtTicketOptions): FunctionTicketAuth {
  const verifier = verifierOf(options);
  return {
    type: 'function',
    namesAuthid: true,
    verify: async (token, request) => {
      if (token.length > MAX_TOKEN_LENGTH) return undefined;
      try {
        return grantOf(await verifier(token), options, request);
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

function verifierOf(options: JwtTicketOptions): Verifier {
  const { secret, jwks, issuer, audience } = options;
  const checks = {
    requiredClaims: ['exp'],
    clockTolerance: TOLERANCE_S,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  if (secret !== undefined && jwks === undefined) {
    const key = new TextEncoder().encode(secret);
    if (key.length < 32) throw new TypeError('the secret of tokens must have 32 bytes at least');
    return async (token) =>
      (await jwtVerify(token, key, { ...checks, algorithms: SECRET_ALGORITHMS })).payload;
  }
  if (jwks === undefined || secret !== undefined) {
    throw new TypeError('tokens need either "secret" or "jwks", the file with the public keys');
  }
  const keys = new KeyFile(jwks);
  return async (token) => {
    const verify = async (find: JWTVerifyGetKey): Promise<JWTPayload> =>
      (await jwtVerify(token, find, { ...checks, algorithms: KEY_ALGORITHMS })).payload;
    try {
      return await verify(await keys.current());
    } catch (error) {
      const renewed = error instanceof errors.JWKSNoMatchingKey ? await keys.renewed() : undefined;
      if (renewed === undefined) throw error;
      return verify(renewed);
    }
  };
}

/** Keys that are read when they are needed, and again when they are not enough. */
class KeyFile {
  readonly #path: string;
  #keys: Promise<JWTVerifyGetKey> | undefined = undefined;
  #readAt = -Infinity;

  constructor(path: string) {
    this.#path = path;
  }

  current(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#read();
    return this.#keys;
  }

  /** The keys of the file as it is now; undefined if it was read a moment ago. */
  async renewed(): Promise<JWTVerifyGetKey | undefined> {
    if (performance.now() - this.#readAt < RELOAD_MS) return undefined;
    this.#keys = this.#read();
    return this.#keys;
  }

  async #read(): Promise<JWTVerifyGetKey> {
    this.#readAt = performance.now();
    try {
      return createLocalJWKSet(JSON.parse(await readFile(this.#path, 'utf8')) as JSONWebKeySet);
    } catch (error) {
      // Not kept: the file may be there for the next token.
      this.#keys = undefined;
      throw new Error(`the keys of tokens could not be read from ${this.#path}`, { cause: error });
    }
  }
}

function grantOf(
  claims: JWTPayload,
  options: JwtTicketOptions,
  request: AuthenticationRequest,
): Grant | undefined {
  const authid = claims[options['authid-claim'] ?? 'sub'];
  const role = claims[options['role-claim'] ?? 'role'] ?? options.role;
  if (typeof authid !== 'string' || authid === '' || typeof role !== 'string' || role === '')
    return undefined;
  // A token is for whom it names; a peer that claims to be somebody else has the wrong one.
  return request.authid === undefined || request.authid === authid ? { authid, role } : undefined;
}
