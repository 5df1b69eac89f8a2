/**
 * The errors that a contract declares. Owns how their data travels: a dictionary as ArgumentsKw, anything else as the
 * one argument.
 */
import { WampError } from '../wamp-error.js';
import type { Procedure, ProcedureShape } from './definition.js';

/** A declared error at the caller, or thrown by a handler. */
export class ContractError<U extends string = string, D = unknown> extends WampError {
  declare readonly uri: U;
  /** what the error carries, as its schema says */
  readonly data: D;

  constructor(uri: U, data: D, cause?: WampError) {
    const isDict = typeof data === 'object' && data !== null && !Array.isArray(data);
    super(
      uri,
      cause?.args ?? (isDict || data === undefined ? [] : [data]),
      cause?.kwargs ?? (isDict ? { ...data } : {}),
      cause === undefined ? {} : { cause, details: cause.details },
    );
    this.data = data;
  }
}

/** The declared error that an ERROR of the callee stands for; anything else as it is. */
export function declaredFrom({ errors }: ProcedureShape, thrown: unknown): unknown {
  if (!(thrown instanceof WampError) || !declares(errors, thrown.uri)) return thrown;
  const { args, kwargs, uri } = thrown;
  return new ContractError(uri, args.length === 0 ? kwargs : args[0], thrown);
}

/** True for a declared error of the procedure. */
export function isDeclared({ shape }: Procedure, thrown: unknown): thrown is ContractError {
  return thrown instanceof ContractError && declares(shape.errors, String(thrown.uri));
}

/** URIs come from peers: `constructor` is none that was declared. */
function declares(errors: ProcedureShape['errors'], uri: string): boolean {
  return errors !== undefined && Object.hasOwn(errors, uri);
}
