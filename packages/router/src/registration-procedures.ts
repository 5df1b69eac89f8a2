/**
 * `wamp.registration.*`: what is registered, and by whom. Hides the router's own registrations from ordinary roles.
 * Source: WAMP advanced profile, "Registration Meta API".
 */
import { ErrorUri, type Dict, type MatchPolicy } from '@wamp/protocol';
import type { Registration } from '@wamp/dealer';
import { ProcedureError, type LocalCall, type LocalProcedure } from './local-peer.js';
import { idArgument, matchOption, reasonOption, textArgument } from './meta-arguments.js';
import type { Realm } from './realm.js';
import { requireAdmin } from './session-procedures.js';

/** RegistrationDetails of the specification. */
export function registrationDetails(registration: Registration<unknown>): Dict {
  const { id, uri, match, invoke, createdAt } = registration;
  return { id, created: new Date(createdAt).toISOString(), uri, match, invoke };
}

/** The procedures of one realm, by URI. */
export function registrationProcedures(realm: Realm): Readonly<Record<string, LocalProcedure>> {
  const { registrations } = realm.dealer;
  const isVisible = (call: LocalCall, registration: Registration<unknown>): boolean =>
    !registration.internal || realm.adminRoles.has(call.callerAuthrole);
  const ids = (call: LocalCall, match: MatchPolicy): number[] =>
    registrations
      .list(match)
      .filter((registration) => isVisible(call, registration))
      .map((registration) => registration.id);
  const idOf = (call: LocalCall, found: Registration<unknown> | undefined): readonly unknown[] => [
    found !== undefined && isVisible(call, found) ? found.id : null,
  ];
  const get = (call: LocalCall): ReturnType<typeof registrations.get> & object => {
    const found = registrations.get(idArgument(call, 0, 'registration'));
    if (found === undefined) throw noSuchRegistration();
    if (!isVisible(call, found)) {
      throw new ProcedureError(ErrorUri.NotAuthorized, "this is one of the router's own registrations");
    }
    return found;
  };
  return {
    'wamp.registration.list': (call) => [
      { exact: ids(call, 'exact'), prefix: ids(call, 'prefix'), wildcard: ids(call, 'wildcard') },
    ],
    'wamp.registration.lookup': (call) =>
      idOf(call, registrations.lookup(textArgument(call, 0, 'procedure'), matchOption(call, 1))),
    'wamp.registration.match': (call) => idOf(call, registrations.match(textArgument(call, 0, 'procedure'))),
    'wamp.registration.get': (call) => [registrationDetails(get(call))],
    'wamp.registration.list_callees': (call) => [
      get(call).callees.map((callee) => callee.session.identity.session),
    ],
    'wamp.registration.count_callees': (call) => [get(call).callees.length],
    'wamp.registration.remove_callee': (call) => removeCallee(realm, call),
  };
}

function noSuchRegistration(): ProcedureError {
  return new ProcedureError(ErrorUri.NoSuchRegistration, 'there is no such registration');
}

/** Takes a callee off a registration, as Crossbar.io's procedure of that name does. */
function removeCallee(realm: Realm, call: LocalCall): readonly unknown[] {
  requireAdmin(realm, call);
  const registration = idArgument(call, 0, 'registration');
  const callee = idArgument(call, 1, 'callee');
  const reason = reasonOption(call.kwargs);
  if (realm.dealer.registrations.get(registration)?.internal === true) {
    throw new ProcedureError(ErrorUri.NotAuthorized, "this is one of the router's own registrations");
  }
  const outcome = realm.dealer.removeCallee(registration, callee, reason, realm.now);
  if (outcome === 'no_such_registration') throw noSuchRegistration();
  if (outcome === 'no_such_session') {
    throw new ProcedureError(ErrorUri.NoSuchSession, 'that session is no callee of the registration');
  }
  return [];
}
