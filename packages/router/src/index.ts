/** @wamp/router: a WAMP router to embed. Realms, sessions, authentication, authorization and the meta API; no sockets. */
export { Router, type DrainOptions, type DrainResult, type RouterOptions } from './router.js';
export { DEFAULT_MAX_TIMEOUT_MS, DEFAULT_PROBE_MS, type RealmOptions } from './realm.js';
export {
  DEFAULT_HISTORY,
  DEFAULT_LIMITS as DEFAULT_BROKER_LIMITS,
  DEFAULT_MEMORY_STORE_LIMITS,
  DEFAULT_RETENTION,
  MemoryEventStore,
  type BrokerLimits,
  type EventStore,
  type HistoryConfiguration,
  type MemoryEventStoreLimits,
  type SlowPolicy,
  type StoreFailure,
} from '@wamp/broker';
export { DEFAULT_LIMITS as DEFAULT_DEALER_LIMITS, type DealerLimits } from '@wamp/dealer';
export {
  anonymous,
  type AnonymousOptions,
  type AuthenticationRequest,
  type AuthenticationStep,
  type Authenticator,
  type Principal,
} from './authentication.js';
export type {
  AnonymousAuth,
  AuthOptions,
  CertificateGrant,
  CryptosignGrant,
  DynamicAuth,
  FunctionAuth,
  FunctionTicketAuth,
  Grant,
  Principals,
  ScramGrant,
  StaticCryptosignAuth,
  StaticScramAuth,
  StaticTicketAuth,
  StaticTlsAuth,
  StaticWampcraAuth,
  TicketAuth,
  TicketGrant,
  WampcraGrant,
} from './auth-options.js';
export { AuthenticationRefused } from './authentication-refused.js';
export type { Action, Authorizer, Decision, Verdict } from './authorization.js';
export type { AuthorizerReference, PermissionOptions, RoleOptions } from './role-options.js';
export type { TrustLevelOf } from './trust-levels.js';
export type { LeaveCause, RouterObserver, Undelivered } from './observer.js';
export type { SessionInfo } from './session-info.js';
export type { CounterValues, DropReason, RealmStats, RouterStats } from './stats.js';
export { DEFAULT_LIMITS, type RouterLimits } from './limits.js';
export { systemClock, systemRandom32, type Clock, type Defer, type Timer } from './clock.js';
