/**
 * The error for "the peer broke the protocol". Whoever reads from a peer catches it in one place and answers ABORT.
 */

/** Stable codes of what was broken; they appear in logs and metrics. */
export type ViolationCode =
  | 'malformed' // bytes are not the serializer's format, or something follows the message
  | 'invalid_utf8'
  | 'too_deep' // nesting beyond the limit
  | 'not_a_message' // not a list, an empty list, code not an integer
  | 'unknown_message' // a code that is not in the table
  | 'wrong_length'
  | 'wrong_type' // an element or a known option has another type than the layout says
  | 'wrong_frame_type' // text where binary belongs, or the reverse
  | 'unexpected_message' // wrong direction or wrong state
  | 'invalid_request_id'
  | 'feature_not_announced'
  | 'invalid_uri';

const BRAND = Symbol.for('@wamp/protocol/ProtocolViolation');

/**
 * A peer broke the protocol: the session has to end with ABORT `wamp.error.protocol_violation`.
 * Source: WAMP basic profile, "Protocol Violations".
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly code: ViolationCode;

  constructor(code: ViolationCode, message: string) {
    super(message);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for violations of this and of any other installed copy of the package. */
  static is(value: unknown): value is ProtocolViolation {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
