/**
 * Subscriptions and the events that come for them.
 * Owns which handlers belong to which subscription id, and when the last of them leaves; routes no messages.
 */
import {
  MessageKind,
  OPTION_RULES,
  SubscribeMessage,
  UnsubscribeMessage,
  type Dict,
  type EventDetails,
  type EventMessage,
  type MatchPolicy,
  type Message,
  type RevocationDetails,
  type SubscribedMessage,
  type SubscribeOptions as WireOptions,
} from '@wamp/protocol';
import { checkPassthru, expectScheme, type PayloadValues } from './passthru-codec.js';
import { SingleRequest, type SessionSource } from './request.js';
import { ConnectionLostError } from './wamp-error.js';
import { ALLOWED, optionsFrom, handlerFrom, toWire, uriFrom, type WireNames } from './wire-options.js';

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

const NAMES: WireNames<SubscribeOptions> = [
  ['match', 'match', ALLOWED.match],
  ['getRetained', 'get_retained', ALLOWED.bool],
];

export class Subscriber {
  readonly #sessions: SessionSource;
  readonly #byId = new Map<number, SharedSubscription>();
  /** SUBSCRIBEs without an answer, by topic and match policy */
  readonly #asked = new Map<string, number>();
  /** handlers whose subscription ended with its session and is wanted in the next; aborted by unsubscribe() */
  readonly #lost = new Map<LocalSubscription, AbortController>();

  constructor(sessions: SessionSource) {
    this.#sessions = sessions;
  }

  async subscribe(topic: string, handler: EventHandler, given: SubscribeOptions): Promise<Subscription> {
    const options = optionsFrom(given);
    const local = new LocalSubscription(this, uriFrom(topic), handlerFrom(handler), options);
    if (options.passthru !== undefined) checkPassthru(this.#sessions.current, 'broker', options.passthru);
    return this.#ask(local, options.signal);
  }

  /** There is a new session: each handler of the former one is subscribed again. */
  restore(): void {
    for (const [handler, { signal }] of this.#lost) {
      this.#ask(handler, signal).catch((error: unknown) => {
        // With this session lost too, the next one is asked; with the signal aborted nobody wants it.
        if (signal.aborted || error instanceof ConnectionLostError) return;
        this.#lost.delete(handler);
        this.#sessions.current.report(error, { where: 'subscription', uri: handler.topic });
      });
    }
  }

  /** SUBSCRIBED has come. */
  joined(id: number, handler: LocalSubscription): LocalSubscription {
    this.#answerTo(handler.key);
    let shared = this.#byId.get(id);
    if (shared === undefined) {
      shared = new SharedSubscription(id, handler.key, handler.topic);
      this.#byId.set(id, shared);
    }
    this.#lost.delete(handler);
    shared.handlers.add(handler);
    handler.activate(id);
    return handler;
  }

  /** A SUBSCRIBE failed, or was never sent. */
  declined(key: string): void {
    this.#answerTo(key);
    // The last handler may have left while this SUBSCRIBE was out, and have left the subscription to it.
    for (const shared of this.#byId.values()) {
      if (shared.key === key && shared.handlers.size === 0)
        this.#dropWhenUnused(shared)?.catch(() => undefined);
    }
  }

  async leave(handler: LocalSubscription): Promise<void> {
    this.#lost.get(handler)?.abort();
    this.#lost.delete(handler);
    const shared = this.#byId.get(handler.id);
    if (!handler.isActive || shared === undefined) return;
    handler.deactivate();
    shared.handlers.delete(handler);
    await this.#dropWhenUnused(shared);
  }

  event(message: EventMessage): void {
    const shared = this.#byId.get(message.subscription);
    if (shared === undefined) {
      // Events may cross with our UNSUBSCRIBE.
      this.#sessions.current.ignore(`EVENT for subscription ${message.subscription}, which has no handler`);
      return;
    }
    let event: ReceivedEvent;
    try {
      const { details, payload } = message;
      const topic = details.topic ?? shared.topic;
      event = receivedEvent(
        message,
        topic,
        this.#sessions.current.passthru.open(details, payload, 'event', topic),
      );
    } catch (error) {
      this.#sessions.current.report(error, { where: 'event', uri: shared.topic });
      return;
    }
    for (const handler of shared.handlers) {
      if (handler.takes(event)) this.#deliver(handler, event);
    }
  }

  /** Source: advanced profile, "Subscription Revocation". */
  revoked(details: RevocationDetails): void {
    const shared = details.subscription === undefined ? undefined : this.#byId.get(details.subscription);
    if (shared === undefined) {
      this.#sessions.current.ignore('UNSUBSCRIBED for an unknown subscription');
      return;
    }
    this.#byId.delete(shared.id);
    for (const handler of shared.handlers) {
      handler.deactivate();
      try {
        handler.options.onRevoked?.(details.reason);
      } catch (error) {
        this.#sessions.current.report(error, { where: 'revocation', uri: shared.topic });
      }
    }
  }

  sessionEnded(): void {
    for (const shared of this.#byId.values()) {
      for (const handler of shared.handlers) {
        handler.deactivate();
        this.#lost.set(handler, new AbortController());
      }
    }
    this.#byId.clear();
    this.#asked.clear();
  }

  #deliver(handler: LocalSubscription, event: ReceivedEvent): void {
    const origin = { where: 'event', uri: event.topic } as const;
    try {
      expectScheme(handler.options.passthru, event.details);
      const returned = handler.handler(event.args as unknown[], event);
      if (returned instanceof Promise) {
        returned.catch((error: unknown) => this.#sessions.current.report(error, origin));
      }
    } catch (error) {
      this.#sessions.current.report(error, origin);
    }
  }

  #ask(handler: LocalSubscription, signal: AbortSignal | undefined): Promise<Subscription> {
    const { key } = handler;
    const request = new Subscribe(this, handler, signal);
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
    return request.submitTo(this.#sessions.current);
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
    return new Unsubscribe(shared.id).submitTo(this.#sessions.current);
  }
}

