/**
 * Asks an authenticator procedure who a peer is: `authenticator(realm, authid, details)`, as with Crossbar.io. Owns the call
 * and the meaning of its errors; what the answer has to contain is the methods' business.
 */
import { ErrorUri } from '@wamp/protocol';
import type { DynamicAuth } from '../auth-options.js';
import { AuthenticationRefused } from '../authentication-refused.js';
import type { AuthenticationRequest } from '../authentication.js';
import { CallFailed } from '../local-peer.js';
import type { AuthenticationHost } from './authentication-host.js';
import { describeTransport } from '../transport-description.js';

/** The predefined errors by which an authenticator refuses; others of that kind mean that it could not be asked. */
const REFUSALS: ReadonlySet<string> = new Set([
  ErrorUri.AuthenticationDenied,
  ErrorUri.AuthenticationFailed,
  ErrorUri.AuthenticationRequired,
  ErrorUri.NotAuthorized,
  ErrorUri.NoSuchRealm,
  ErrorUri.NoSuchRole,
]);

const LONGEST_SENTENCE = 200;

/**
 * @param more what the method adds to the details
 * @returns what the procedure answered; undefined if it knows no such principal
 * @throws AuthenticationRefused if it refused; CallFailed if it could not be asked
 */
export async function askAuthenticator(
  host: AuthenticationHost,
  options: DynamicAuth,
  method: string,
  request: AuthenticationRequest,
  more: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { realm, authid, authrole, authextra, session, transport } = request;
  const details = {
    session,
    authmethod: method,
    authextra,
    ...(authid !== undefined && { authid }),
    ...(authrole !== undefined && { authrole }),
    transport: describeTransport(transport),
    ...more,
  };
  try {
    const args = [realm, authid ?? null, details];
    const [answer] = await host.callAuthenticator(
      options['authenticator-realm'] ?? realm,
      options.authenticator,
      args,
    );
    return answer;
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (error.uri === ErrorUri.NoSuchPrincipal) return undefined;
    if (error.uri.startsWith('wamp.error.') && !REFUSALS.has(error.uri)) throw error;
    throw new AuthenticationRefused(error.uri, sentenceOf(error));
  }
}

function sentenceOf({ args: [first] }: CallFailed): string {
  return typeof first === 'string' ? first.slice(0, LONGEST_SENTENCE) : 'the authenticator refused';
}
