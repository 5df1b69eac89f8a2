/**
 * `wamp.subscription.get_events`: what happened on a subscription, for those who may subscribe to it. Which events that
 * are is the broker's business.
 * Source: WAMP advanced profile, "Event History".
 */
import { ErrorUri, Payload, PayloadError, type PayloadCodec } from '@wamp/protocol';
import { readHistoryRequest, type HistoryQuery, type Refusal } from '@wamp/broker';
import { callersSeat, requireAllowed } from './calling-session.js';
import { ProcedureError, type LocalProcedure } from './local-peer.js';
import { codecOf } from './payload-codecs.js';
import { askPermission, type Permission } from './permission.js';
import type { Realm } from './realm.js';
import type { RouterContext } from './router-context.js';
import type { Seat } from './seat.js';

/** The procedure of one realm. */
export function historyProcedure(realm: Realm, context: RouterContext): LocalProcedure {
  return (call) => {
    const seat = callersSeat(realm, call);
    const request = readHistoryRequest(call.args, call.kwargs);
    if ('sentence' in request) throw refused(request);
    const found = realm.broker.subscriptions.get(request.subscription);
    if (found === undefined) {
      throw new ProcedureError(ErrorUri.NoSuchSubscription, 'there is no such subscription');
    }
    const answer = (permission: Permission): Payload => {
      requireAllowed(permission, 'this session may not subscribe to that, nor ask what happened there');
      return eventsFor(realm, context, seat, request.subscription, request.query);
    };
    const permission = askPermission(
      context,
      realm.authorizer,
      seat.info,
      'subscribe',
      found.uri,
      found.match,
    );
    return typeof permission === 'string' ? answer(permission) : permission.then(answer);
  };
}

function eventsFor(
  realm: Realm,
  { clock }: RouterContext,
  { broker: { identity }, session }: Seat,
  subscription: number,
  query: HistoryQuery,
): Payload {
  // Not the time of the dispatch, which may be long past when the permission took its time.
  const answer = realm.broker.events(subscription, query, identity, clock.now());
  if ('sentence' in answer) throw refused(answer);
  return expressible(realm.broker.eventsPayload(answer), codecOf(session.format));
}

/**
 * Without those events that the caller's format cannot express (nested too deep inside the answer, for example): they
 * must not keep it from the others. A live subscriber would not get them either. What is encoded here is sent.
 */
function expressible(payload: Payload, codec: PayloadCodec): Payload {
  if (isExpressible(payload, codec)) return payload;
  const items = payload.args.filter((item) => isExpressible(Payload.of([item]), codec));
  return Payload.of(items, payload.kwargs);
}

function isExpressible(payload: Payload, codec: PayloadCodec): boolean {
  try {
    payload.encodedFor(codec);
    return true;
  } catch (error) {
    if (error instanceof PayloadError) return false;
    throw error;
  }
}

function refused({ uri, sentence }: Refusal): ProcedureError {
  return new ProcedureError(uri, sentence);
}
