/** @wamp/router-server: puts a WAMP router on the network. The process `wamp-router` is `cli.ts`. */
export { Router } from '@wamp/router';
export type { RealmOptions, RouterObserver, RouterOptions } from '@wamp/router';
export { DEFAULT_LISTENER_LIMITS, type ListenerLimits } from './limits.js';
export {
  attach,
  listen,
  type AttachOptions,
  type CloseOptions,
  type ListenOptions,
  type RouterAttachment,
  type RouterServer,
} from './listen.js';
export { ListenError } from './listen-error.js';
export { OperatingPages, type HttpPages, type OperatingFacts, type Readiness } from './operating-pages.js';
export { nodeSerializers } from './node-serializers.js';
export type { EndpointOptions, RawSocketOptions } from './endpoint.js';
export type { LongPollOptions } from './longpoll-listener.js';
export type { TlsCertificate, TlsOptions } from './tls-certificates.js';
export type { CompressionOptions } from './ws-compression.js';
export type { TransportAcceptor, WsListenerOptions } from './ws-listener.js';
export { jwtTickets, type JwtTicketOptions } from './jwt-tickets.js';
export { verifyEd25519 } from './node-ed25519.js';
