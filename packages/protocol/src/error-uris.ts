/**
 * The error and close-reason URIs that WAMP predefines, and those that this toolkit adds.
 * Source: basic and advanced profile, "Predefined URIs".
 */

export const ErrorUri = {
  InvalidUri: 'wamp.error.invalid_uri',
  NoSuchProcedure: 'wamp.error.no_such_procedure',
  ProcedureAlreadyExists: 'wamp.error.procedure_already_exists',
  NoSuchRegistration: 'wamp.error.no_such_registration',
  NoSuchSubscription: 'wamp.error.no_such_subscription',
  NoSuchSession: 'wamp.error.no_such_session',
  InvalidArgument: 'wamp.error.invalid_argument',
  Canceled: 'wamp.error.canceled',
  Timeout: 'wamp.error.timeout',
  PayloadSizeExceeded: 'wamp.error.payload_size_exceeded',
  ProtocolViolation: 'wamp.error.protocol_violation',
  NotAuthorized: 'wamp.error.not_authorized',
  AuthorizationFailed: 'wamp.error.authorization_failed',
  NoSuchRealm: 'wamp.error.no_such_realm',
  NoSuchRole: 'wamp.error.no_such_role',
  NoMatchingAuthMethod: 'wamp.error.no_matching_auth_method',
  NoSuchPrincipal: 'wamp.error.no_such_principal',
  AuthenticationDenied: 'wamp.error.authentication_denied',
  AuthenticationFailed: 'wamp.error.authentication_failed',
  AuthenticationRequired: 'wamp.error.authentication_required',
  CannotAuthenticate: 'wamp.error.cannot_authenticate',
  DiscloseMeDisallowed: 'wamp.error.option_disallowed.disclose_me',
  OptionNotAllowed: 'wamp.error.option_not_allowed',
  NetworkFailure: 'wamp.error.network_failure',
  Unavailable: 'wamp.error.unavailable',
  NoAvailableCallee: 'wamp.error.no_available_callee',
  FeatureNotSupported: 'wamp.error.feature_not_supported',
  RuntimeError: 'wamp.error.runtime_error',
  /** reason in a forced UNREGISTERED, as Crossbar.io sends it */
  Unregistered: 'wamp.error.unregistered',
  /** a limit of the router (registrations, subscriptions, calls in flight, …) is reached; ours */
  LimitExceeded: 'wamp.error.limit_exceeded',
  /** every callee is at its `concurrency` and nothing may queue; the name that Crossbar.io uses */
  MaxConcurrencyReached: 'crossbar.error.max_concurrency_reached',
} as const;

export const CloseUri = {
  CloseRealm: 'wamp.close.close_realm',
  SystemShutdown: 'wamp.close.system_shutdown',
  GoodbyeAndOut: 'wamp.close.goodbye_and_out',
  Killed: 'wamp.close.killed',
  Normal: 'wamp.close.normal',
} as const;

/** Spellings that other implementations use, and ours for them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['wamp.error.cancelled', ErrorUri.Canceled],
  ['wamp.error.disclose_me.not_allowed', ErrorUri.DiscloseMeDisallowed],
  ['wamp.error.authorization_denied', ErrorUri.NotAuthorized],
]);

/** The specification's spelling of an error URI that a peer may have sent in a variant; others are returned unchanged. */
export function canonicalErrorUri(uri: string): string {
  return ALIASES.get(uri) ?? uri;
}
