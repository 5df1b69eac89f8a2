/**
 * `wamp.session.add_testament` and `wamp.session.flush_testaments`: a session's own testaments, nobody else's. A testament
 * that could not be published is refused when it is made. Publishes nothing itself.
 * Source: WAMP advanced profile, "Testaments".
 */
import {
  checkOptions,
  ErrorUri,
  isPassthru,
  isReservedUri,
  isValidUri,
  OPTION_RULES,
  ProtocolViolation,
  type PublishOptions,
} from '@wamp/protocol';
import { callersSeat, requireAllowed } from './calling-session.js';
import { keep } from './kept-values.js';
import { ProcedureError, type LocalCall, type LocalProcedure } from './local-peer.js';
import { invalid, optionalDict, optionalList, textArgument } from './meta-arguments.js';
import { askPermission, type Permission } from './permission.js';
import type { Realm } from './realm.js';
import type { RouterContext } from './router-context.js';
import type { Seat } from './seat.js';
import { Testaments, type Testament, type TestamentScope } from './testaments.js';

/** The procedures of one realm, by URI. */
export function testamentProcedures(
  realm: Realm,
  context: RouterContext,
): Readonly<Record<string, LocalProcedure>> {
  return {
    'wamp.session.add_testament': (call) => {
      const seat = callersSeat(realm, call);
      const scope = scopeOption(call);
      const testament = readTestament(realm, seat, call);
      const permission = askPermission(context, realm.authorizer, seat.info, 'publish', testament.topic);
      if (typeof permission === 'string') return add(context, seat, scope, testament, permission);
      return permission.then((decided) => add(context, seat, scope, testament, decided));
    },
    'wamp.session.flush_testaments': (call) => {
      const scope = scopeOption(call);
      callersSeat(realm, call).testaments?.flush(scope);
      return [];
    },
  };
}

function scopeOption({ kwargs }: LocalCall): TestamentScope {
  const scope = kwargs['scope'] ?? 'destroyed';
  if (scope !== 'destroyed' && scope !== 'detached') throw invalid('scope must be "destroyed" or "detached"');
  return scope;
}

/** Reads a testament, and sees to it that the broker is going to accept it. */
function readTestament(realm: Realm, seat: Seat, call: LocalCall): Testament {
  const topic = textArgument(call, 0, 'topic');
  const args = optionalList(call.args[1], 'argument 1, args,');
  const kwargs = optionalDict(call.args[2], 'argument 2, kwargs,');
  const options = publishOptions(call);
  if (!isValidUri(topic, 'exact', realm.uriRule) || isReservedUri(topic)) {
    throw new ProcedureError(ErrorUri.InvalidUri, 'the topic is not a valid URI, or is reserved');
  }
  if (options.disclose_me === true && realm.disclosure === 'never') {
    throw new ProcedureError(ErrorUri.DiscloseMeDisallowed, 'publishers are not disclosed here');
  }
  if (isPassthru(options) && !seat.broker.passesThru) {
    throw invalid('ppt_scheme is used, but payload_passthru_mode was not announced for the publisher role');
  }
  const head = keep([topic, options]);
  const payload = keep(args, kwargs);
  // The copy of the options, so that nothing of the frame lives on.
  const kept = head.args[1] as PublishOptions;
  return { topic, payload, options: kept, bytes: head.byteLength + payload.byteLength };
}

function publishOptions({ kwargs }: LocalCall): PublishOptions {
  const given = optionalDict(kwargs['publish_options'], 'publish_options');
  const options = { ...given };
  // Nobody is there to get an answer.
  Reflect.deleteProperty(options, 'acknowledge');
  try {
    return checkOptions(options, OPTION_RULES.publish, 'publish_options');
  } catch (error) {
    if (ProtocolViolation.is(error)) throw invalid(error.message);
    throw error;
  }
}

function add(
  { limits }: RouterContext,
  seat: Seat,
  scope: TestamentScope,
  testament: Testament,
  permission: Permission,
): readonly unknown[] {
  requireAllowed(permission, 'this session may not publish that');
  // The session may have ended while the permission was being decided on: then this reaches nobody, and is forgotten.
  seat.testaments ??= new Testaments(limits);
  if (!seat.testaments.add(scope, testament)) {
    throw new ProcedureError(
      ErrorUri.LimitExceeded,
      `a session has at most ${limits.testaments} testaments of ${limits.testamentBytes} bytes together`,
    );
  }
  return [];
}
