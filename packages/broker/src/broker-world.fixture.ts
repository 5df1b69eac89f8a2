/**
 * A broker with sessions around it, so that tests read like the specification's diagrams:
 * `subscriber.sends(subscribe('a.b')); subscriber.gets(subscribed()); publisher.sends(publish('a.b', [1]))`.
 * Plays the host: distributes what the broker sends, and detaches a session that broke the protocol.
 */
import {
  announceRoles,
  EMPTY_DICT,
  ErrorMessage,
  EventMessage,
  IdSequence,
  kindName,
  MessageKind,
  Payload,
  PeerFeatures,
  PublishedMessage,
  PublishMessage,
  SubscribedMessage,
  SubscribeMessage,
  UnsubscribedMessage,
  UnsubscribeMessage,
  type ClientRole,
  type Dict,
  type Feature,
  type Identity,
  type Message,
  type ProtocolViolation,
  type PublishOptions,
  type SubscribeOptions,
  type ViolationCode,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { expect } from 'vitest';
import type { BrokerOptions } from './broker-options.js';
import { Broker } from './broker.js';
import type { BrokerSession } from './broker-session.js';
import type { HistoryQuery } from './history-query.js';
import type { BrokerOutbox, EventEncodings, StoreFailure } from './outbox.js';
import type { SubscriptionEvent } from './subscription-event.js';

/** One thing that the broker did to the world. */
export type OutboxEntry =
  | { readonly type: 'send'; readonly owner: Peer; readonly message: Message }
  | {
      readonly type: 'fanOut';
      readonly owners: readonly Peer[];
      readonly event: EventMessage;
      readonly encodings: EventEncodings | undefined;
    }
  | { readonly type: 'pushBack'; readonly owner: Peer; readonly isPushedBack: boolean }
  | { readonly type: 'abort'; readonly owner: Peer; readonly violation: ProtocolViolation }
  | { readonly type: 'subscriptionEvent'; readonly event: SubscriptionEvent }
  | { readonly type: 'storeFailed'; readonly failure: StoreFailure };

/** Keeps everything in order and does nothing else. */
export class RecordingOutbox implements BrokerOutbox<Peer> {
  #entries: OutboxEntry[] = [];

  send(owner: Peer, message: Message): void {
    this.#entries.push({ type: 'send', owner, message });
  }
  fanOut(owners: readonly Peer[], event: EventMessage, encodings?: EventEncodings): void {
    this.#entries.push({ type: 'fanOut', owners, event, encodings });
  }
  pushBack(owner: Peer, isPushedBack: boolean): void {
    this.#entries.push({ type: 'pushBack', owner, isPushedBack });
  }
  abort(owner: Peer, violation: ProtocolViolation): void {
    this.#entries.push({ type: 'abort', owner, violation });
  }
  subscriptionEvent(event: SubscriptionEvent): void {
    this.#entries.push({ type: 'subscriptionEvent', event });
  }
  storeFailed(failure: StoreFailure): void {
    this.#entries.push({ type: 'storeFailed', failure });
  }

  /** Takes everything that was recorded, oldest first. */
  take(): readonly OutboxEntry[] {
    const taken = this.#entries;
    this.#entries = [];
    return taken;
  }
}

export interface JoinOptions {
  /** default: everything that matters to a broker */
  readonly features?: Partial<Record<ClientRole, readonly Feature[]>>;
  readonly authid?: string;
  readonly authrole?: string;
  readonly trusted?: boolean;
  readonly trustLevel?: number;
}

const ALL_FEATURES = {
  publisher: ['publisher_identification', 'payload_passthru_mode'],
  subscriber: ['publisher_identification', 'subscription_revocation', 'pattern_based_subscription'],
} satisfies JoinOptions['features'];

export const CODECS = [json().payloadCodec, cbor().payloadCodec];

export class BrokerWorld {
  /** milliseconds since the epoch; one more with every message */
  now = 1_700_000_000_000;
  readonly broker: Broker<Peer>;
  /** everything that the broker did, in order */
  readonly history: OutboxEntry[] = [];
  readonly #outbox = new RecordingOutbox();
  readonly #sessionIds = new IdSequence();
  #random = 0;
  /** what the broker has put off to a later turn */
  readonly #later: (() => void)[] = [];

  /**
   * @param options unless given, random numbers count up, payloads are kept as JSON, and work can be put off: until
   * {@link turns}
   * @param hasTurns whether work can be put off
   */
  constructor(options: Partial<BrokerOptions> = {}, hasTurns = true) {
    this.broker = new Broker(this.#outbox, {
      random32: () => (this.#random += 1),
      codecs: CODECS,
      ...(hasTurns && { later: (work: () => void) => this.#later.push(work) }),
      ...options,
    });
  }

  /** How much work waits for a later turn. */
  get putOff(): number {
    return this.#later.length;
  }

  /** Later turns of the host, as many as named, or until nothing waits for one. */
  turns(count = Infinity): void {
    for (let turn = 0; turn < count && this.#later.length > 0; turn += 1) {
      const work = this.#later.shift()!;
      this.does(() => {
        work();
      });
    }
  }

  /** A session joins. Session ids are 1, 2, 3, … */
  joins(options: JoinOptions = {}): Peer {
    const session = this.#sessionIds.next();
    const { authid = `peer-${session}`, authrole = 'anonymous', trusted, trustLevel } = options;
    const roles = announceRoles(options.features ?? ALL_FEATURES);
    return new Peer(this, (peer) =>
      this.broker.attach(peer, {
        identity: { session, authid, authrole },
        features: PeerFeatures.ofClient({ roles }),
        ...(trusted !== undefined && { trusted }),
        ...(trustLevel !== undefined && { trustLevel }),
      }),
    );
  }

  /** A session joins, subscribes, and has seen the answer. */
  subscriberOf(topic: string, options: SubscribeOptions = EMPTY_DICT, join: JoinOptions = {}): Peer {
    const peer = this.joins(join);
    peer.sends(subscribe(topic, options));
    peer.gets(subscribed());
    return peer;
  }

  /** Runs something on the broker as a host does, then distributes what came out. */
  does<T>(action: (broker: Broker<Peer>, now: number) => T): T {
    this.now += 1;
    const outcome = action(this.broker, this.now);
    for (const entry of this.#outbox.take()) {
      this.history.push(entry);
      if (entry.type === 'send') entry.owner.accept(entry.message);
      else if (entry.type === 'fanOut') for (const owner of entry.owners) owner.accept(entry.event);
      else if (entry.type === 'pushBack') entry.owner.isPushedBack = entry.isPushedBack;
      else if (entry.type === 'abort') {
        entry.owner.violation = entry.violation;
        entry.owner.leaves();
      }
    }
    return outcome;
  }

  /** The subscription events so far, each as `type subscription by session`, for example `create 1 by 2`. */
  get events(): readonly string[] {
    return this.history.flatMap((entry) =>
      entry.type === 'subscriptionEvent'
        ? [`${entry.event.type} ${entry.event.subscription.id} by ${entry.event.session}`]
        : [],
    );
  }

  /** What failed in the store so far, each as `task topic`. */
  get storeFailures(): readonly string[] {
    return this.history.flatMap((entry) =>
      entry.type === 'storeFailed' ? [`${entry.failure.task} ${entry.failure.topic}`] : [],
    );
  }

  /**
   * Somebody asks what happened on a subscription.
   * @returns the items of the answer, or the URI of the refusal
   */
  asks(
    subscription: number,
    query: HistoryQuery = {},
    requester: Identity = { session: 99, authid: 'asker', authrole: 'anonymous' },
  ): readonly HistoryItem[] | string {
    return this.does((broker, now) => {
      const answer = broker.events(subscription, query, requester, now);
      return 'uri' in answer ? answer.uri : (broker.eventsPayload(answer).args as HistoryItem[]);
    });
  }

  /** The fan-outs so far. */
  get fanOuts(): readonly Extract<OutboxEntry, { type: 'fanOut' }>[] {
    return this.history.filter((entry) => entry.type === 'fanOut');
  }
}

/** One event in an answer of `wamp.subscription.get_events`. */
export interface HistoryItem {
  readonly timestamp: string;
  readonly subscription: number;
  readonly publication: number;
  readonly details: Dict;
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

type Request = PublishMessage | SubscribeMessage | UnsubscribeMessage;
/** A message without its ids, which the peer that sends it fills in. */
export type Draft = (sender: Peer) => Request;

export class Peer {
  readonly session: BrokerSession<Peer>;
  /** how this peer broke the protocol, if it did */
  violation: ProtocolViolation | undefined = undefined;
  lastSubscription = 0;
  /** true while no further messages are to be taken from this peer */
  isPushedBack = false;
  readonly #world: BrokerWorld;
  readonly #requests = new IdSequence();
  #inbox: Message[] = [];

  constructor(world: BrokerWorld, attach: (peer: Peer) => BrokerSession<Peer>) {
    this.#world = world;
    this.session = attach(this);
  }

  /** session id */
  get id(): number {
    return this.session.identity.session;
  }

  nextRequest(): number {
    return this.#requests.next();
  }

  /** Sends a message. @returns its request id */
  sends(draft: Draft): number {
    const message = draft(this);
    this.#world.does((broker, now) => {
      if (message.kind === MessageKind.Subscribe) broker.subscribe(this.session, message, now);
      else if (message.kind === MessageKind.Unsubscribe) broker.unsubscribe(this.session, message, now);
      else broker.publish(this.session, message, now);
    });
    return message.request;
  }

  /** The next message that arrived is as expected; it is given back. */
  gets<M extends Message>(expected: Expected<M>): M {
    const message = this.#inbox.shift();
    if (message === undefined) throw new Error(`nothing arrived instead of ${expected.name}`);
    if (!(message instanceof expected.of)) {
      throw new Error(`${kindName(message.kind)} arrived instead of ${expected.name}`);
    }
    expect(expected.shown(message)).toMatchObject(expected.want);
    return message;
  }

  /** Takes the first arguments of all EVENTs that have arrived and were not taken yet; nothing else may have. */
  takesEvents(): readonly unknown[] {
    const taken = this.#inbox.map((message) => {
      if (!(message instanceof EventMessage)) throw new Error(`${kindName(message.kind)} arrived`);
      return message.payload.args[0];
    });
    this.#inbox = [];
    return taken;
  }

  /** Takes everything that has arrived and was not taken yet. */
  takes(): readonly Message[] {
    const taken = this.#inbox;
    this.#inbox = [];
    return taken;
  }

  /** Nothing (more) arrived. */
  getsNothing(): void {
    expect(this.#inbox).toEqual([]);
  }

  /** This peer was found to break the protocol. */
  isAborted(code: ViolationCode): void {
    expect(this.violation?.code).toBe(code);
  }

  /** The session ends. */
  leaves(): void {
    this.#world.does((broker, now) => broker.detach(this.session, now));
  }

  accept(message: Message): void {
    if (!this.session.attached) throw new Error('something was sent to a session that has left');
    if (message instanceof SubscribedMessage) this.lastSubscription = message.subscription;
    this.#inbox.push(message);
  }
}

export function subscribe(topic: string, options: SubscribeOptions = EMPTY_DICT): Draft {
  return (sender) => new SubscribeMessage(sender.nextRequest(), options, topic);
}

/** UNSUBSCRIBE of the sender's last subscription, or of the given one. */
export function unsubscribe(subscription?: number): Draft {
  return (sender) => new UnsubscribeMessage(sender.nextRequest(), subscription ?? sender.lastSubscription);
}

export function publish(
  topic: string,
  args: readonly unknown[] = [],
  options: PublishOptions = EMPTY_DICT,
  kwargs: Dict = EMPTY_DICT,
): Draft {
  return (sender) => new PublishMessage(sender.nextRequest(), options, topic, Payload.of(args, kwargs));
}

/** What a peer should get: the parts that are named, each equal as a whole. */
export interface Expected<M extends Message> {
  readonly name: string;
  readonly of: new (...parameters: never) => M;
  readonly want: object;
  shown(message: M): object;
}

/** A dictionary as text, so that `toMatchObject` compares all of it and not only the keys that are wanted. */
const whole = (dictionary: Dict): string => JSON.stringify(Object.entries(dictionary).sort());

export function subscribed(
  want: { subscription?: number; request?: number } = {},
): Expected<SubscribedMessage> {
  return { name: 'SUBSCRIBED', of: SubscribedMessage, want, shown: (message) => message };
}

/** UNSUBSCRIBED in answer to UNSUBSCRIBE. */
export function unsubscribed(request?: number): Expected<UnsubscribedMessage> {
  return {
    name: 'UNSUBSCRIBED',
    of: UnsubscribedMessage,
    want: { details: undefined, ...(request !== undefined && { request }) },
    shown: (message) => message,
  };
}

/** UNSUBSCRIBED that the router sends on its own. */
export function revoked(subscription: number, reason?: string): Expected<UnsubscribedMessage> {
  const details = reason === undefined ? { subscription } : { subscription, reason };
  return {
    name: 'UNSUBSCRIBED (revocation)',
    of: UnsubscribedMessage,
    want: { request: 0, details: whole(details) },
    shown: (message) => ({ request: message.request, details: whole(message.details ?? {}) }),
  };
}

export function published(want: { request?: number } = {}): Expected<PublishedMessage> {
  return { name: 'PUBLISHED', of: PublishedMessage, want, shown: (message) => message };
}

export function event(
  want: {
    subscription?: number;
    publication?: number;
    details?: Dict;
    args?: readonly unknown[];
    kwargs?: Dict;
  } = {},
): Expected<EventMessage> {
  const details = want.details === undefined ? {} : { details: whole(want.details) };
  const kwargs = want.kwargs === undefined ? {} : { kwargs: whole(want.kwargs) };
  return {
    name: 'EVENT',
    of: EventMessage,
    want: { ...want, ...details, ...kwargs },
    shown: ({ subscription, publication, details: actual, payload }) => ({
      subscription,
      publication,
      details: whole(actual),
      args: payload.args,
      kwargs: whole(payload.kwargs),
    }),
  };
}

/** ERROR in answer to a request. */
export function error(
  uri: string,
  want: { requestKind?: number; request?: number } = {},
): Expected<ErrorMessage> {
  return {
    name: `ERROR ${uri}`,
    of: ErrorMessage,
    want: { error: uri, details: whole({}), ...want },
    shown: ({ error: actual, details, requestKind, request }) => ({
      error: actual,
      details: whole(details),
      requestKind,
      request,
    }),
  };
}
