/**
 * `wamp.subscription.*`: who listens to what, and what happened there.
 * Source: WAMP advanced profile, "Subscription Meta API".
 */
import { ErrorUri, type Dict, type MatchPolicy } from '@wamp/protocol';
import type { Subscription } from '@wamp/broker';
import { historyProcedure } from './history-procedure.js';
import { ProcedureError, type LocalCall, type LocalProcedure } from './local-peer.js';
import { idArgument, matchOption, reasonOption, textArgument } from './meta-arguments.js';
import type { Realm } from './realm.js';
import type { RouterContext } from './router-context.js';
import { requireAdmin } from './session-procedures.js';

/** SubscriptionDetails of the specification. */
export function subscriptionDetails(subscription: Subscription<unknown>): Dict {
  const { id, uri, match, createdAt } = subscription;
  return { id, created: new Date(createdAt).toISOString(), uri, match };
}

/** The procedures of one realm, by URI. */
export function subscriptionProcedures(
  realm: Realm,
  context: RouterContext,
): Readonly<Record<string, LocalProcedure>> {
  const { subscriptions } = realm.broker;
  const ids = (match: MatchPolicy): number[] =>
    subscriptions.list(match).map((subscription) => subscription.id);
  const get = (call: LocalCall): NonNullable<ReturnType<typeof subscriptions.get>> => {
    const found = subscriptions.get(idArgument(call, 0, 'subscription'));
    if (found === undefined) throw noSuchSubscription();
    return found;
  };
  const subscribers = (call: LocalCall): number[] =>
    [...get(call).subscribers.keys()].map(({ identity }) => identity.session);
  return {
    'wamp.subscription.list': () => [
      { exact: ids('exact'), prefix: ids('prefix'), wildcard: ids('wildcard') },
    ],
    'wamp.subscription.lookup': (call) => [
      subscriptions.lookup(textArgument(call, 0, 'topic'), matchOption(call, 1))?.id ?? null,
    ],
    'wamp.subscription.match': (call) => {
      const found = subscriptions.match(textArgument(call, 0, 'topic'));
      return [found.length === 0 ? null : found.map((subscription) => subscription.id)];
    },
    'wamp.subscription.get': (call) => [subscriptionDetails(get(call))],
    'wamp.subscription.list_subscribers': (call) => [subscribers(call)],
    'wamp.subscription.count_subscribers': (call) => [subscribers(call).length],
    'wamp.subscription.get_events': historyProcedure(realm, context),
    'wamp.subscription.remove_subscriber': (call) => removeSubscriber(realm, call),
  };
}

function noSuchSubscription(): ProcedureError {
  return new ProcedureError(ErrorUri.NoSuchSubscription, 'there is no such subscription');
}

/** Takes a subscriber off a subscription, as Crossbar.io's procedure of that name does. */
function removeSubscriber(realm: Realm, call: LocalCall): readonly unknown[] {
  requireAdmin(realm, call);
  const subscription = idArgument(call, 0, 'subscription');
  const subscriber = idArgument(call, 1, 'subscriber');
  const reason = reasonOption(call.kwargs);
  const outcome = realm.broker.removeSubscriber(subscription, subscriber, reason, realm.now);
  if (outcome === 'no_such_subscription') throw noSuchSubscription();
  if (outcome === 'no_such_session') {
    throw new ProcedureError(ErrorUri.NoSuchSession, 'that session has no such subscription');
  }
  return [];
}
