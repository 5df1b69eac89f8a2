/**
 * Reading the arguments of meta procedures. Whatever is missing or of a wrong type is `wamp.error.invalid_argument`.
 * Must not know the procedures.
 */
import { ErrorUri, isDict, isId, isValidUri, type Dict, type MatchPolicy } from '@wamp/protocol';
import { ProcedureError, type LocalCall } from './local-peer.js';

function invalid(sentence: string): ProcedureError {
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

/** `match` of the options dictionary at a position; `exact` if it is left out. */
export function matchOption({ args }: LocalCall, position: number): MatchPolicy {
  const options = args[position];
  if (options === undefined || options === null) return 'exact';
  if (!isDict(options)) throw invalid(`argument ${position}, options, must be a dictionary`);
  const { match } = options as { match?: unknown };
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
  if (typeof message !== 'string') throw invalid('message must be a string');
  return message;
}
