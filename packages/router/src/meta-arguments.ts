/**
 * Reading the arguments of meta procedures. Whatever is missing or of a wrong type is `wamp.error.invalid_argument`.
 * Must not know the procedures.
 */
import { EMPTY_DICT, ErrorUri, isDict, isId, isValidUri, type Dict, type MatchPolicy } from '@wamp/protocol';
import { ProcedureError, type LocalCall } from './local-peer.js';

/** The refusal of an argument. */
export function invalid(sentence: string): ProcedureError {
  return new ProcedureError(ErrorUri.InvalidArgument, sentence);
}

/** The id at a position. */
export function idArgument({ args }: LocalCall, position: number, name: string): number {
  const value = args[position];
  if (!isId(value)) throw invalid(`argument ${position}, ${name}, must be an id`);
  return value;
}

/** The string at a position. */
export function textArgument({ args }: LocalCall, position: number, name: string): string {
  const value = args[position];
  if (typeof value !== 'string') throw invalid(`argument ${position}, ${name}, must be a string`);
  return value;
}

/** The list of strings at a position; undefined if it is left out or null. */
export function optionalTexts(
  { args }: LocalCall,
  position: number,
  name: string,
): ReadonlySet<string> | undefined {
  const value = args[position];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw invalid(`argument ${position}, ${name}, must be a list of strings`);
  }
  return new Set(value as readonly string[]);
}

/** A dictionary; undefined if it is left out or null. */
export function optionalDict(value: unknown, name: string): Dict | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isDict(value)) throw invalid(`${name} must be a dictionary`);
  return value;
}

/** A list; undefined if it is left out or null. */
export function optionalList(value: unknown, name: string): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalid(`${name} must be a list`);
  return value as readonly unknown[];
}

/** `match` of the options dictionary at a position; `exact` if it is left out. */
export function matchOption({ args }: LocalCall, position: number): MatchPolicy {
  const options = optionalDict(args[position], `argument ${position}, options,`);
  const { match } = (options ?? EMPTY_DICT) as { match?: unknown };
  if (match === undefined) return 'exact';
  if (match === 'exact' || match === 'prefix' || match === 'wildcard') return match;
  throw invalid('options.match must be "exact", "prefix" or "wildcard"');
}

/** The keyword argument `reason`; undefined if it is left out. @throws ProcedureError `wamp.error.invalid_uri` */
export function reasonOption(kwargs: Dict): string | undefined {
  const reason = kwargs['reason'];
  if (reason === undefined || reason === null) return undefined;
  if (typeof reason !== 'string') throw invalid('reason must be a string');
  if (!isValidUri(reason, 'exact', 'loose')) {
    throw new ProcedureError(ErrorUri.InvalidUri, 'reason must be a valid URI');
  }
  return reason;
}

/** The keyword argument `message`; undefined if it is left out. */
export function messageOption(kwargs: Dict): string | undefined {
  const message = kwargs['message'];
  if (message === undefined || message === null) return undefined;
  // What begins with NUL could not be told to a peer that speaks JSON: it stands for bytes there.
  if (typeof message !== 'string' || message.startsWith('\0')) throw invalid('message must be a string');
  return message;
}
