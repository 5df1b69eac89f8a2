/** @wamp/client: a WAMP client for Node and browsers. */
export { connect, type ConnectOptions, type ConnectTarget, type TransportFactory } from './connect.js';
export { Client } from './client.js';
export type { ClientStatus } from './connection.js';
export type { ReconnectOptions } from './reconnect.js';
export type { ClientTransport, SessionEnd } from './client-session.js';
export type { CallOptions, CallScope } from './caller.js';
export type { Chunks, ProgressiveCall, StreamOptions, UploadOptions } from './progressive-call.js';
export type { InvocationHandler, ProcedureDescription, RegisterOptions, Registration } from './callee.js';
export type { CallerIdentity, Invocation } from './invocation.js';
export type { PublishOptions } from './publisher.js';
export type { EventHandler, ReceivedEvent, SubscribeOptions, Subscription } from './subscriber.js';
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