/** What the broker knows as one subscription. */
class SharedSubscription {
  readonly id: number;
  readonly key: string;
  /** topic or pattern, as subscribed */
  readonly topic: string;
  readonly handlers = new Set<LocalSubscription>();

  constructor(id: number, key: string, topic: string) {
    this.id = id;
    this.key = key;
    this.topic = topic;
  }
}

class LocalSubscription implements Subscription {
  readonly topic: string;
  readonly match: MatchPolicy;
  readonly key: string;
  readonly handler: EventHandler;
  readonly options: SubscribeOptions;
  readonly wire: WireOptions;
  readonly #subscriber: Subscriber;
  #id = 0;
  #active = false;

  constructor(subscriber: Subscriber, topic: string, handler: EventHandler, options: SubscribeOptions) {
    this.#subscriber = subscriber;
    this.topic = topic;
    this.match = options.match ?? 'exact';
    this.key = keyOf(topic, this.match);
    this.handler = handler;
    this.options = options;
    this.wire = toWire(options, NAMES, OPTION_RULES.subscribe);
  }

  get id(): number {
    return this.#id;
  }

  get isActive(): boolean {
    return this.#active;
  }

  readonly unsubscribe = (): Promise<void> => this.#subscriber.leave(this);

  activate(id: number): void {
    this.#id = id;
    this.#active = true;
  }

  deactivate(): void {
    this.#active = false;
  }

  /** An earlier handler may have unsubscribed this one while the event was delivered. */
  takes(event: ReceivedEvent): boolean {
    return this.#active && (!event.retained || this.options.getRetained === true);
  }
}

class Subscribe extends SingleRequest<LocalSubscription> {
  readonly kind = MessageKind.Subscribe;
  readonly #subscriber: Subscriber;
  readonly #local: LocalSubscription;

  constructor(subscriber: Subscriber, local: LocalSubscription, signal: AbortSignal | undefined) {
    super(signal);
    this.#subscriber = subscriber;
    this.#local = local;
  }

  message(id: number): SubscribeMessage {
    return new SubscribeMessage(id, this.#local.wire, this.#local.topic);
  }

  protected accept(message: Message): LocalSubscription {
    return this.#subscriber.joined((message as SubscribedMessage).subscription, this.#local);
  }

  protected override declined(): void {
    this.#subscriber.declined(this.#local.key);
  }

  protected override undo(subscription: LocalSubscription): void {
    subscription.unsubscribe().catch(() => undefined);
  }
}

class Unsubscribe extends SingleRequest<void> {
  readonly kind = MessageKind.Unsubscribe;
  readonly #subscription: number;

  constructor(subscription: number) {
    super(undefined);
    this.#subscription = subscription;
  }

  message(id: number): UnsubscribeMessage {
    return new UnsubscribeMessage(id, this.#subscription);
  }

  protected accept(): void {
    // UNSUBSCRIBED carries nothing
  }
}

/** URIs contain no spaces. */
function keyOf(topic: string, match: MatchPolicy): string {
  return `${match} ${topic}`;
}

function receivedEvent(message: EventMessage, topic: string, values: PayloadValues): ReceivedEvent {
  const { details } = message;
  const { publisher, publisher_authid: authid, publisher_authrole: authrole } = details;
  return {
    args: values.args,
    kwargs: values.kwargs,
    details,
    topic,
    publication: message.publication,
    publisher:
      publisher === undefined
        ? undefined
        : {
            session: publisher,
            ...(authid === undefined ? undefined : { authid }),
            ...(authrole === undefined ? undefined : { authrole }),
          },
    retained: details.retained === true,
  };
}
