/**
 * Subscriptions and the events that come for them.
 * Owns which handlers belong to which subscription id, and when the last of them leaves; routes no messages.
 */
import type { Dict, EventDetails, MatchPolicy, RevocationDetails } from '@wamp/protocol';
import type { Connection } from './connection.js';
import { valuesFrom, type EventList } from './inbound-message.js';
import { identityFrom } from './invocation.js';
import { SUBSCRIBE, UNSUBSCRIBE } from './message-codes.js';
import { ask } from './request.js';
import { ConnectionLostError } from './wamp-error.js';
import {
  BOOLEAN,
  handlerFrom,
  MATCH,
  signalFrom,
  toWire,
  uriFrom,
  type WireOptions,
} from './wire-options.js';

/** How to subscribe. Source: advanced profile, "Pattern-based Subscription", "Event Retention". */
export interface SubscribeOptions {
  /** how the topic is compared; default `exact` */
  readonly match?: MatchPolicy;
  /** deliver what the router has retained for the topic; only handlers that asked receive retained events */
  readonly getRetained?: boolean;
  /**
   * Deliver only events in this scheme of payload passthru mode; others go to `onError`. Without it events in any scheme
   * that `connect` was given a codec for are delivered, and plain ones.
   */
  readonly passthru?: string;
  /** stops waiting for the router's answer; a subscription that comes about all the same is given back */
  readonly signal?: AbortSignal;
  /** the router has taken the subscription away */
  readonly onRevoked?: (reason: string | undefined) => void;
}

/** What a handler learns of an event besides its arguments. */
export interface ReceivedEvent {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: EventDetails;
  /** the concrete topic, also for pattern-based subscriptions */
  readonly topic: string;
  readonly publication: number;
  /** who published, if disclosed */
  readonly publisher:
    { readonly session: number; readonly authid?: string; readonly authrole?: string } | undefined;
  /** true for an event that the router had kept */
  readonly retained: boolean;
}

/** Receives events. What it throws, or rejects with, goes to the `onError` option of `connect`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => …` needs no annotations
export type EventHandler<A extends readonly unknown[] = any[]> = (args: A, event: ReceivedEvent) => unknown;

/** One handler's subscription. */
export interface Subscription {
  /**
   * SUBSCRIBED.Subscription; all handlers of one topic and match policy in a session share it. Another one after
   * reconnecting.
   */
  readonly id: number;
  readonly topic: string;
  readonly match: MatchPolicy;
  /** false after unsubscribe(), after a revocation and while there is no session */
  readonly isActive: boolean;
  /** No event reaches the handler from here on. Resolves when the router has confirmed; idempotent. */
  readonly unsubscribe: () => Promise<void>;
}

const NAMES: WireOptions<SubscribeOptions> = { match: MATCH, getRetained: BOOLEAN };

/** What the broker knows as one subscription. */
interface SharedSubscription {
  readonly id: number;
  readonly key: string;
  /** topic or pattern, as subscribed */
  readonly topic: string;
  readonly handlers: Set<LocalSubscription>;
}

