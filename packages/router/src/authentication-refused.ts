/**
 * The refusal of a login with a reason of its own, thrown by whoever decides: a function of the embedding program, or what
 * asks a dynamic authenticator. Anything else that is thrown is a technical failure.
 */
export class AuthenticationRefused extends Error {
  override readonly name = 'AuthenticationRefused';
  /** URI, the reason of the ABORT */
  readonly reason: string;

  /** @param sentence is sent to the peer; must not tell wrong secret and unknown principal apart */
  constructor(reason: string, sentence: string) {
    super(sentence);
    this.reason = reason;
  }
}
