/**
 * From option names as JavaScript writes them to those of the specification.
 * Owns the translation and the check of times; each role owns its table.
 */
import { EMPTY_DICT, Payload, type Dict } from '@wamp/protocol';
import { UsageError } from './wamp-error.js';

/** Pairs of our name and the specification's. */
export type WireNames<O> = readonly (readonly [keyof O & string, string])[];

/** The given options under their wire names; those that are undefined are left out. */
export function toWire<O extends object>(options: O, names: WireNames<O>): Dict {
  let wire: Record<string, unknown> | undefined;
  for (const [ours, theirs] of names) {
    const value = options[ours];
    if (value !== undefined) (wire ??= {})[theirs] = value;
  }
  return wire ?? EMPTY_DICT;
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
 * @throws UsageError if `args` is no list
 */
export function payloadOf(args: readonly unknown[] | undefined, kwargs: Dict | undefined): Payload {
  if (args !== undefined && !Array.isArray(args)) {
    throw new UsageError('the arguments have to be a list, for example [1, 2]');
  }
  return Payload.of(args, kwargs);
}
