/**
 * The errors that this package rejects with and that handlers may throw.
 * Owns their classes and the choice of a class by error URI; sends and receives nothing.
 */
import { canonicalErrorUri, EMPTY_DICT, ErrorUri, type Dict } from '@wamp/protocol';
import type { PayloadValues } from './passthru-codec.js';

const BRAND: unique symbol = Symbol.for('@wamp/client/WampError') as never;
const NAMES_URI: unique symbol = Symbol.for('@wamp/client/WampError/namesUri') as never;

export interface WampErrorOptions {
  /** ERROR.Details as they came from the router */
  readonly details?: Dict;
  /** what led to the error; kept as `error.cause` */
  readonly cause?: unknown;
}

/**
 * An error with a WAMP error URI: the answer to a request, the reason of an ABORT, or thrown by a handler to be sent to
 * the caller as it is. `instanceof` also holds for errors made by another installed copy of this package.
 * Source: basic profile, "Remote Procedure Call Errors".
 */
export class WampError extends Error {
  /** names of the classes whose instances are recognized across copies of the package */
  static readonly [BRAND]: string = 'WampError';

  /** whether the URI stands in `message`: not in errors of this side, which no router has sent */
  static readonly [NAMES_URI]: boolean = true;

  /** for example `com.example.shop.empty` */
  readonly uri: string;
  /** positional error arguments; `[]` if there are none */
  readonly args: readonly unknown[];
  /** keyword error arguments; `{}` if there are none */
  readonly kwargs: Dict;
  readonly details: Dict;

  constructor(
    uri: string,
    args: readonly unknown[] = [],
    kwargs: Dict = EMPTY_DICT,
    options: WampErrorOptions = {},
  ) {
    // `throw new WampError(uri, 'text')` is written easily where nothing checks types, and would break the protocol.
    const list: readonly unknown[] = Array.isArray(args) ? args : [args];
    const text = list[0];
    super(
      typeof text !== 'string' ? uri : new.target[NAMES_URI] ? `${uri}: ${text}` : text,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.uri = uri;
    this.args = list;
    this.kwargs = kwargs;
    this.details = options.details ?? EMPTY_DICT;
    this.name = new.target.name;
    Object.defineProperty(this, BRAND, { value: lineage(new.target) });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class of the application that extends one of ours has no brand of its own: the ordinary rule applies to it.
    if (!Object.hasOwn(this, BRAND)) return Function.prototype[Symbol.hasInstance].call(this, value);
    return brandsOf(value).includes(this[BRAND]);
  }
}

/** The brands of anything that was thrown; handlers also throw what throws when it is looked at. */
function brandsOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  try {
    const names: unknown = BRAND in value ? value[BRAND] : undefined;
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}

/** The brands of a class and of the classes above it. */
function lineage(from: typeof WampError): readonly string[] {
  const names: string[] = [];
  for (let at: unknown = from; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, BRAND)) names.push((at as typeof WampError)[BRAND]);
  }
  return names;
}

/** The call was canceled: by the caller's own signal (then `cause` is the signal's reason), or by router or callee. */
export class CanceledError extends WampError {
  static override readonly [BRAND]: string = 'CanceledError';

  constructor(args: readonly unknown[] = [], kwargs: Dict = EMPTY_DICT, options: WampErrorOptions = {}) {
    super(ErrorUri.Canceled, args, kwargs, options);
  }
}

/** An answer did not come in time. Source: advanced profile, "Call Timeouts". */
export class TimeoutError extends WampError {
  static override readonly [BRAND]: string = 'TimeoutError';

  constructor(args: readonly unknown[] = [], kwargs: Dict = EMPTY_DICT, options: WampErrorOptions = {}) {
    super(ErrorUri.Timeout, args, kwargs, options);
  }
}

/**
 * The callee cannot serve the call now, another one may. Thrown by a handler, it makes routers that re-route calls try the
 * next callee of a shared registration. Source: advanced profile, "Call Re-Routing".
 */
export class UnavailableError extends WampError {
  static override readonly [BRAND]: string = 'UnavailableError';

  constructor(args: readonly unknown[] = [], kwargs: Dict = EMPTY_DICT, options: WampErrorOptions = {}) {
    super(ErrorUri.Unavailable, args, kwargs, options);
  }
}

/** The router could not be reached, or what answered is no WAMP router. `cause` is the transport's own error. */
export class ConnectionError extends WampError {
  static override readonly [BRAND]: string = 'ConnectionError';
  static override readonly [NAMES_URI]: boolean = false;

  constructor(message: string, options: WampErrorOptions = {}) {
    super(ErrorUri.NetworkFailure, [message], EMPTY_DICT, options);
  }
}

/** The session ended before the answer came; whether the request had an effect is unknown. */
export class ConnectionLostError extends ConnectionError {
  static override readonly [BRAND]: string = 'ConnectionLostError';
}

/** This package was misused, for example a call after `close()`. Nothing was sent. */
export class UsageError extends WampError {
  static override readonly [BRAND]: string = 'UsageError';
  static override readonly [NAMES_URI]: boolean = false;

  constructor(message: string, options: WampErrorOptions = {}) {
    super(ErrorUri.RuntimeError, [message], EMPTY_DICT, options);
  }
}

/**
 * The error for a URI that came from a peer: a subclass where there is one, variant spellings read as the specification's.
 * An error stays an error when what it carries cannot be read; then `args` say so and `cause` says why.
 */
export function errorFromUri(uri: string, details: Dict, read: () => PayloadValues): WampError {
  const canonical = canonicalErrorUri(uri);
  const { args, kwargs, ...failure } = readable(read);
  const options: WampErrorOptions = { details, ...failure };
  if (canonical === ErrorUri.Canceled) return new CanceledError(args, kwargs, options);
  if (canonical === ErrorUri.Timeout) return new TimeoutError(args, kwargs, options);
  if (canonical === ErrorUri.Unavailable) return new UnavailableError(args, kwargs, options);
  return new WampError(canonical, args, kwargs, options);
}

function readable(read: () => PayloadValues): PayloadValues & { cause?: unknown } {
  try {
    const { args, kwargs } = read();
    return { args, kwargs };
  } catch (cause) {
    return { args: [`unreadable payload: ${messageOf(cause)}`], kwargs: EMPTY_DICT, cause };
  }
}

/** A sentence about anything that was thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  try {
    const text: unknown = thrown instanceof Error ? thrown.message : String(thrown);
    return typeof text === 'string' ? text : 'unknown error';
  } catch {
    return 'unknown error';
  }
}
