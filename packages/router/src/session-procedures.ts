/**
 * `wamp.session.*`: who is there, and ending sessions. Reads and ends sessions of its own realm only.
 * Source: WAMP advanced profile, "Session Meta API".
 */
import { CloseUri, ErrorUri, type Dict } from '@wamp/protocol';
import { keep } from './kept-values.js';
import type { RouterLimits } from './limits.js';
import { ProcedureError, type LocalCall, type LocalProcedure } from './local-peer.js';
import {
  idArgument,
  invalid,
  messageOption,
  optionalDict,
  optionalTexts,
  reasonOption,
  textArgument,
} from './meta-arguments.js';
import type { Realm } from './realm.js';
import type { Seat } from './seat.js';
import type { SessionInfo } from './session-info.js';

/**
 * What the meta API says about a session; the transport's details stay with the router.
 * @param more what was added through the meta API
 */
export function sessionDetails(info: SessionInfo, more?: Dict): Dict {
  const { session, authid, authrole, authmethod, authprovider } = info;
  const details = { session, authid, authrole, authmethod, authprovider };
  return more === undefined ? details : { ...more, ...details };
}

/** What a session's details say because the router knows it; nobody can say otherwise. */
const ESTABLISHED = ['session', 'authid', 'authrole', 'authmethod', 'authprovider'] as const;

/** Throws unless the caller's role may administer the realm. */
export function requireAdmin(realm: Realm, call: LocalCall): void {
  if (!realm.adminRoles.has(call.callerAuthrole)) {
    throw new ProcedureError(ErrorUri.NotAuthorized, 'this role may not use this procedure');
  }
}

/** The procedures of one realm, by URI. */
export function sessionProcedures(
  realm: Realm,
  limits: RouterLimits,
): Readonly<Record<string, LocalProcedure>> {
  return {
    'wamp.session.count': (call) => {
      const roles = optionalTexts(call, 0, 'filter_authroles');
      return [roles === undefined ? realm.size : ofRoles(realm, roles).length];
    },
    'wamp.session.list': (call) => {
      const roles = optionalTexts(call, 0, 'filter_authroles');
      const seats = roles === undefined ? [...realm.seats()] : ofRoles(realm, roles);
      return [seats.map((seat) => seat.info.session)];
    },
    'wamp.session.get': (call) => {
      const seat = realm.findSeat(idArgument(call, 0, 'session'));
      if (seat === undefined) throw noSuchSession();
      return [sessionDetails(seat.info, seat.moreDetails)];
    },
    'wamp.session.modify_details': (call) => modifyDetails(realm, limits, call),
    'wamp.session.kill': (call) => {
      requireAdmin(realm, call);
      const id = idArgument(call, 0, 'session');
      const end = ending(call, false);
      const seat = realm.findSeat(id);
      if (seat === undefined || id === call.caller) throw noSuchSession();
      end(seat);
      return [];
    },
    'wamp.session.kill_by_authid': (call) => {
      requireAdmin(realm, call);
      const authid = textArgument(call, 0, 'authid');
      return [killAll(realm, call, (info) => info.authid === authid, false)];
    },
    'wamp.session.kill_by_authrole': (call) => {
      requireAdmin(realm, call);
      const authrole = textArgument(call, 0, 'authrole');
      return [killAll(realm, call, (info) => info.authrole === authrole, false).length];
    },
    'wamp.session.kill_all': (call) => {
      requireAdmin(realm, call);
      // spec: no meta events for these
      return [killAll(realm, call, () => true, true).length];
    },
  };
}

/**
 * Adds to a session's details, as Nexus' procedure of that name does: null takes a key away.
 */
function modifyDetails(realm: Realm, limits: RouterLimits, call: LocalCall): readonly unknown[] {
  requireAdmin(realm, call);
  const id = idArgument(call, 0, 'session');
  const delta = optionalDict(call.args[1], 'argument 1, delta,');
  if (delta === undefined) throw invalid('argument 1, delta, must be a dictionary');
  for (const key of ESTABLISHED) {
    if (Object.hasOwn(delta, key)) throw invalid(`${key} cannot be changed`);
  }
  const seat = realm.findSeat(id);
  if (seat === undefined) throw noSuchSession();
  const changed = Object.entries({ ...seat.moreDetails, ...delta }).filter(([, value]) => value !== null);
  const kept = keep([Object.fromEntries(changed)]);
  if (kept.byteLength > limits.sessionDetailsBytes) {
    throw new ProcedureError(
      ErrorUri.LimitExceeded,
      `the added details would have more than ${limits.sessionDetailsBytes} bytes`,
    );
  }
  seat.moreDetails = changed.length === 0 ? undefined : (kept.args[0] as Dict);
  return [];
}

function ofRoles(realm: Realm, roles: ReadonlySet<string>): Seat[] {
  return [...realm.seats()].filter((seat) => roles.has(seat.info.authrole));
}

function noSuchSession(): ProcedureError {
  return new ProcedureError(ErrorUri.NoSuchSession, 'there is no such session');
}

/** Reads how the sessions are to be ended, before any of them is. */
function ending(call: LocalCall, isSilent: boolean): (seat: Seat) => void {
  const reason = reasonOption(call.kwargs) ?? CloseUri.Killed;
  const message = messageOption(call.kwargs);
  return (seat) => {
    seat.session.dismiss(reason, message, 'killed', isSilent);
  };
}

/** Ends the sessions that are wanted, except the caller's. @returns their ids */
function killAll(
  realm: Realm,
  call: LocalCall,
  isWanted: (info: SessionInfo) => boolean,
  isSilent: boolean,
): number[] {
  const end = ending(call, isSilent);
  const seats = [...realm.seats()].filter((seat) => seat.info.session !== call.caller && isWanted(seat.info));
  for (const seat of seats) end(seat);
  return seats.map((seat) => seat.info.session);
}
