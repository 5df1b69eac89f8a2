/**
 * The meta API: an ordinary peer of the realm that registers `wamp.*` procedures and publishes `wamp.*` events.
 * Owns the events; the procedures stand in files of their own. Events that nobody listens to cost nothing.
 * Source: WAMP advanced profile, "Session", "Registration" and "Subscription Meta API".
 */
import type { BrokerSession, SubscriptionEvent } from '@wamp/broker';
import type { RegistrationEvent } from '@wamp/dealer';
import type { LocalPeer } from './local-peer.js';
import { PING_PROCEDURE } from './ping-procedure.js';
import type { Realm } from './realm.js';
import { reflectionProcedures } from './reflection-procedures.js';
import { registrationDetails, registrationProcedures } from './registration-procedures.js';
import type { SessionInfo } from './session-info.js';
import { sessionDetails, sessionProcedures } from './session-procedures.js';
import type { RouterContext } from './router-context.js';
import type { Member } from './seat.js';
import { subscriptionDetails, subscriptionProcedures } from './subscription-procedures.js';
import { testamentProcedures } from './testament-procedures.js';

const REGISTRATION_TOPICS = {
  create: 'wamp.registration.on_create',
  register: 'wamp.registration.on_register',
  unregister: 'wamp.registration.on_unregister',
  delete: 'wamp.registration.on_delete',
} as const;

const SUBSCRIPTION_TOPICS = {
  create: 'wamp.subscription.on_create',
  subscribe: 'wamp.subscription.on_subscribe',
  unsubscribe: 'wamp.subscription.on_unsubscribe',
  delete: 'wamp.subscription.on_delete',
} as const;

export class MetaApi {
  readonly #realm: Realm;
  readonly #peer: LocalPeer;

  constructor(realm: Realm, peer: LocalPeer, context: RouterContext) {
    this.#realm = realm;
    this.#peer = peer;
    const tables = [
      PING_PROCEDURE,
      sessionProcedures(realm, context.limits),
      registrationProcedures(realm),
      reflectionProcedures(realm),
      subscriptionProcedures(realm, context),
      testamentProcedures(realm, context),
    ];
    for (const table of tables) {
      for (const [uri, procedure] of Object.entries(table)) peer.register(uri, procedure);
    }
  }

  /** `wamp.session.on_join`; the session itself is not subscribed to anything yet. */
  joined(info: SessionInfo): void {
    this.#publish('wamp.session.on_join', () => [sessionDetails(info)]);
  }

  /** `wamp.session.on_leave`, behind everything that the session has published, its testaments included. */
  left(info: SessionInfo, session: BrokerSession<Member>): void {
    this.#publish('wamp.session.on_leave', () => [info.session, info.authid, info.authrole], session);
  }

  /** The publisher of the meta events. */
  get publisher(): BrokerSession<Member> {
    return this.#peer.publisher;
  }

  /** `wamp.registration.on_*` */
  registrationChanged({ type, session, registration }: RegistrationEvent): void {
    this.#publish(REGISTRATION_TOPICS[type], () => [
      session,
      type === 'create' ? registrationDetails(registration) : registration.id,
    ]);
  }

  /** `wamp.subscription.on_*` */
  subscriptionChanged({ type, session, subscription }: SubscriptionEvent): void {
    this.#publish(SUBSCRIPTION_TOPICS[type], () => [
      session,
      type === 'create' ? subscriptionDetails(subscription) : subscription.id,
    ]);
  }

  /** Publishes once dealer and broker are at rest, so after the reply to the request that brought it about. */
  #publish(topic: string, args: () => readonly unknown[], behind?: BrokerSession<Member>): void {
    if (!this.#realm.broker.isObserved(topic)) return;
    this.#realm.enqueue(() => {
      this.#peer.publish(topic, args(), behind);
    });
  }
}
