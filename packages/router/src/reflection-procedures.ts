/**
 * `wamp.reflection.procedure.*`: which procedures there are to be called, and what their callees publish about them. Hides
 * the router's own registrations from ordinary roles. The specification's chapter "Procedure Reflection" is a sketch that
 * names these procedures and defines neither arguments nor results; those here are this toolkit's.
 */
import { ErrorUri, type Dict } from '@wamp/protocol';
import type { Registration } from '@wamp/dealer';
import { ProcedureError, type LocalCall, type LocalProcedure } from './local-peer.js';
import { matchOption, textArgument } from './meta-arguments.js';
import type { Realm } from './realm.js';

/** The procedures of one realm, by URI. */
export function reflectionProcedures(realm: Realm): Readonly<Record<string, LocalProcedure>> {
  const { registrations } = realm.dealer;
  const isVisible = (call: LocalCall, registration: Registration<unknown>): boolean =>
    !registration.internal || realm.adminRoles.has(call.callerAuthrole);
  return {
    'wamp.reflection.procedure.list': (call) => [
      (['exact', 'prefix', 'wildcard'] as const)
        .flatMap((match) => registrations.list(match))
        .filter((registration) => isVisible(call, registration))
        .map(({ uri, match }) => ({ uri, match })),
    ],
    'wamp.reflection.procedure.describe': (call) => {
      const found = registrations.lookup(textArgument(call, 0, 'procedure'), matchOption(call, 1));
      if (found === undefined || !isVisible(call, found)) {
        throw new ProcedureError(ErrorUri.NoSuchProcedure, 'there is no such procedure');
      }
      return [procedureDetails(found)];
    },
  };
}

function procedureDetails(registration: Registration<unknown>): Dict {
  const { uri, match, invoke, callees, description } = registration;
  return { uri, match, invoke, callees: callees.length, ...description };
}
