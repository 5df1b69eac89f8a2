/**
 * Options and details of messages: their types, and the check of every key that the specification defines.
 * Unknown keys are ignored (they stay in the dictionary, nobody copies them on).
 */
import { EMPTY_DICT, isDict, type Dict } from './dict.js';
import { MAX_ID } from './ids.js';
import { ProtocolViolation } from './protocol-violation.js';

/** How a registration's or subscription's URI is compared: whole, as a string prefix, or by components. */
export type MatchPolicy = 'exact' | 'prefix' | 'wildcard';

/**
 * Which callee of a shared registration is invoked. The first five are the specification's; `least_pending` and
 * `sticky` are extensions of this toolkit (fewest open invocations; same `rkey`, same callee).
 */
export type InvokePolicy = 'single' | 'first' | 'last' | 'roundrobin' | 'random' | 'least_pending' | 'sticky';

/** How CANCEL treats the callee. */
export type CancelMode = 'skip' | 'kill' | 'killnowait';

/** Payload passthru attributes, carried unchanged from request to delivery. */
export interface PassthruAttributes {
  readonly ppt_scheme?: string;
  readonly ppt_serializer?: string;
  readonly ppt_cipher?: string;
  readonly ppt_keyid?: string;
}

export interface PublishOptions extends PassthruAttributes {
  readonly acknowledge?: boolean;
  readonly exclude_me?: boolean;
  readonly exclude?: readonly number[];
  readonly exclude_authid?: readonly string[];
  readonly exclude_authrole?: readonly string[];
  readonly eligible?: readonly number[];
  readonly eligible_authid?: readonly string[];
  readonly eligible_authrole?: readonly string[];
  readonly retain?: boolean;
  readonly disclose_me?: boolean;
  readonly [key: string]: unknown;
}

export interface SubscribeOptions {
  readonly match?: MatchPolicy;
  readonly get_retained?: boolean;
  readonly [key: string]: unknown;
}

export interface EventDetails extends PassthruAttributes {
  readonly topic?: string;
  readonly publisher?: number;
  readonly publisher_authid?: string;
  readonly publisher_authrole?: string;
  readonly trustlevel?: number;
  readonly retained?: boolean;
  readonly [key: string]: unknown;
}

export interface CallOptions extends PassthruAttributes {
  /** milliseconds; 0 or absent is "no timeout asked for" */
  readonly timeout?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  readonly disclose_me?: boolean;
  /** key for `sticky` registrations */
  readonly rkey?: unknown;
  /** how many (further) progressive results the callee may send, see {@link isCreditGrant}; ours */
  readonly x_credit?: number;
  readonly [key: string]: unknown;
}

/**
 * True for a CALL that begins nothing and carries no chunk: it only lets the callee of the open call with this id send so
 * many further progressive results. The CALL that began it asked for progressive results, a grant never does.
 */
export function isCreditGrant(options: CallOptions): boolean {
  return options.x_credit !== undefined && options.receive_progress !== true;
}

export interface CancelOptions {
  readonly mode?: CancelMode;
  readonly [key: string]: unknown;
}

export interface ResultDetails extends PassthruAttributes {
  readonly progress?: boolean;
  readonly [key: string]: unknown;
}

export interface RegisterOptions {
  readonly match?: MatchPolicy;
  readonly invoke?: InvokePolicy;
  readonly disclose_caller?: boolean;
  readonly forward_timeout?: boolean;
  /** most invocations that this callee works on at a time; absent is unlimited */
  readonly concurrency?: number;
  readonly force_reregister?: boolean;
  readonly [key: string]: unknown;
}

/** UNREGISTERED / UNSUBSCRIBED with request 0. */
export interface RevocationDetails {
  readonly registration?: number;
  readonly subscription?: number;
  readonly reason?: string;
  readonly [key: string]: unknown;
}

export interface InvocationDetails extends PassthruAttributes {
  readonly procedure?: string;
  readonly caller?: number;
  readonly caller_authid?: string;
  readonly caller_authrole?: string;
  readonly trustlevel?: number;
  readonly receive_progress?: boolean;
  readonly progress?: boolean;
  /** milliseconds */
  readonly timeout?: number;
  /** how many (further) progressive results the callee may send; ours */
  readonly x_credit?: number;
  readonly [key: string]: unknown;
}

export interface InterruptOptions {
  readonly mode?: CancelMode;
  readonly reason?: string;
  readonly [key: string]: unknown;
}

export interface YieldOptions extends PassthruAttributes {
  readonly progress?: boolean;
  readonly [key: string]: unknown;
}

type Check = (value: unknown) => boolean;

const bool: Check = (value) => typeof value === 'boolean';
const text: Check = (value) => typeof value === 'string';
const natural: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const positive: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1;
const id: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ID;
const ids: Check = (value) => Array.isArray(value) && value.every(id);
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const oneOf = (...allowed: readonly string[]): Check => {
  const set = new Set<unknown>(allowed);
  return (value) => set.has(value);
};
const match = oneOf('exact', 'prefix', 'wildcard');
const mode = oneOf('skip', 'kill', 'killnowait');
const encAlgo: Check = (value) =>
  value === null || (typeof value === 'string' && /^(cryptobox|mqtt|xbr|x_.*)$/.test(value));
