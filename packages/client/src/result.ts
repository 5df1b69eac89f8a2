/**
 * How values of the application become payloads and back, the same for arguments of results, progress and chunks.
 * Owns the rule and the `Result` class; knows nothing of messages.
 */
import { EMPTY_DICT, type Dict } from '@wamp/protocol';
import type { PayloadValues } from './payload-layer.js';
import { UsageError } from './wamp-error.js';

/**
 * A result with several positional values or with keyword values. A handler returns one to send exactly that;
 * a call resolves with one when the answer is not a single positional value.
 */
export class Result<A extends readonly unknown[] = readonly unknown[], K extends Dict = Dict> {
  readonly args: A;
  readonly kwargs: K;

  constructor(args: A = [] as never, kwargs: K = {} as never) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

const EMPTY: PayloadValues = { args: [], kwargs: EMPTY_DICT };

/**
 * `undefined` is an empty payload, a `Result` is sent as it is, any other value is the one positional argument.
 * @throws UsageError for an Error: serializers would make an empty dictionary of it
 */
export function toPayload(value: unknown): PayloadValues {
  if (value === undefined) return EMPTY;
  if (typeof value === 'object' && value !== null) {
    if (value instanceof Result) return value as PayloadValues;
    if (value instanceof Error) throw new UsageError('an Error is no value to send: throw it');
  }
  return { args: [value], kwargs: EMPTY_DICT };
}

/**
 * The reverse of `toPayload`: the single positional value, `undefined` for an empty payload, else a `Result`.
 * @param raw always a `Result`
 */
export function fromPayload({ args, kwargs }: PayloadValues, raw = false): unknown {
  return raw || args.length > 1 || Object.keys(kwargs).length > 0 ? new Result(args, kwargs) : args[0];
}
