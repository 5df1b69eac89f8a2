/**
 * Publishing. Owns the translation of options and the acknowledgement; knows nothing of subscriptions.
 */
import { EMPTY_DICT, type Dict } from '@wamp/protocol';
import type { Connection } from './connection.js';
import { PUBLISH } from './message-codes.js';
import { ask } from './request.js';
import { canceledBy } from './wamp-error.js';
import {
  BOOLEAN,
  SESSIONS,
  signalFrom,
  TEXTS,
  toWire,
  uriFrom,
  withPayload,
  type WireOptions,
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

const NAMES: WireOptions<PublishOptions> = {
  acknowledge: BOOLEAN,
  excludeMe: BOOLEAN,
  exclude: SESSIONS,
  excludeAuthid: TEXTS,
  excludeAuthrole: TEXTS,
  eligible: SESSIONS,
  eligibleAuthid: TEXTS,
  eligibleAuthrole: TEXTS,
  retain: BOOLEAN,
  discloseMe: BOOLEAN,
};

/** @returns the publication id if it was asked to be acknowledged */
export async function publish(
  connection: Connection,
  topic: string,
  args: readonly unknown[] | undefined,
  options: PublishOptions,
): Promise<number | undefined> {
  const wire = toWire(options, NAMES);
  const signal = signalFrom(options.signal);
  let message = withPayload([PUBLISH, 0, wire, uriFrom(topic)], args, options.kwargs);
  const { passthru } = options;
  const waiting = connection.ready(options);
  if (waiting) await waiting;
  const { layer, session } = connection;
  if (passthru) {
    layer.check(passthru, session, 'broker');
    const values = { args: args ?? [], kwargs: options.kwargs ?? EMPTY_DICT };
    const sealed = layer.seal(passthru, values, 'event', topic);
    message = withPayload(
      [PUBLISH, 0, Object.assign(wire, sealed.attributes), topic],
      sealed.args,
      undefined,
    );
  }
  if (options.acknowledge) {
    return ask(session, message, (publication) => publication, signal);
  }
  if (signal?.aborted === true) throw canceledBy(signal);
  session.submit(message);
  return undefined;
}
