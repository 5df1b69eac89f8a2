/**
 * Publishing. Owns the translation of options and the acknowledgement; knows nothing of subscriptions.
 */
import {
  MessageKind,
  OPTION_RULES,
  PublishMessage,
  type Dict,
  type Message,
  type Payload,
  type PublishedMessage,
  type PublishOptions as WireOptions,
} from '@wamp/protocol';
import { checkPassthru } from './passthru-codec.js';
import { canceledBy, SingleRequest, type Request, type SessionSource } from './request.js';
import {
  ALLOWED,
  optionsFrom,
  payloadOf,
  signalFrom,
  toWire,
  uriFrom,
  type WireNames,
} from './wire-options.js';

/** How to publish. Source: basic profile, "PUBLISH"; advanced profile, "Publish & Subscribe". */
export interface PublishOptions {
  readonly kwargs?: Dict;
  /** wait for the router's PUBLISHED or ERROR; else nothing is ever known of the publication's fate */
  readonly acknowledge?: boolean;
  /** false: this session receives the event too, if it is subscribed. Default true. */
  readonly excludeMe?: boolean;
  /** session ids that do not receive the event */
  readonly exclude?: readonly number[];
  readonly excludeAuthid?: readonly string[];
  readonly excludeAuthrole?: readonly string[];
  /** session ids; only these receive the event */
  readonly eligible?: readonly number[];
  readonly eligibleAuthid?: readonly string[];
  readonly eligibleAuthrole?: readonly string[];
  /** the router keeps the event for subscribers that ask for retained events */
  readonly retain?: boolean;
  /** ask the router to tell subscribers who published */
  readonly discloseMe?: boolean;
  /** scheme of payload passthru mode in which the event is sent; `connect` was given its codec */
  readonly passthru?: string;
  /** stops waiting for the acknowledgement; the event may have been published all the same */
  readonly signal?: AbortSignal;
}

const NAMES: WireNames<PublishOptions> = [
  ['acknowledge', 'acknowledge', ALLOWED.bool],
  ['excludeMe', 'exclude_me', ALLOWED.bool],
  ['exclude', 'exclude', ALLOWED.sessions],
  ['excludeAuthid', 'exclude_authid', ALLOWED.texts],
  ['excludeAuthrole', 'exclude_authrole', ALLOWED.texts],
  ['eligible', 'eligible', ALLOWED.sessions],
  ['eligibleAuthid', 'eligible_authid', ALLOWED.texts],
  ['eligibleAuthrole', 'eligible_authrole', ALLOWED.texts],
  ['retain', 'retain', ALLOWED.bool],
  ['discloseMe', 'disclose_me', ALLOWED.bool],
];

export class Publisher {
  readonly #sessions: SessionSource;

  constructor(sessions: SessionSource) {
    this.#sessions = sessions;
  }

  /** @returns the publication id if it was asked to be acknowledged */
  async publish(
    topic: string,
    args: readonly unknown[] | undefined,
    given: PublishOptions,
  ): Promise<number | undefined> {
    const options = optionsFrom(given);
    uriFrom(topic);
    const signal = signalFrom(options.signal);
    let payload = payloadOf(args, options.kwargs);
    let wire: WireOptions = toWire(options, NAMES, OPTION_RULES.publish);
    if (options.passthru !== undefined) {
      const link = this.#sessions.current;
      checkPassthru(link, 'broker', options.passthru);
      const context = { kind: 'event', uri: topic, opening: undefined } as const;
      const sealed = link.passthru.seal(options.passthru, payload, context);
      payload = sealed.payload;
      wire = { ...wire, ...sealed.attributes };
    }
    if (wire.acknowledge === true) {
      return new Acknowledged(topic, wire, payload, signal).submitTo(this.#sessions.current);
    }
    if (signal?.aborted === true) throw canceledBy(signal);
    this.#sessions.current.submit(new Unacknowledged(topic, wire, payload));
    return undefined;
  }
}

class Unacknowledged implements Request {
  readonly kind = MessageKind.Publish;
  readonly isAwaited = false;
  readonly #topic: string;
  readonly #options: WireOptions;
  readonly #payload: Payload;

  constructor(topic: string, options: WireOptions, payload: Payload) {
    this.#topic = topic;
    this.#options = options;
    this.#payload = payload;
  }

  message(id: number): PublishMessage {
    return new PublishMessage(id, this.#options, this.#topic, this.#payload);
  }

  answered(): boolean {
    return true;
  }

  refused(): void {
    // routers do not answer what they were not asked to acknowledge
  }
}

class Acknowledged extends SingleRequest<number> {
  readonly kind = MessageKind.Publish;
  readonly #topic: string;
  readonly #options: WireOptions;
  readonly #payload: Payload;

  constructor(topic: string, options: WireOptions, payload: Payload, signal: AbortSignal | undefined) {
    super(signal);
    this.#topic = topic;
    this.#options = options;
    this.#payload = payload;
  }

  message(id: number): PublishMessage {
    return new PublishMessage(id, this.#options, this.#topic, this.#payload);
  }

  protected accept(message: Message): number {
    return (message as PublishedMessage).publication;
  }
}
