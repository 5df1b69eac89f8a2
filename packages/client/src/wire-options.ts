/**
 * From option names as JavaScript writes them to those of the specification.
 * Owns the translation and the check of times; each role owns its table.
 */
import { EMPTY_DICT, isDict, Payload, type Dict, type OptionRules } from '@wamp/protocol';
import { UsageError } from './wamp-error.js';

/** Our name, the specification's, and what the value has to be, for the sentence if it is not. */
export type WireNames<O> = readonly (readonly [ours: keyof O & string, theirs: string, allowed: string])[];

/** What values have to be, in words. The checks themselves are the specification's, in `OPTION_RULES`. */
export const ALLOWED = {
  bool: 'true or false',
  match: '"exact", "prefix" or "wildcard"',
  invoke: '"single", "first", "last", "roundrobin", "random", "least_pending" or "sticky"',
  count: 'a whole number from 1 on',
  sessions: 'a list of session ids',
  texts: 'a list of strings',
  anything: 'a value',
} as const;

/**
 * The options of a method; null is none, for those who write `call(procedure, args, null)`.
 * @throws UsageError if they are something else
 */
export function optionsFrom<O extends object>(options: O): O {
  const given: unknown = options;
  if (typeof given === 'object' && given !== null) return options;
  if (given === undefined || given === null) return EMPTY_DICT as O;
  throw new UsageError(`the options have to be an object, not ${shown(given)}`);
}

/**
 * The given options under their wire names; those that are undefined or null are left out.
 * @throws UsageError for a value that the specification does not allow: a router would end the session for it
 */
export function toWire<O extends object>(options: O, names: WireNames<O>, rules: OptionRules): Dict {
  let wire: Record<string, unknown> | undefined;
  for (const [ours, theirs, allowed] of names) {
    const value: unknown = options[ours];
    if (value === undefined || (value === null && rules.has(theirs))) continue;
    if (rules.get(theirs)?.(value) === false) {
      throw new UsageError(`${ours} has to be ${allowed}, not ${shown(value)}`);
    }
    (wire ??= {})[theirs] = value;
  }
  return wire ?? EMPTY_DICT;
}

/**
 * What names a procedure or topic. Whether it is a good URI is for the router to say.
 * @throws UsageError if it is no string
 */
export function uriFrom(uri: unknown): string {
  if (typeof uri === 'string') return uri;
  throw new UsageError(`a procedure or topic is a string, not ${typeof uri}`);
}

/** @throws UsageError if it is no function */
export function handlerFrom<H>(handler: H): H {
  if (typeof handler === 'function') return handler;
  throw new UsageError(`a handler is a function, not ${typeof handler}`);
}

/**
 * A signal that can be listened to and left; one of another implementation will do. Null is none.
 * @param name of the option, for the sentence
 * @throws UsageError if it is something else: it would throw when nobody expects it any more
 */
export function signalFrom(signal: unknown, name = 'signal'): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (isSignal(signal)) return signal;
  throw new UsageError(`${name} has to be an AbortSignal, not ${shown(signal)}`);
}

function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' &&
    typeof addEventListener === 'function' &&
    typeof removeEventListener === 'function'
  );
}

/** A value as a sentence about its misuse names it; short, and harmless whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'such an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/**
 * Whole milliseconds for the wire; 0 and undefined are "no timeout".
 * @throws UsageError for what is no time
 */
export function timeoutFrom(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return 0;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= Number.MAX_SAFE_INTEGER) {
    return Math.ceil(timeoutMs);
  }
  throw new UsageError(`timeoutMs has to be a number of milliseconds, not ${String(timeoutMs)}`);
}

/**
 * The payload of a request.
 * @throws UsageError if `args` is no list or `kwargs` no dictionary
 */
export function payloadOf(args: readonly unknown[] | undefined, kwargs: Dict | undefined): Payload {
  if (args !== undefined && !Array.isArray(args)) {
    throw new UsageError('the arguments have to be a list, for example [1, 2]');
  }
  if (kwargs !== undefined && !isDict(kwargs)) {
    throw new UsageError('the keyword arguments have to be an object, for example { currency: "EUR" }');
  }
  return Payload.of(args, kwargs);
}
