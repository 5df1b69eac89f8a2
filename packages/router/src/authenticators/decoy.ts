/**
 * What peers are told that claim to be somebody who does not exist: the same each time, and not to be told from the truth.
 * Source: RFC 5802, section 9; the recommendation on unknown users in WAMP-SCRAM.
 */
import { derivedBytes } from '@wamp/protocol/auth/secrets';
import type { AuthenticationRequest } from '../authentication.js';

export class Decoy {
  readonly #secret: Uint8Array;
  readonly #method: string;

  constructor(secret: Uint8Array, method: string) {
    this.#secret = secret;
    this.#method = method;
  }

  /** 32 bytes for one use, for example a salt, of who the peer claims to be. */
  bytes({ realm, authid }: AuthenticationRequest, use: string): Uint8Array {
    return derivedBytes(this.#secret, JSON.stringify([this.#method, use, realm, authid]));
  }

  /** One of the list, always the same for the same claim; undefined if it is empty. */
  pick<T>(request: AuthenticationRequest, list: readonly T[]): T | undefined {
    const [a, b, c] = this.bytes(request, 'pick');
    return list[((a! << 16) | (b! << 8) | c!) % list.length];
  }
}
