/**
 * What happens to testaments when their session has ended: they are published as if that session still published them,
 * with its identity and its permissions of now. Must not know when that is due.
 * Source: WAMP advanced profile, "Testaments".
 */
import type { Broker, BrokerSession } from '@wamp/broker';
import { PublishMessage } from '@wamp/protocol';
import { isPromise, type Authorizer } from './authorization.js';
import { askPermission, type Permission } from './permission.js';
import type { RouterContext } from './router-context.js';
import type { Member, Seat } from './seat.js';
import type { Testament } from './testaments.js';

/** The testaments of a session that it may publish now, in order; it takes an authorizer's time to tell. */
export function permittedTestaments(
  context: RouterContext,
  authorizer: Authorizer | undefined,
  seat: Seat,
): readonly Testament[] | Promise<readonly Testament[]> {
  const all = seat.testaments?.inOrder() ?? [];
  const permissions = all.map(({ topic }) => askPermission(context, authorizer, seat.info, 'publish', topic));
  const select = (decided: readonly unknown[]): readonly Testament[] =>
    all.filter((_, index) => decided[index] === ('allowed' satisfies Permission));
  if (!permissions.some(isPromise)) return select(permissions);
  return Promise.all(permissions.map((permission) => Promise.resolve(permission))).then(select);
}

/** Publishes as the session, which is not attached any more; behind what the meta API has said about its end so far. */
export function publishTestaments(
  broker: Broker<Member>,
  seat: Seat,
  testaments: readonly Testament[],
  metaPublisher: BrokerSession<Member>,
  now: number,
): void {
  testaments.forEach(({ topic, options, payload }, index) => {
    const message = new PublishMessage(index + 1, options, topic, payload);
    broker.publishTestament(seat.broker, message, now, metaPublisher);
  });
}
