/**
 * The method `ticket`: the secret is shown as it is, so only over TLS.
 * Source: WAMP advanced profile, "Ticket-based Authentication".
 */
import type { Authenticator } from '../handshake.js';
import { reveal, type Secret } from './secret.js';

/** Logs in with a ticket. */
export function ticket(authid: string, secret: Secret): Authenticator {
  return { method: 'ticket', authid, onChallenge: () => reveal(secret) };
}

/**
 * Logs in with a signed token (JWT), as the ticket of the method `ticket`. Tokens expire: give a function, and each
 * connection gets a fresh one.
 * @param authid where the router wants it named; many routers read it from the token
 */
export function jwt(token: Secret, authid?: string): Authenticator {
  return {
    method: 'ticket',
    ...(authid !== undefined && { authid }),
    onChallenge: () => reveal(token),
  };
}