const encSerializer: Check = (value) =>
  value === null ||
  (typeof value === 'string' && /^(json|msgpack|cbor|ubjson|opaque|flatbuffers|x_.*)$/.test(value));
const trail: Check = (value) =>
  Array.isArray(value) &&
  value.every(
    (hop) =>
      isDict(hop) && natural(hop['session']) && optionalText(hop['authid']) && optionalText(hop['authrole']),
  );
const optionalText: Check = (value) => value === undefined || value === null || typeof value === 'string';

const ROLES = ['publisher', 'subscriber', 'caller', 'callee', 'broker', 'dealer'];
/** Roles that are not known may be anything: they are ignored. */
const roles: Check = (value) =>
  isDict(value) && ROLES.every((role) => !Object.hasOwn(value, role) || isDict(value[role]));

/** Which keys of a dictionary are checked, and how. */
export type OptionRules = ReadonlyMap<string, Check>;

const rules = (table: Record<string, Check>): OptionRules => new Map(Object.entries(table));

const passthru = { ppt_scheme: text, ppt_serializer: text, ppt_cipher: text, ppt_keyid: text };
const legacyEncryption = { enc_algo: encAlgo, enc_key: optionalText, enc_serializer: encSerializer };
const implementation = { transaction_hash: text, forward_for: trail };

/** Rules by dictionary; the shapes follow the tables of the specification's message definitions. */
export const OPTION_RULES = {
  hello: rules({
    roles,
    agent: text,
    authmethods: texts,
    authid: optionalText,
    authextra: optionalDict,
  }),
  welcome: rules({
    roles,
    agent: text,
    realm: optionalText,
    authid: optionalText,
    authrole: optionalText,
    authmethod: optionalText,
    authprovider: optionalText,
  }),
  closing: rules({ message: optionalText }),
  publish: rules({
    acknowledge: bool,
    exclude_me: bool,
    retain: bool,
    disclose_me: bool,
    exclude: ids,
    eligible: ids,
    exclude_authid: texts,
    exclude_authrole: texts,
    eligible_authid: texts,
    eligible_authrole: texts,
    ...passthru,
    ...legacyEncryption,
    ...implementation,
  }),
  subscribe: rules({ match, get_retained: bool, forward_for: trail }),
  event: rules({
    topic: text,
    publisher: id,
    publisher_authid: text,
    publisher_authrole: text,
    trustlevel: natural,
    retained: bool,
    x_acknowledged_delivery: bool,
    ...passthru,
    ...legacyEncryption,
    ...implementation,
  }),
  call: rules({
    timeout: natural,
    receive_progress: bool,
    progress: bool,
    disclose_me: bool,
    x_credit: natural,
    ...passthru,
    ...legacyEncryption,
    ...implementation,
  }),
  cancel: rules({ mode }),
  interrupt: rules({ mode, reason: text }),
  progress: rules({ progress: bool, ...passthru, ...legacyEncryption, ...implementation }),
  error: rules({ ...passthru, ...legacyEncryption }),
  register: rules({
    match,
    invoke: oneOf('single', 'first', 'last', 'roundrobin', 'random', 'least_pending', 'sticky'),
    disclose_caller: bool,
    forward_timeout: bool,
    concurrency: positive,
    force_reregister: bool,
    forward_for: trail,
  }),
  invocation: rules({
    procedure: text,
    caller: id,
    caller_authid: text,
    caller_authrole: text,
    trustlevel: natural,
    receive_progress: bool,
    progress: bool,
    timeout: natural,
    x_credit: natural,
    ...passthru,
    ...legacyEncryption,
    ...implementation,
  }),
  revocation: rules({ registration: id, subscription: id, reason: text }),
} as const;

function optionalDict(value: unknown): boolean {
  return value === undefined || value === null || isDict(value);
}

/**
 * Checks the known keys of a freshly decoded options or details dictionary. `null` stands for "absent": clients whose
 * language has no other way to leave an option out send it, so such keys are taken out.
 * @returns the same dictionary
 * @throws ProtocolViolation `wrong_type` naming key and message part
 */
export function checkOptions(dictionary: Dict, table: OptionRules, where: string): Dict {
  if (dictionary === EMPTY_DICT) return dictionary;
  for (const key of Object.keys(dictionary)) {
    const check = table.get(key);
    if (check === undefined || check(dictionary[key])) continue;
    if (dictionary[key] !== null && dictionary[key] !== undefined) {
      throw new ProtocolViolation('wrong_type', `${where}.${key} has a wrong type or value`);
    }
    Reflect.deleteProperty(dictionary, key);
  }
  return dictionary;
}
