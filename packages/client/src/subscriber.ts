/**
 * Subscriptions and the events that come for them, to handlers and to loops.
 * Owns what an event is to those who get it; which subscriptions there are stands in standing.ts.
 */
import type { Dict, EventDetails, MatchPolicy } from '@wamp/protocol';
import type { Connection } from './connection.js';
import { valuesFrom, type EventList } from './inbound-message.js';
import { identityFrom } from './invocation.js';
import { MAX_BUFFERED_VALUES } from './limits.js';
import type { Standing } from './standing.js';
import { LIMIT_EXCEEDED } from './uris.js';
import { ValueQueue } from './value-queue.js';
import { WampError } from './wamp-error.js';
import {
  BOOLEAN,
  check,
  handlerFrom,
  MATCH,
  oneOf,
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
  /** Without a handler: most events that wait for the loop. Default 1024. */
  readonly maxBuffered?: number;
  /**
   * Without a handler: what happens to an event for which there is no room. `drop-oldest` (default) drops the one that has
   * waited longest, `drop-newest` drops this one, `error` ends the loop with `wamp.error.limit_exceeded`.
   */
  readonly overflow?: 'drop-oldest' | 'drop-newest' | 'error';
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

/**
 * A subscription without a handler, whose events are iterated, once, from the moment on at which it was made. Leaving the
 * loop gives it back. The loop goes on in the next session after reconnecting, and ends with a revocation and with the client.
 */
export interface EventSubscription extends Subscription, AsyncIterable<ReceivedEvent> {
  /** events that were dropped, because the loop was too slow for them */
  readonly dropped: number;
}

const NAMES: WireOptions<SubscribeOptions> = { match: MATCH, getRetained: BOOLEAN };
const OVERFLOW = oneOf('drop-oldest', 'drop-newest', 'error');

/** A subscription as this side knows it. */
export interface LocalSubscription extends Standing, EventSubscription {
  id: number;
  isActive: boolean;
  readonly match: MatchPolicy;
  readonly options: SubscribeOptions;
  readonly handler: EventHandler;
  dropped: number;
}

/** Subscribes to a topic; without a handler the events wait for a loop. @throws UsageError */
export async function subscribe(
  connection: Connection,
  topic: string,
  given: EventHandler | undefined,
  options: SubscribeOptions,
): Promise<EventSubscription> {
  const { layer, subscriptions } = connection;
  const { overflow = 'drop-oldest', passthru } = options;
  check('overflow', overflow, OVERFLOW);
  const signal = signalFrom(options.signal);
  const wire = toWire(options, NAMES);
  const queue = new ValueQueue<ReceivedEvent>(options.maxBuffered ?? MAX_BUFFERED_VALUES, () => {
    one.unsubscribe().catch(() => undefined);
  });
  const one: LocalSubscription = {
    id: 0,
    isActive: false,
    uri: uriFrom(topic),
    topic,
    match: options.match ?? 'exact',
    wire,
    options,
    dropped: 0,
    handler: handlerFrom(
      given ??
        ((_args, event) => {
          if (queue.push(event)) return;
          one.dropped += 1;
          if (overflow === 'error') {
            queue.fail(new WampError(LIMIT_EXCEEDED, ['too many events wait for the loop']));
            one.unsubscribe().catch(() => undefined);
          } else if (overflow === 'drop-oldest') {
            queue.drop();
            queue.push(event);
          }
        }),
    ),
    unsubscribe: () => subscriptions.giveBack(one),
    ended: () => queue.finish(),
    [Symbol.asyncIterator]: () => queue,
  };
  const waiting = connection.ready(options);
  if (waiting) await waiting;
  if (passthru) layer.check(passthru, connection.session, 'broker');
  return subscriptions.ask(one, signal, one);
}

/** Delivers an event to everybody who is to have it. */
export function deliver(connection: Connection, [, id, publication, details, ...payload]: EventList): void {
  const { layer } = connection;
  const members = connection.subscriptions.membersOf(id);
  // Events may cross with our UNSUBSCRIBE.
  if (members === undefined) connection.ignore(`EVENT for subscription ${id}, which has no handler`);
  let event: ReceivedEvent | undefined;
  for (const { uri, options, handler, isActive } of members ?? []) {
    const topic = details.topic ?? uri;
    const failed = (error: unknown): void =>
      connection.report(error, 'event', event === undefined ? uri : topic);
    try {
      if (event === undefined) {
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
      }
      // An earlier handler may have unsubscribed this one meanwhile.
      if (!isActive || (event.retained && !options.getRetained)) continue;
      if (options.passthru) layer.expect(details, options.passthru);
      const returned = handler(event.args as unknown[], event);
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
      // What cannot be read is told once.
      if (event === undefined) return;
    }
  }
}
