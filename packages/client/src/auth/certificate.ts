/**
 * The method `tls`: the certificate that the client has shown when the connection was made is the proof; nothing is asked.
 */
import type { Authenticator } from '../handshake.js';

/**
 * Logs in with the certificate that is given to the transport, as its options `tls: { cert, key }`.
 * @param authid the identity to claim; without it the router names the one that the certificate belongs to
 */
export function certificate(authid?: string): Authenticator {
  return {
    method: 'tls',
    ...(authid !== undefined && { authid }),
    onChallenge: () => {
      throw new Error('a certificate answers no challenge');
    },
  };
}
