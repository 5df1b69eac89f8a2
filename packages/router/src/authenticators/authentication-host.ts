/**
 * What the authentication methods need of the router around them. An interface only.
 */
export interface AuthenticationHost {
  /** secret of this router, for what must be unpredictable and yet the same each time */
  readonly secret: Uint8Array;
  /** Whether an Ed25519 signature is the key's. */
  verifyEd25519(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean | Promise<boolean>;
  /**
   * Calls an authenticator procedure.
   * @param realm where it is registered
   * @returns the positional arguments of its result; rejects with CallFailed
   */
  callAuthenticator(realm: string, procedure: string, args: readonly unknown[]): Promise<readonly unknown[]>;
}
