/** @wamp/client: a WAMP client for Node and browsers. */
export {
  connect,
  type ConnectOptions,
  type ConnectTarget,
  type ConnectTargets,
  type TransportFactory,
} from './connect.js';
export type { Client, ClientStatus, DrainOptions, StatusFeed } from './client.js';
export type { OfflinePolicy } from './connection.js';
export type { Middleware } from './middleware.js';
export type { ReconnectOptions } from './reconnect.js';
export type { ClientTransport, SessionEnd } from './client-session.js';
export type { CallOptions, CallScope, Chunks, OutgoingCall } from './caller.js';
export type { ProgressiveCall, StreamOptions, UploadOptions } from './progressive-call.js';
export type { InvocationHandler, ProcedureDescription, RegisterOptions, Registration } from './callee.js';
export type { CallerIdentity, Invocation } from './invocation.js';
export type { PublishOptions } from './publisher.js';
export type {
  EventHandler,
  EventSubscription,
  ReceivedEvent,
  SubscribeOptions,
  Subscription,
} from './subscriber.js';
export type {
  AuthenticationAttempt,
  Authenticator,
  Challenge,
  ChallengeAnswer,
  SessionToken,
} from './handshake.js';
export type { PassthruHeader, PayloadLayer, PayloadValues } from './payload-layer.js';
export type { ErrorOrigin } from './request.js';
export { Result } from './result.js';
export {
  CanceledError,
  ConnectionError,
  ConnectionLostError,
  TimeoutError,
  UnavailableError,
  UsageError,
  WampError,
  type WampErrorOptions,
} from './wamp-error.js';
export { CloseUri, ErrorUri } from '@wamp/protocol';
export type {
  CancelMode,
  Dict,
  InvokePolicy,
  ListCodec,
  MatchPolicy,
  Serializer,
  Transport,
} from '@wamp/protocol';
