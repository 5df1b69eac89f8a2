/**
 * From option names as JavaScript writes them to those of the specification, and the checks of what an application gives.
 * Owns both; each role owns its table. What a router would end the session for is refused here.
 */
import { EMPTY_DICT, type Dict } from '@wamp/protocol';
import { isDict } from './inbound-message.js';
import { UsageError } from './wamp-error.js';

/** A test of an option's value, and what passes it, in words. */
export type Allowed = readonly [passes: (value: unknown) => boolean, words: string];

/** The options of a method that travel, and what each may be. */
export type WireOptions<O> = { readonly [K in keyof O]?: Allowed };

const every =
  (passes: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(passes);

export function oneOf(...allowed: readonly string[]): Allowed {
  const quoted = allowed.map((each) => `"${each}"`);
  const last = quoted.pop();
  return [(value) => allowed.includes(value as string), `${quoted.join(', ')} or ${last}`];
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isAnything = (): boolean => true;

export const BOOLEAN: Allowed = [isBoolean, 'true or false'];
export const MATCH: Allowed = oneOf('exact', 'prefix', 'wildcard');
export const COUNT: Allowed = [isCount, 'a whole number from 1 on'];
export const SESSIONS: Allowed = [every(isCount), 'a list of session ids'];
export const TEXTS: Allowed = [every(isText), 'a list of strings'];
export const ANYTHING: Allowed = [isAnything, ''];

/**
 * The options of a method; null is none, for those who write `call(procedure, args, null)`.
 * @throws UsageError if they are something else
 */
export function optionsFrom<O extends object>(options: O | null | undefined): O {
  const given: unknown = options ?? EMPTY_DICT;
  if (typeof given === 'object') return given as O;
  throw new UsageError(`the options have to be an object, not ${shown(given)}`);
}

/**
 * The given options under their wire names, which are those of JavaScript in snake case; those that are undefined or null
 * are left out.
 * @throws UsageError for a value that the specification does not allow
 */
export function toWire<O extends object>(options: O, names: WireOptions<O>): Record<string, unknown> {
  const wire: Record<string, unknown> = {};
  if (options === EMPTY_DICT) return wire;
  for (const name in names) {
    const value: unknown = options[name];
    if (value === undefined || value === null) continue;
    check(name, value, names[name]!);
    wire[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
  }
  return wire;
}

/** @throws UsageError for a value that does not pass */
export function check(name: string, value: unknown, [passes, words]: Allowed): void {
  if (!passes(value)) throw new UsageError(`${name} has to be ${words}, not ${shown(value)}`);
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

const SIGNAL: Allowed = [
  (value) => {
    const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
    return (
      typeof aborted === 'boolean' &&
      typeof addEventListener === 'function' &&
      typeof removeEventListener === 'function'
    );
  },
  'an AbortSignal',
];

/**
 * A signal that can be listened to and left; one of another implementation will do. Null is none.
 * @param name of the option, for the sentence
 * @throws UsageError if it is something else: it would throw when nobody expects it any more
 */
export function signalFrom(signal: unknown, name = 'signal'): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  check(name, signal, SIGNAL);
  return signal as AbortSignal;
}

/** A value as a sentence about its misuse names it; short, and harmless whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 40)}"`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'such an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

/**
 * Whole milliseconds for the wire; 0 and undefined are "no timeout".
 * @throws UsageError for what is no time
 */
export function timeoutFrom(timeoutMs: number | null | undefined): number {
  if (timeoutMs === undefined || timeoutMs === null) return 0;
  check('timeoutMs', timeoutMs, [
    (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER,
    'a number of milliseconds',
  ]);
  return Math.ceil(timeoutMs);
}

/**
 * Appends a payload to a message. Empty keyword arguments and, without those, empty arguments are left out.
 * Source: basic profile, "sender SHOULD leave out".
 * @throws UsageError if `args` is no list or `kwargs` no dictionary
 */
export function withPayload(
  message: unknown[],
  args?: readonly unknown[] | null,
  kwargs?: Dict | null,
): unknown[] {
  if (args !== undefined && args !== null && !Array.isArray(args)) {
    throw new UsageError('the arguments have to be a list, for example [1, 2]');
  }
  if (kwargs !== undefined && kwargs !== null) {
    if (!isDict(kwargs)) {
      throw new UsageError('the keyword arguments have to be an object, for example { currency: "EUR" }');
    }
    for (const key in kwargs) {
      if (Object.hasOwn(kwargs, key)) {
        message.push(args ?? [], kwargs);
        return message;
      }
    }
  }
  if (args !== undefined && args !== null && args.length > 0) message.push(args);
  return message;
}
