/**
 * @wamp/client/middleware: layers that many applications want around their calls and invocations.
 * Owns retries, log lines and the passing on of a trace; the chains are the client's.
 */
import type { OutgoingCall } from './caller.js';
import type { Invocation } from './invocation.js';
import type { Middleware } from './middleware.js';
import {
  CanceledError,
  ConnectionError,
  messageOf,
  TimeoutError,
  UsageError,
  WampError,
} from './wamp-error.js';

/** How calls are retried. */
export interface RetryOptions {
  /** Attempts in all, the first one included. Default 4. */
  readonly attempts?: number;
  /** Most that the second attempt waits, in milliseconds; doubled with each further one. Default 100. */
  readonly minDelayMs?: number;
  /** Most that any attempt waits, in milliseconds. Default 5000. */
  readonly maxDelayMs?: number;
  /** Whether an error is worth another attempt. Default: a lost connection, `unavailable`, `no_available_callee`, `canceled` by others. */
  readonly isTransient?: (error: unknown) => boolean;
  /** Waits; for tests and hosts with a clock of their own. Default: `setTimeout`. */
  readonly wait?: (ms: number) => Promise<void>;
}

/**
 * Sends calls that are declared `idempotent` again when they failed for a passing reason. Attempts after the first one wait for
 * a session if the client is reconnecting. A call that has had progressive results, or sends chunks, is never sent twice.
 */
export function retry(options: RetryOptions = {}): Middleware {
  const {
    attempts = 4,
    minDelayMs = 100,
    maxDelayMs = 5000,
    isTransient = isPassing,
    wait = elapsed,
  } = options;
  return {
    async call(call, next) {
      if (call.options.idempotent !== true || call.options.chunks !== undefined) return next(call);
      const progress = { came: false };
      const { onProgress } = call.options;
      const watched =
        onProgress === undefined
          ? {}
          : {
              onProgress: (value: unknown): void => {
                progress.came = true;
                onProgress(value);
              },
            };
      for (let attempt = 1; ; attempt++) {
        const again = attempt === 1 ? {} : { offline: 'wait' as const };
        try {
          return await next({ ...call, options: { ...call.options, ...watched, ...again } });
        } catch (error) {
          const isOver =
            call.options.signal?.aborted === true || call.options.within?.signal.aborted === true;
          if (attempt >= attempts || progress.came || isOver || !isTransient(error)) throw error;
        }
        await wait(Math.random() * Math.min(minDelayMs * 2 ** (attempt - 1), maxDelayMs));
      }
    },
  };
}

const PASSING: ReadonlySet<string> = new Set(['wamp.error.unavailable', 'wamp.error.no_available_callee']);

/** A call that is canceled although its own signal was not aborted has lost its callee. */
function isPassing(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof TimeoutError) return false;
  if (error instanceof ConnectionError || error instanceof CanceledError) return true;
  return error instanceof WampError && PASSING.has(error.uri);
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is known of a call or an invocation when it is over. */
export interface CallRecord {
  readonly kind: 'call' | 'invocation';
  readonly procedure: string;
  readonly durationMs: number;
  /** what it failed with */
  readonly error: unknown;
  /** one line for a log */
  readonly line: string;
}

/** Tells of every call and every invocation when it is over. What `write` throws becomes the caller's error. */
export function logging(write: (record: CallRecord) => void): Middleware {
  const around = async (
    kind: CallRecord['kind'],
    procedure: string,
    act: () => unknown,
  ): Promise<unknown> => {
    const since = performance.now();
    const over = (error: unknown): void => {
      const durationMs = performance.now() - since;
      const how = error === undefined ? 'done' : `failed: ${messageOf(error)}`;
      write({
        kind,
        procedure,
        durationMs,
        error,
        line: `${kind} ${procedure} ${how} after ${durationMs.toFixed(1)} ms`,
      });
    };
    let value: unknown;
    try {
      value = await act();
    } catch (error) {
      over(error);
      throw error;
    }
    over(undefined);
    return value;
  };
  return {
    call: (call, next) => around('call', call.procedure, () => next(call)),
    invocation: (invocation, next) => around('invocation', invocation.procedure, () => next(invocation)),
  };
}

/** How a trace is passed on. */
export interface TracingOptions {
  /** The headers of the trace that is active here, for example what OpenTelemetry's `propagation.inject` writes. */
  readonly inject: (call: OutgoingCall) => Readonly<Record<string, string>>;
  /** Runs the handler within the trace that these headers name. */
  readonly extract: (
    headers: Readonly<Record<string, unknown>>,
    invocation: Invocation,
    run: () => unknown,
  ) => unknown;
  /** The keyword argument that carries the headers; both sides have to use the same. Default `x_trace`. */
  readonly key?: string;
}

/**
 * Passes trace headers from caller to callee, as a keyword argument: WAMP has no place of its own for them. Procedures that
 * do not expect it have to ignore it.
 */
export function tracing({ inject, extract, key = 'x_trace' }: TracingOptions): Middleware {
  return {
    call(call, next) {
      const kwargs = { ...call.options.kwargs, [key]: inject(call) };
      return next({ ...call, options: { ...call.options, kwargs } });
    },
    invocation(invocation, next) {
      const headers = invocation.kwargs[key];
      const isThere = typeof headers === 'object' && headers !== null;
      return extract(isThere ? (headers as Record<string, unknown>) : {}, invocation, () => next(invocation));
    },
  };
}
