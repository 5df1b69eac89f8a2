/**
 * Calls: sending them, their progress, canceling, and the one answer.
 * Owns a call from CALL to its end; knows nothing of registrations. Streams and uploads build on it in progressive-call.ts.
 */
import { EMPTY_DICT, type CancelMode, type Dict } from '@wamp/protocol';
import { listen } from './abortable.js';
import type { ClientSession } from './client-session.js';
import type { Connection, OfflinePolicy } from './connection.js';
import { valuesFrom, type AnswerList, type ResultList } from './inbound-message.js';
import { MAX_TIMER_MS } from './limits.js';
import { CALL, CANCEL } from './message-codes.js';
import type { PassthruHeader, PayloadKind, PayloadValues } from './payload-layer.js';
import type { PendingRequest } from './request.js';
import { fromPayload } from './result.js';
import { INVALID_ARGUMENT, NETWORK_FAILURE, UNAVAILABLE } from './uris.js';
import { canceledBy, messageOf, TimeoutError, UsageError, WampError } from './wamp-error.js';
import {
  ANYTHING,
  BOOLEAN,
  check,
  oneOf,
  signalFrom,
  timeoutFrom,
  toWire,
  uriFrom,
  withPayload,
  type WireOptions,
} from './wire-options.js';

/** Something that calls are part of and do not outlive; an `Invocation` is one. */
export interface CallScope {
  /** aborted when it is given up */
  readonly signal: AbortSignal;
  /** milliseconds that are left for it; Infinity without a limit */
  remainingMs(): number;
}

/** How to call. Source: basic profile, "CALL"; advanced profile, "Remote Procedure Calls". */
export interface CallOptions {
  readonly kwargs?: Dict;
  /** Cancels the call; the promise rejects with CanceledError, whose `cause` is the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * How the callee learns of an abort. `killnowait` (default): it is told, and the promise rejects at once; `skip`: it is
   * not told; `kill`: it is told, and the promise waits for its answer.
   */
  readonly cancelMode?: CancelMode;
  /**
   * Milliseconds until the promise rejects with TimeoutError; with progressive results the longest gap between two of
   * them. Kept by the router if it can, else here. 0 is none.
   */
  readonly timeoutMs?: number;
  /**
   * What the call is part of, usually the invocation that a handler works on: the call is canceled when its signal is
   * aborted, and its timeout is at most what is left of the scope's time.
   */
  readonly within?: CallScope;
  /**
   * Scheme of payload passthru mode in which the arguments are sent; `connect` was given its codec. Results have to come
   * in the same scheme; so do errors of the callee, but not those of the router, which has no part in it.
   */
  readonly passthru?: string;
  /** ask the router to tell the callee who calls */
  readonly discloseMe?: boolean;
  /** Asks for progressive results; called for each, in order, before the promise settles. */
  readonly onProgress?: (value: unknown) => void;
  /** resolve with a `Result`, whatever its shape; progressive results too */
  readonly raw?: boolean;
  /**
   * While the client has no session and is reconnecting: `wait` for the next one, within `timeoutMs`, or `fail` with
   * ConnectionLostError. Default: what `connect` was told; but a call that a draining router did not route waits, unless this
   * says `fail`.
   */
  readonly offline?: OfflinePolicy;
  /** The call may be sent twice without harm; `retry()` of `@wamp/client/middleware` does that. Travels nowhere. */
  readonly idempotent?: boolean;
  /**
   * A stream of arguments: each chunk is sent when it is there, the end of the iteration completes the call. Together with
   * progressive results both directions stream. See `upload`.
   */
  readonly chunks?: Chunks<unknown>;
  /** key of `sticky` registrations: calls with the same key go to the same callee */
  readonly rkey?: unknown;
}

/** Chunks of one call; what the iterator returns, if anything, goes with the last message. */
export type Chunks<C> = AsyncIterable<C, unknown> | Iterable<C, unknown>;

/** What a loop over results has to say about its call. */
export interface LoopControl {
  /** why the loop wants no more */
  left: WampError | undefined;
  /** most progressive results that it takes before it asks for more */
  readonly window: number;
  /** the call, once it is sent */
  call: OpenCall | undefined;
}

/** Options of this package's own: they are passed on with the others, and mean nothing to anybody else. */
export interface InternalCallOptions extends CallOptions {
  readonly loop?: LoopControl;
}

/** A call as the application asks for it; what middleware sees and passes on. */
export interface OutgoingCall {
  readonly procedure: string;
  readonly args: readonly unknown[] | undefined;
  readonly options: CallOptions;
}

