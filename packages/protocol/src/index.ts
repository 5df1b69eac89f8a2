/** @wamp/protocol: everything that two WAMP peers must agree on, and nothing about sessions or routing. */
export * from './dict.js';
export * from './error-uris.js';
export * from './features.js';
export * from './identity.js';
export * from './ids.js';
export * from './memory-transport.js';
export * from './message-kind.js';
export * from './messages.js';
export * from './options.js';
export * from './passthru.js';
export * from './payload.js';
export * from './protocol-violation.js';
export * from './rawsocket.js';
export * from './serializer.js';
export * from './transport.js';
export * from './uri-table.js';
export * from './uris.js';
