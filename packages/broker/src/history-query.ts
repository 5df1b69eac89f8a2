/**
 * What can be asked about a history, and reading it from the arguments of `wamp.subscription.get_events`.
 * Must not look at histories.
 * Source: advanced profile, "Event History".
 */
import { ErrorUri, isId, isValidUri, MAX_ID, type Dict } from '@wamp/protocol';
import { parseTime } from './rfc3339.js';
import type { Refusal } from './session-outbox.js';

/** All conditions must hold. Times are milliseconds since the epoch and may have a fraction. */
export interface HistoryQuery {
  /** newest first; default oldest first */
  readonly reverse?: boolean;
  /** most events, counted from where reading begins; at least 1 */
  readonly limit?: number;
  /** only events of this topic */
  readonly topic?: string;
  /** this time or later */
  readonly fromTime?: number;
  /** later than this time */
  readonly afterTime?: number;
  /** earlier than this time */
  readonly beforeTime?: number;
  /** this time or earlier */
  readonly untilTime?: number;
  /** the event with this publication id, or stored after it */
  readonly fromPublication?: number;
  /** stored after the event with this publication id */
  readonly afterPublication?: number;
  /** stored before the event with this publication id */
  readonly beforePublication?: number;
  /** the event with this publication id, or stored before it */
  readonly untilPublication?: number;
}

/** The arguments of `wamp.subscription.get_events`. */
export interface HistoryRequest {
  /** id of the subscription */
  readonly subscription: number;
  readonly query: HistoryQuery;
}

/** How the value of a keyword argument is read; undefined if it is not what it should be. */
interface Reading {
  readonly key: keyof HistoryQuery;
  readonly read: (value: unknown) => boolean | number | string | undefined;
  /** completes "… must be" */
  readonly wanted: string;
}

const TIME = 'a time as in RFC 3339, for example "2026-01-31T12:00:00Z"';
const ID = 'a publication id, a whole number from 1 to 2^53';

const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['reverse', { key: 'reverse', read: readBoolean, wanted: 'true or false' }],
  ['limit', { key: 'limit', read: readCount, wanted: 'a whole number, at least 1' }],
  ['topic', { key: 'topic', read: readTopic, wanted: 'a valid URI' }],
  ['from_time', { key: 'fromTime', read: readTime, wanted: TIME }],
  ['after_time', { key: 'afterTime', read: readTime, wanted: TIME }],
  ['before_time', { key: 'beforeTime', read: readTime, wanted: TIME }],
  ['until_time', { key: 'untilTime', read: readTime, wanted: TIME }],
  ['from_publication', { key: 'fromPublication', read: readId, wanted: ID }],
  ['after_publication', { key: 'afterPublication', read: readId, wanted: ID }],
  ['before_publication', { key: 'beforePublication', read: readId, wanted: ID }],
  ['until_publication', { key: 'untilPublication', read: readId, wanted: ID }],
]);

/**
 * Reads the arguments of a call of `wamp.subscription.get_events`. Null stands for "left out"; keyword arguments that the
 * specification does not know are ignored. Numbers may come as `bigint`, as some formats give them.
 * @returns what is asked for, or `wamp.error.invalid_argument` with a sentence that names the argument
 */
export function readHistoryRequest(args: readonly unknown[], kwargs: Dict): HistoryRequest | Refusal {
  const subscription = readId(args[0]);
  if (subscription === undefined) return invalid('argument 0, subscription, must be a subscription id');
  const query: Record<string, boolean | number | string> = {};
  for (const [name, { key, read, wanted }] of READINGS) {
    const value = kwargs[name];
    if (value === undefined || value === null) continue;
    const meant = read(value);
    if (meant === undefined) return invalid(`${name} must be ${wanted}`);
    query[key] = meant;
  }
  return { subscription, query };
}

function invalid(sentence: string): Refusal {
  return { uri: ErrorUri.InvalidArgument, sentence };
}

function readBoolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function readCount(value: unknown): number | undefined {
  const count = typeof value === 'bigint' ? Number(value) : value;
  return typeof count === 'number' && Number.isInteger(count) && count >= 1 ? count : undefined;
}

function readId(value: unknown): number | undefined {
  // A bigint beyond the range must not be rounded into it.
  if (typeof value === 'bigint') return value >= 1n && value <= BigInt(MAX_ID) ? Number(value) : undefined;
  return isId(value) ? value : undefined;
}

function readTopic(value: unknown): string | undefined {
  return typeof value === 'string' && isValidUri(value, 'exact', 'loose') ? value : undefined;
}

function readTime(value: unknown): number | undefined {
  return typeof value === 'string' ? parseTime(value) : undefined;
}