export class Subscriber {
  readonly #connection: Connection;
  readonly #byId = new Map<number, SharedSubscription>();
  /** SUBSCRIBEs without an answer, by topic and match policy */
  readonly #asked = new Map<string, number>();
  /** those that each session shall have */
  readonly #wanted = new Set<LocalSubscription>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async subscribe(topic: string, handler: EventHandler, options: SubscribeOptions): Promise<Subscription> {
    const local = new LocalSubscription(this, topic, handler, options);
    const { layer, session } = this.#connection;
    if (options.passthru) layer.check(options.passthru, session, 'broker');
    return this.#ask(local, signalFrom(options.signal));
  }

  /** There is a new session: each handler of the former one is subscribed again. */
  restore(): void {
    for (const local of this.#wanted) {
      this.#ask(local, undefined).catch((error: unknown) => {
        // With this session lost too, the next one is asked; and what was given up nobody misses.
        if (error instanceof ConnectionLostError || !this.#wanted.delete(local)) return;
        this.#connection.report(error, { where: 'subscription', uri: local.topic });
      });
    }
  }

  async leave(local: LocalSubscription): Promise<void> {
    this.#wanted.delete(local);
    const shared = this.#byId.get(local.id);
    if (!local.isActive || shared === undefined) return;
    local.isActive = false;
    shared.handlers.delete(local);
    await this.#dropWhenUnused(shared);
  }

  event([, id, publication, details, ...payload]: EventList): void {
    const { layer, report, ignore } = this.#connection;
    const shared = this.#byId.get(id);
    if (shared === undefined) {
      // Events may cross with our UNSUBSCRIBE.
      ignore(`EVENT for subscription ${id}, which has no handler`);
      return;
    }
    const topic = details.topic ?? shared.topic;
    let event: ReceivedEvent;
    try {
      const { args, kwargs } = layer.open(details, valuesFrom(payload), 'event', topic);
      const { publisher, publisher_authid: authid, publisher_authrole: authrole } = details;
      event = {
        args,
        kwargs,
        details,
        topic,
        publication,
        publisher: identityFrom(publisher, authid, authrole),
        retained: details.retained === true,
      };
    } catch (error) {
      report(error, { where: 'event', uri: shared.topic });
      return;
    }
    for (const local of shared.handlers) {
      // An earlier handler may have unsubscribed this one meanwhile.
      if (local.isActive && (!event.retained || local.options.getRetained)) this.#deliver(local, event);
    }
  }

  /** Source: advanced profile, "Subscription Revocation". */
  revoked({ subscription: id, reason }: RevocationDetails): void {
    const shared = this.#byId.get(id ?? 0);
    if (shared === undefined) {
      this.#connection.ignore('UNSUBSCRIBED for an unknown subscription');
      return;
    }
    this.#byId.delete(shared.id);
    for (const local of shared.handlers) {
      local.isActive = false;
      this.#wanted.delete(local);
      try {
        local.options.onRevoked?.(reason);
      } catch (error) {
        this.#connection.report(error, { where: 'revocation', uri: shared.topic });
      }
    }
  }

  sessionEnded(): void {
    for (const { handlers } of this.#byId.values()) for (const local of handlers) local.isActive = false;
    this.#byId.clear();
    this.#asked.clear();
  }

  #deliver(local: LocalSubscription, event: ReceivedEvent): void {
    const { layer, report } = this.#connection;
    const failed = (error: unknown): void => report(error, { where: 'event', uri: event.topic });
    try {
      const { passthru } = local.options;
      if (passthru) layer.expect(event.details, passthru);
      const returned = local.handler(event.args as unknown[], event);
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #ask(local: LocalSubscription, signal: AbortSignal | undefined): Promise<Subscription> {
    const isRestored = this.#wanted.has(local);
    const { key, topic } = local;
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
    return ask(this.#connection.session, [SUBSCRIBE, 0, local.wire, topic], signal, {
      accept: (id): LocalSubscription => {
        this.#answerTo(key);
        let shared = this.#byId.get(id);
        if (shared === undefined) this.#byId.set(id, (shared = { id, key, topic, handlers: new Set() }));
        shared.handlers.add(local);
        local.id = id;
        local.isActive = true;
        if (isRestored && !this.#wanted.has(local)) this.#giveBack(local);
        else this.#wanted.add(local);
        return local;
      },
      undo: () => this.#giveBack(local),
      declined: () => {
        this.#answerTo(key);
        // The last handler may have left while this SUBSCRIBE was out, and have left the subscription to it.
        for (const shared of this.#byId.values()) {
          if (shared.key === key) this.#dropWhenUnused(shared)?.catch(() => undefined);
        }
      },
    });
  }

  #giveBack(local: LocalSubscription): void {
    this.leave(local).catch(() => undefined);
  }

  #answerTo(key: string): void {
    const left = (this.#asked.get(key) ?? 0) - 1;
    if (left > 0) this.#asked.set(key, left);
    else this.#asked.delete(key);
  }

  /**
   * The broker does not count handlers: one UNSUBSCRIBE ends the subscription for the session. So it is sent by the
   * last handler, and not while a SUBSCRIBE of the same topic is out, which it would undo.
   */
  #dropWhenUnused(shared: SharedSubscription): Promise<void> | undefined {
    if (shared.handlers.size > 0 || this.#asked.has(shared.key)) return undefined;
    this.#byId.delete(shared.id);
    return ask(this.#connection.session, [UNSUBSCRIBE, 0, shared.id], undefined, { accept: () => undefined });
  }
}

class LocalSubscription implements Subscription {
  id = 0;
  isActive = false;
  readonly topic: string;
  readonly match: MatchPolicy;
  /** URIs contain no spaces */
  readonly key: string;
  readonly handler: EventHandler;
  readonly options: SubscribeOptions;
  readonly wire: Record<string, unknown>;
  readonly unsubscribe: () => Promise<void>;

  constructor(subscriber: Subscriber, topic: string, handler: EventHandler, options: SubscribeOptions) {
    this.topic = uriFrom(topic);
    this.match = options.match ?? 'exact';
    this.key = `${this.match} ${topic}`;
    this.handler = handlerFrom(handler);
    this.options = options;
    this.wire = toWire(options, NAMES);
    this.unsubscribe = () => subscriber.leave(this);
  }
}
