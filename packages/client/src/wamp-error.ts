/**
 * The errors that this package rejects with and that handlers may throw.
 * Owns their classes and the choice of a class by error URI; sends and receives nothing.
 */
import { EMPTY_DICT, type Dict } from '@wamp/protocol';
import type { PayloadValues } from './payload-layer.js';
import { CANCELED, NETWORK_FAILURE, NOT_AUTHORIZED, RUNTIME_ERROR, TIMEOUT, UNAVAILABLE } from './uris.js';

const BRAND: unique symbol = Symbol.for('@wamp/client/WampError') as never;

export interface WampErrorOptions {
  /** ERROR.Details as they came from the router */
  readonly details?: Dict;
  /** what led to the error; kept as `error.cause` */
  readonly cause?: unknown;
  /** the whole message; default: the URI and, if it is a string, the first argument */
  readonly message?: string;
}

/**
 * An error with a WAMP error URI: the answer to a request, the reason of an ABORT, or thrown by a handler to be sent to
 * the caller as it is. `instanceof` also holds for errors made by another installed copy of this package.
 * Source: basic profile, "Remote Procedure Call Errors".
 */
export class WampError extends Error {
  /** the name of the class, on its prototype, by which other copies of this package recognize it */
  declare readonly [BRAND]: string;
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
    super(options.message ?? (typeof text === 'string' ? `${uri}: ${text}` : uri), options);
    this.uri = uri;
    this.args = list;
    this.kwargs = kwargs;
    this.details = options.details ?? EMPTY_DICT;
    this.name = brandOf(new.target.prototype) ?? new.target.name;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const own = brandOf(this.prototype);
    // A class of the application that extends one of ours has no brand of its own: the ordinary rule applies to it.
    if (own === undefined) return Function.prototype[Symbol.hasInstance].call(this, value);
    try {
      for (let at = value; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
        if (brandOf(at) === own) return true;
      }
    } catch {
      // handlers also throw what throws when it is looked at
    }
    return false;
  }
}

function brandOf(prototype: object): string | undefined {
  return Object.hasOwn(prototype, BRAND) ? (prototype as WampError)[BRAND] : undefined;
}

/** The call was canceled: by the caller's own signal (then `cause` is the signal's reason), or by router or callee. */
export class CanceledError extends WampError {
  constructor(args?: readonly unknown[], kwargs?: Dict, options?: WampErrorOptions) {
    super(CANCELED, args, kwargs, options);
  }
}

/** An answer did not come in time. Source: advanced profile, "Call Timeouts". */
export class TimeoutError extends WampError {
  constructor(args?: readonly unknown[], kwargs?: Dict, options?: WampErrorOptions) {
    super(TIMEOUT, args, kwargs, options);
  }
}

/**
 * The callee cannot serve the call now, another one may. Thrown by a handler, it makes routers that re-route calls try the
 * next callee of a shared registration. Source: advanced profile, "Call Re-Routing".
 */
export class UnavailableError extends WampError {
  constructor(args?: readonly unknown[], kwargs?: Dict, options?: WampErrorOptions) {
    super(UNAVAILABLE, args, kwargs, options);
  }
}

/** The router could not be reached, or what answered is no WAMP router. `cause` is the transport's own error. */
export class ConnectionError extends WampError {
  constructor(message: string, options?: WampErrorOptions) {
    super(NETWORK_FAILURE, [message], EMPTY_DICT, { ...options, message });
  }
}

/** The session ended before the answer came; whether the request had an effect is unknown. */
export class ConnectionLostError extends ConnectionError {}

/** This package was misused, for example a call after `close()`. Nothing was sent. */
export class UsageError extends WampError {
  constructor(message: string, options?: WampErrorOptions) {
    super(RUNTIME_ERROR, [message], EMPTY_DICT, { ...options, message });
  }
}

// By name, because bundlers rename classes.
for (const [name, { prototype }] of Object.entries({
  WampError,
  CanceledError,
  TimeoutError,
  UnavailableError,
  ConnectionError,
  ConnectionLostError,
  UsageError,
})) {
  Object.defineProperty(prototype, BRAND, { value: name });
}

/** Spellings that other implementations use, and the specification's. Source: advanced profile, "Predefined URIs". */
const ALIASES = new Map([
  ['wamp.error.cancelled', CANCELED],
  ['wamp.error.authorization_denied', NOT_AUTHORIZED],
  ['wamp.error.disclose_me.not_allowed', 'wamp.error.option_disallowed.disclose_me'],
]);

/**
 * The error for a URI that came from a peer: a subclass where there is one, variant spellings read as the specification's.
 * An error stays an error when what it carries cannot be read; then `args` say so and `cause` says why.
 */
export function errorFromUri(given: string, details: Dict, read: () => PayloadValues): WampError {
  const uri = ALIASES.get(given) ?? given;
  const options: { details: Dict; cause?: unknown } = { details };
  let args: readonly unknown[];
  let kwargs = EMPTY_DICT;
  try {
    ({ args, kwargs } = read());
  } catch (cause) {
    args = [`unreadable payload: ${messageOf(cause)}`];
    options.cause = cause;
  }
  const Known =
    uri === CANCELED
      ? CanceledError
      : uri === TIMEOUT
        ? TimeoutError
        : uri === UNAVAILABLE
          ? UnavailableError
          : undefined;
  return Known === undefined ? new WampError(uri, args, kwargs, options) : new Known(args, kwargs, options);
}

/** A sentence about anything that was thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  try {
    const text: unknown = thrown instanceof Error ? thrown.message : String(thrown);
    if (typeof text === 'string') return text;
  } catch {
    // nothing can be said about it
  }
  return 'unknown error';
}

/** The error of a request whose own signal was aborted. */
export function canceledBy({ reason }: AbortSignal): CanceledError {
  return new CanceledError(['canceled by the caller'], EMPTY_DICT, { cause: reason });
}