const NAMES: WireOptions<CallOptions> = { discloseMe: BOOLEAN, rkey: ANYTHING };
const CANCEL_MODE = oneOf('killnowait', 'skip', 'kill');

/** A call that was sent. */
export class OpenCall implements PendingRequest {
  readonly kind = CALL;
  /** the result in the shape that was asked for */
  readonly answer: Promise<unknown>;
  /** True once it has its answer or was canceled; nothing more may be sent for it then. */
  isOver = false;
  readonly #connection: Connection;
  readonly #session: ClientSession;
  readonly #call: OutgoingCall;
  readonly #cancelMode: CancelMode;
  readonly #header: PassthruHeader | undefined;
  /** called once, when the call has its answer or is given up */
  readonly #settled: (() => void) | undefined;
  #unlisten: (() => void)[] | undefined = undefined;
  /** 0 where the router keeps the time */
  #timerMs = 0;
  #id = 0;
  #isSettled = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  /**
   * Sends a call.
   * @param settled called when it has its answer or is given up; also says that further chunks will follow
   * @throws UsageError for what cannot be sent; CanceledError if a signal is aborted already; what `submit` throws
   */
  constructor(connection: Connection, call: OutgoingCall, settled?: () => void) {
    const { layer, session } = connection;
    const { procedure, args, options } = call;
    const wire = toWire(options, NAMES);
    let message = withPayload([CALL, 0, wire, uriFrom(procedure)], args, options.kwargs);
    this.#connection = connection;
    this.#session = session;
    this.#call = call;
    this.#settled = settled;
    this.#cancelMode = options.cancelMode ?? 'killnowait';
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (settled) wire['progress'] = true;
    let signals: AbortSignal[] = [];
    if (options !== EMPTY_DICT) {
      const { onProgress, passthru, loop }: InternalCallOptions = options;
      signals = signalsOf(options);
      const timeoutMs = timeoutOf(options);
      if (timeoutMs > 0 && session.has('dealer', 'call_timeout')) wire['timeout'] = timeoutMs;
      else if (timeoutMs <= MAX_TIMER_MS) this.#timerMs = timeoutMs;
      if (onProgress) wire['receive_progress'] = true;
      if (passthru) {
        layer.check(passthru, session, 'dealer');
        const values = { args: args ?? [], kwargs: options.kwargs ?? EMPTY_DICT };
        const sealed = layer.seal(passthru, values, 'call', procedure);
        this.#header = sealed.header;
        message = withPayload([CALL, 0, Object.assign(wire, sealed.attributes), procedure], sealed.args);
      }
      throwIfAborted(signals);
      if (loop) {
        if (loop.left) throw loop.left;
        loop.call = this;
        if (session.has('dealer', 'x_credit')) wire['x_credit'] = loop.window;
      }
    }
    try {
      if (signals.length > 0)
        this.#unlisten = signals.map((signal) => listen(signal, () => this.cancel(canceledBy(signal))));
      this.#id = session.submit(message, this);
    } catch (error) {
      this.#isSettled = true;
      this.#release();
      throw error;
    }
    this.#armTimer();
  }

  /**
   * Sends a further chunk of a progressive invocation. Only `progress` stands in the options of later chunks.
   * Source: advanced profile, "Progressive Call Invocations".
   * @throws WampError if the payload cannot be encoded
   */
  sendChunk(values: PayloadValues, isLast: boolean): void {
    const opening = this.#header;
    const sealed =
      opening === undefined
        ? values
        : this.#connection.layer.seal(opening.scheme, values, 'call', this.#call.procedure, opening);
    this.#continue(isLast ? EMPTY_DICT : { progress: true }, sealed);
  }

