/** @wamp/client/auth: the ways to log in. A bundler takes only those that are used. */
export { certificate } from './certificate.js';
export { cryptosign, type CryptosignOptions, type CryptosignSigner } from './cryptosign.js';
export { scram, type ScramOptions } from './scram.js';
export { jwt, ticket } from './ticket.js';
export { wampcra } from './wampcra.js';
export type { Secret } from './secret.js';
