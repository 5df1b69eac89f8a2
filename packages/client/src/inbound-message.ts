/**
 * Messages of a router as the lists that they are, and the check that every element is what its place demands.
 * Owns the layouts; knows no session and no order of messages. What a handler or a request reads after this check has the
 * right type, whatever the router sent.
 */
import {
  EMPTY_DICT,
  type Dict,
  type EventDetails,
  type InterruptOptions,
  type InvocationDetails,
  type ResultDetails,
  type RevocationDetails,
} from '@wamp/protocol';
import type {
  ABORT,
  CHALLENGE,
  ERROR,
  EVENT,
  GOODBYE,
  INTERRUPT,
  INVOCATION,
  RESULT,
  UNREGISTERED,
  UNSUBSCRIBED,
  WELCOME,
} from './message-codes.js';
import type { PayloadValues } from './payload-layer.js';

/** What a payload adds to a message; an Error stands for what is well-formed but cannot be read. */
type Payload = readonly [args?: readonly unknown[] | Error, kwargs?: Dict];

export type WelcomeList = readonly [code: typeof WELCOME, session: number, details: Dict];
export type AbortList = readonly [code: typeof ABORT, details: Dict, reason: string, ...Payload];
export type ChallengeList = readonly [code: typeof CHALLENGE, method: string, extra: Dict];
export type GoodbyeList = readonly [code: typeof GOODBYE, details: Dict, reason: string];
export type ErrorList = readonly [
  code: typeof ERROR,
  kind: number,
  request: number,
  details: Dict,
  uri: string,
  ...Payload,
];
export type EventList = readonly [
  code: typeof EVENT,
  subscription: number,
  publication: number,
  details: EventDetails,
  ...Payload,
];
export type ResultList = readonly [code: typeof RESULT, request: number, details: ResultDetails, ...Payload];
export type InvocationList = readonly [
  code: typeof INVOCATION,
  request: number,
  registration: number,
  details: InvocationDetails,
  ...Payload,
];
export type InterruptList = readonly [code: typeof INTERRUPT, request: number, options: InterruptOptions];
/** Revocations have request 0. */
export type RevocationList = readonly [
  code: typeof UNREGISTERED | typeof UNSUBSCRIBED,
  request: number,
  details: RevocationDetails,
];
/** PUBLISHED, SUBSCRIBED and REGISTERED, whose codes follow those of their requests */
export type ConfirmationList = readonly [code: 17 | 33 | 65, request: number, id: number];
/** A positive answer to a request. */
export type AnswerList = ResultList | ConfirmationList | RevocationList;

/** A checked message. */
export type InboundMessage =
  | WelcomeList
  | AbortList
  | ChallengeList
  | GoodbyeList
  | ErrorList
  | EventList
  | InvocationList
  | InterruptList
  | AnswerList;

const NO_ARGS: readonly unknown[] = Object.freeze([]);

/**
 * By message code what follows it: `i` an id, `n` an id or 0, `s` a string, `d` a dictionary, `D` a dictionary that stands
 * only behind request 0, `p` the payload. Source: WAMP basic profile, "Messages".
 */
const LAYOUTS: Readonly<Record<number, string>> = {
  2: 'id',
  3: 'dsp',
  4: 'sd',
  6: 'ds',
  8: 'nidsp',
  17: 'ii',
  33: 'ii',
  35: 'nD',
  36: 'iidp',
  50: 'idp',
  65: 'ii',
  67: 'nD',
  68: 'iidp',
  69: 'id',
};

/** The options and details that this package, or its user by a declared type, relies on, by their type. */
const DETAIL_TYPES: readonly (readonly [keys: RegExp, type: string])[] = [
  [/^(progress|receive_progress|retained)$/, 'boolean'],
  [/^(timeout|caller|publisher|trustlevel|registration|subscription|x_credit)$/, 'number'],
  [/^(procedure|topic|reason|mode|(caller|publisher)_auth.*|ppt_.*)$/, 'string'],
];

/** @throws Error with a sentence for what is no message of a router */
export function checkMessage(list: readonly unknown[]): InboundMessage {
  const layout = LAYOUTS[list[0] as number];
  if (typeof list[0] !== 'number' || layout === undefined) throw new Error('this is no message of a router');
  let at = 1;
  for (const type of layout) {
    if (!fits(list as unknown[], at, type)) {
      throw new Error(`element ${at} of message ${list[0]} is missing or has a wrong type`);
    }
    at += type === 'p' ? 2 : 1;
  }
  if (list.length > at) throw new Error(`message ${list[0]} is too long`);
  return list as InboundMessage;
}

function fits(list: unknown[], at: number, type: string): boolean {
  const value = list[at];
  switch (type) {
    case 'i':
    case 'n':
      return (
        Number.isInteger(value) && (value as number) >= (type === 'i' ? 1 : 0) && (value as number) <= 2 ** 53
      );
    case 's':
      return typeof value === 'string';
    case 'D':
      return list[1] !== 0 && value === undefined ? true : isDetails(value);
    case 'd':
      return isDetails(value);
    default:
      return fitsPayload(list, at);
  }
}

/** An Error stands for what is well-formed but cannot be read: that is the matter of one request, and not of the session. */
function fitsPayload(list: unknown[], at: number): boolean {
  const args = list[at];
  const kwargs = list[at + 1];
  // Payload transparency, the predecessor of payload passthru: one bare value.
  if (
    args !== undefined &&
    !Array.isArray(args) &&
    isDict(list[at - 1]) &&
    (list[at - 1] as Dict)['enc_algo']
  ) {
    list[at] = [args];
    return true;
  }
  return (
    (args === undefined ? list.length <= at : Array.isArray(args) || args instanceof Error) &&
    (kwargs === undefined ? list.length <= at + 1 : isDict(kwargs))
  );
}

/** `null` stands for "absent": clients whose language has no other way to leave an option out send it. */
function isDetails(value: unknown): boolean {
  if (!isDict(value) || value instanceof Error) return false;
  for (const key in value) {
    if (value[key] === null) Reflect.deleteProperty(value, key);
    else if (DETAIL_TYPES.some(([keys, type]) => keys.test(key) && typeof value[key] !== type)) return false;
  }
  return true;
}

/** True for a plain dictionary: an object that is no list, no bytes, and has no keys but strings. */
export function isDict(value: unknown): value is Dict {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof Map)
  );
}

/** The values of a payload. @throws what stands there for values that cannot be read */
export function valuesFrom([args = NO_ARGS, kwargs = EMPTY_DICT]: readonly unknown[]): PayloadValues {
  if (args instanceof Error) throw args;
  if (kwargs instanceof Error) throw kwargs;
  return { args: args as readonly unknown[], kwargs: kwargs as Dict };
}
