/**
 * The predefined URIs that this package itself uses, one constant each, so that bundles hold no others. Their spelling is
 * that of `ErrorUri` and `CloseUri`, which the compiler checks.
 */
import type { CloseUri, ErrorUri } from '@wamp/protocol';

export const CANCELED: typeof ErrorUri.Canceled = 'wamp.error.canceled';
export const CANNOT_AUTHENTICATE: typeof ErrorUri.CannotAuthenticate = 'wamp.error.cannot_authenticate';
export const FEATURE_NOT_SUPPORTED: typeof ErrorUri.FeatureNotSupported = 'wamp.error.feature_not_supported';
export const INVALID_ARGUMENT: typeof ErrorUri.InvalidArgument = 'wamp.error.invalid_argument';
export const LIMIT_EXCEEDED: typeof ErrorUri.LimitExceeded = 'wamp.error.limit_exceeded';
export const NETWORK_FAILURE: typeof ErrorUri.NetworkFailure = 'wamp.error.network_failure';
export const NO_SUCH_REALM: typeof ErrorUri.NoSuchRealm = 'wamp.error.no_such_realm';
export const NO_SUCH_REGISTRATION: typeof ErrorUri.NoSuchRegistration = 'wamp.error.no_such_registration';
export const NOT_AUTHORIZED: typeof ErrorUri.NotAuthorized = 'wamp.error.not_authorized';
export const PAYLOAD_SIZE_EXCEEDED: typeof ErrorUri.PayloadSizeExceeded = 'wamp.error.payload_size_exceeded';
export const PROCEDURE_ALREADY_EXISTS: typeof ErrorUri.ProcedureAlreadyExists =
  'wamp.error.procedure_already_exists';
export const PROTOCOL_VIOLATION: typeof ErrorUri.ProtocolViolation = 'wamp.error.protocol_violation';
export const RUNTIME_ERROR: typeof ErrorUri.RuntimeError = 'wamp.error.runtime_error';
export const TIMEOUT: typeof ErrorUri.Timeout = 'wamp.error.timeout';
export const UNAVAILABLE: typeof ErrorUri.Unavailable = 'wamp.error.unavailable';

export const CLOSE_REALM: typeof CloseUri.CloseRealm = 'wamp.close.close_realm';
export const GOODBYE_AND_OUT: typeof CloseUri.GoodbyeAndOut = 'wamp.close.goodbye_and_out';
