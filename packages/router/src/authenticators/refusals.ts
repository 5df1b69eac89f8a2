/** The refusals that all methods share. A wrong secret and an unknown principal are the same one. */
import { ErrorUri } from '@wamp/protocol';
import type { AuthenticationStep } from '../authentication.js';

export const DENIED: AuthenticationStep = Object.freeze({
  type: 'refused',
  reason: ErrorUri.AuthenticationDenied,
  message: 'the identity could not be proved',
});

export const NO_AUTHID: AuthenticationStep = Object.freeze({
  type: 'refused',
  reason: ErrorUri.AuthenticationDenied,
  message: 'this method needs an authid in HELLO',
});

/** A HELLO or AUTHENTICATE with which the method cannot work, whoever the peer is. */
export function unusable(message: string): AuthenticationStep {
  return { type: 'refused', reason: ErrorUri.AuthenticationFailed, message };
}
