/** The error for "this payload cannot travel", in a file of its own: who looks at values only needs no raw payloads. */

/** A payload cannot be expressed in the receiver's format, or decoded here. The call or event fails, no session does. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}
