/**
 * How values of the application become payloads and back, the same for arguments of results, progress and chunks.
 * Owns the rule and the `Result` class; knows nothing of messages.
 */
import { EMPTY_PAYLOAD, Payload, type Dict } from '@wamp/protocol';
import type { PayloadValues } from './passthru-codec.js';
import { UsageError } from './wamp-error.js';
import { payloadOf } from './wire-options.js';

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

/**
 * `undefined` is an empty payload, a `Result` is sent as it is, any other value is the one positional argument.
 * @throws UsageError for a `Result` of something else than a list and a dictionary, and for an Error: serializers would make
 * an empty dictionary of it
 */
export function toPayload(value: unknown): Payload {
  if (value === undefined) return EMPTY_PAYLOAD;
  if (isResult(value)) return payloadOf(value.args, value.kwargs);
  if (value instanceof Error) throw new UsageError('an Error is no value to send: throw it');
  return Payload.of([value]);
}

/** Without the type parameters, which `instanceof` would fill with `any`. */
function isResult(value: unknown): value is Result {
  return value instanceof Result;
}

/**
 * The reverse of `toPayload`: the single positional value, `undefined` for an empty payload, else a `Result`.
 * @param raw always a `Result`
 * @throws PayloadError if the payload cannot be represented
 */
export function fromPayload(payload: PayloadValues, raw = false): unknown {
  const { args, kwargs } = payload;
  if (raw || args.length > 1 || hasKeys(kwargs)) return new Result(args, kwargs);
  return args[0];
}

function hasKeys(dict: Dict): boolean {
  for (const key in dict) if (Object.hasOwn(dict, key)) return true;
  return false;
}
