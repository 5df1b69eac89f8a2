/**
 * The session behind the call of a meta procedure: who it is, and what became of asking for its permission.
 * Decides nothing itself.
 */
import { ErrorUri } from '@wamp/protocol';
import { ProcedureError, type LocalCall } from './local-peer.js';
import type { Permission } from './permission.js';
import type { Realm } from './realm.js';
import type { Seat } from './seat.js';

/** The caller's seat. @throws ProcedureError `wamp.error.no_such_session` for the router's own peers */
export function callersSeat(realm: Realm, call: LocalCall): Seat {
  const seat = realm.findSeat(call.caller);
  if (seat === undefined) {
    throw new ProcedureError(ErrorUri.NoSuchSession, 'the caller is no session of this router');
  }
  return seat;
}

/**
 * @param sentence says what the session may not do
 * @throws ProcedureError `wamp.error.not_authorized`, or `wamp.error.authorization_failed` if nobody could decide
 */
export function requireAllowed(permission: Permission, sentence: string): void {
  if (permission === 'denied') throw new ProcedureError(ErrorUri.NotAuthorized, sentence);
  if (permission === 'failed') {
    throw new ProcedureError(ErrorUri.AuthorizationFailed, 'the permission could not be checked');
  }
}