  /** Lets the callee send so many further progressive results. */
  grant(more: number): void {
    if (this.#session.has('dealer', 'x_credit')) this.#continue({ x_credit: more });
  }

  answered(message: AnswerList): boolean {
    const [, , details, ...payload] = message as ResultList;
    const isProgress = details.progress === true;
    const { onProgress, passthru, raw } = this.#call.options;
    let value: unknown;
    try {
      if (passthru) this.#connection.layer.expect(details, passthru);
      value = fromPayload(this.#opened(details, valuesFrom(payload), 'result'), raw);
    } catch (cause) {
      if (isProgress) this.#connection.report(cause, 'progress', this.#call.procedure);
      else this.refused(unreadable(cause));
      return !isProgress;
    }
    if (!isProgress) this.#settle(this.#resolve, value);
    else if (!onProgress) this.#connection.ignore('a progressive result that nobody asked for');
    else {
      this.#armTimer();
      try {
        onProgress(value);
      } catch (error) {
        this.#connection.report(error, 'progress', this.#call.procedure);
      }
    }
    return !isProgress;
  }

  refused(error: unknown): void {
    const again = this.#again(error);
    if (again) this.#settle(this.#resolve, again);
    else this.#settle(this.#reject, error);
  }

  valuesOf(details: Dict, values: PayloadValues): PayloadValues {
    return this.#opened(details, values, 'error');
  }

  /**
   * Gives the call up and tells the router as `cancelMode` says. With `kill` the answer is waited for, unless it is to
   * end now.
   */
  cancel(error: unknown, isNow = false): void {
    if (this.#isSettled) return;
    this.isOver = true;
    const mode = isNow && this.#cancelMode === 'kill' ? 'killnowait' : this.#cancelMode;
    if (this.#session.has('dealer', 'call_canceling')) {
      this.#session.send([CANCEL, this.#id, { mode }]);
      if (mode === 'kill') return;
    }
    this.#session.forget(this.#id);
    this.refused(error);
  }

  /**
   * The same call in the next session, if the router has said that it did not route this one because it drains. Chunks are
   * gone once they are sent.
   */
  #again(error: unknown): Promise<unknown> | undefined {
    const { options } = this.#call;
    if (this.#settled || !isUnrouted(error)) return undefined;
    const since = performance.now();
    try {
      return this.#connection.ready(options, true)?.then(() => {
        const { timeoutMs, onProgress } = options;
        // With progressive results it is the longest gap, else all the time that there is.
        if (!timeoutMs || onProgress) return new OpenCall(this.#connection, this.#call).answer;
        const left = Math.max(1, Math.ceil(timeoutMs + since - performance.now()));
        const call = { ...this.#call, options: { ...options, timeoutMs: left } };
        return new OpenCall(this.#connection, call).answer;
      });
    } catch {
      // Too many wait: this one is told what the router said.
      return undefined;
    }
  }

  #continue(options: Dict, { args, kwargs }: Partial<PayloadValues> = {}): void {
    if (this.isOver) return;
    this.#session.send(withPayload([CALL, this.#id, options, this.#call.procedure], args, kwargs));
    this.#armTimer();
  }

  #opened(details: Dict, values: PayloadValues, kind: PayloadKind): PayloadValues {
    return this.#connection.layer.open(details, values, kind, this.#call.procedure, this.#header);
  }

  /** Routers that keep timeouts do it better: they know when the callee answered. */
  #armTimer(): void {
    const ms = this.#timerMs;
    if (ms === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.cancel(new TimeoutError([`no answer within ${ms} ms`]), true), ms);
  }

  #settle(by: (value: unknown) => void, value: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    by(value);
    this.#release();
  }

  /** Last of all: signals are the application's, and may throw. */
  #release(): void {
    this.isOver = true;
    clearTimeout(this.#timer);
    try {
      this.#unlisten?.forEach((unlisten) => unlisten());
    } finally {
      this.#settled?.();
    }
  }
}

/**
 * What can end a call from this side.
 * @throws UsageError for what is no signal, no scope or no mode; the router would end the session for a mode of our own
 */
export function signalsOf({ signal, within, cancelMode }: CallOptions): AbortSignal[] {
  check('cancelMode', cancelMode ?? 'kill', CANCEL_MODE);
  const signals = [signalFrom(signal)];
  if (within) {
    signals.push(signalFrom(within.signal, 'within.signal'));
    if (signals[1] === undefined || typeof within.remainingMs !== 'function') {
      throw new UsageError('within has to be an invocation, or be like one');
    }
  }
  return signals.filter((each) => each !== undefined);
}

/** @throws CanceledError */
export function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) if (signal.aborted) throw canceledBy(signal);
}

/** @throws UsageError for what is no time; TimeoutError if none is left */
export function timeoutOf({ timeoutMs, within }: CallOptions): number {
  const own = timeoutFrom(timeoutMs);
  const left = within?.signal.aborted === false ? within.remainingMs() : Infinity;
  if (left === Infinity) return own;
  if (left <= 0) throw new TimeoutError(['no time is left for a call within this scope']);
  return Math.min(own || Infinity, timeoutFrom(left));
}

/** True for what a draining router answers to a call that it did not route, by ERROR or by GOODBYE. */
function isUnrouted(error: unknown): boolean {
  return (
    error instanceof WampError &&
    error.details['x_drained'] === true &&
    [UNAVAILABLE, NETWORK_FAILURE].includes(error.uri as never)
  );
}

function unreadable(cause: unknown): WampError {
  const uri = cause instanceof WampError ? cause.uri : INVALID_ARGUMENT;
  return new WampError(uri, [`the result cannot be read: ${messageOf(cause)}`], EMPTY_DICT, { cause });
}
