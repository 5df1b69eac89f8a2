/**
 * Calls: sending them, their progress, canceling, and the one answer.
 * Owns a call from CALL to its end; knows nothing of registrations. Streams and uploads build on it in progressive-call.ts.
 */
import { EMPTY_DICT, type CancelMode, type Dict } from '@wamp/protocol';
import type { ClientSession } from './client-session.js';
import type { Connection } from './connection.js';
import { valuesFrom, type AnswerList, type ResultList } from './inbound-message.js';
import { MAX_TIMER_MS } from './limits.js';
import { CALL, CANCEL } from './message-codes.js';
import type { PassthruHeader, PayloadKind, PayloadValues } from './payload-layer.js';
import type { PendingRequest } from './request.js';
import { fromPayload } from './result.js';
import { INVALID_ARGUMENT } from './uris.js';
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
  /** key of `sticky` registrations: calls with the same key go to the same callee */
  readonly rkey?: unknown;
}

/** A call as the application asks for it. */
export interface OutgoingCall {
  readonly procedure: string;
  readonly args: readonly unknown[] | undefined;
  readonly options: CallOptions;
}

/** The hold that a loop over results has on its call, which may not have been sent yet: an option of this package's own. */
export interface CallControl {
  call: OpenCall | undefined;
  /** why the loop wants no more */
  left: WampError | undefined;
}

/** What belongs to a call in flight besides its options. */
interface CallExtras {
  /** further chunks will follow */
  readonly isChunked?: boolean;
  /** called once, when the call has its answer or is given up */
  readonly settled?: () => void;
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
  readonly #ending: Ending;
  readonly #settledToo: (() => void) | undefined;
  readonly #header: PassthruHeader | undefined;
  /** 0 where the router keeps the time */
  readonly #timerMs: number;
  #id = 0;
  #isSettled = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  /**
   * Sends a call.
   * @throws UsageError for what cannot be sent; CanceledError if a signal is aborted already; what `submit` throws
   */
  constructor(connection: Connection, call: OutgoingCall, extras: CallExtras) {
    const { procedure, args } = call;
    const options: CallOptions & { readonly control?: CallControl } = call.options;
    const { session } = connection;
    const { control, passthru } = options;
    if (control?.left !== undefined) throw control.left;
    const wire = toWire(options, NAMES);
    let message = withPayload([CALL, 0, wire, uriFrom(procedure)], args, options.kwargs);
    this.#ending = endingOf(options);
    const timeoutMs = timeoutOf(options);
    const isKept = timeoutMs > 0 && session.has('dealer', 'call_timeout');
    if (isKept) wire['timeout'] = timeoutMs;
    this.#timerMs = isKept || timeoutMs > MAX_TIMER_MS ? 0 : timeoutMs;
    if (options.onProgress) wire['receive_progress'] = true;
    if (extras.isChunked === true) wire['progress'] = true;
    if (passthru) {
      connection.layer.check(passthru, session, 'dealer');
      const values = { args: args ?? [], kwargs: options.kwargs ?? EMPTY_DICT };
      const sealed = connection.layer.seal(passthru, values, 'call', procedure);
      this.#header = sealed.header;
      message = withPayload(
        [CALL, 0, Object.assign(wire, sealed.attributes), procedure],
        sealed.args,
        undefined,
      );
    }
    this.#connection = connection;
    this.#session = session;
    this.#call = call;
    this.#settledToo = extras.settled;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    try {
      const { signals } = this.#ending;
      throwIfAborted(signals);
      for (const signal of signals) signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#id = session.submit(message, this);
    } catch (error) {
      this.#unlisten();
      throw error;
    }
    this.#armTimer();
    if (control !== undefined) control.call = this;
  }

  /**
   * Sends a further chunk of a progressive invocation. Only `progress` stands in the options of later chunks.
   * Source: advanced profile, "Progressive Call Invocations".
   * @throws WampError if the payload cannot be encoded
   */
  sendChunk(values: PayloadValues, isLast: boolean): void {
    if (this.isOver) return;
    const { procedure } = this.#call;
    const opening = this.#header;
    const sealed =
      opening === undefined
        ? values
        : this.#connection.layer.seal(opening.scheme, values, 'call', procedure, opening);
    const message = [CALL, this.#id, isLast ? EMPTY_DICT : { progress: true }, procedure];
    this.#session.send(withPayload(message, sealed.args, sealed.kwargs));
    this.#armTimer();
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
      if (isProgress) this.#report(cause);
      else this.#settle(this.#reject, unreadable(cause));
      return !isProgress;
    }
    if (!isProgress) this.#settle(this.#resolve, value);
    else if (!onProgress) this.#connection.ignore('a progressive result that nobody asked for');
    else {
      this.#armTimer();
      try {
        onProgress(value);
      } catch (error) {
        this.#report(error);
      }
    }
    return !isProgress;
  }

  refused(error: WampError): void {
    this.#settle(this.#reject, error);
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
    let mode = this.#ending.cancelMode;
    if (isNow && mode === 'kill') mode = 'killnowait';
    if (this.#session.has('dealer', 'call_canceling')) {
      this.#session.send([CANCEL, this.#id, { mode }]);
      if (mode === 'kill') return;
    }
    this.#session.forget(this.#id);
    this.#settle(this.#reject, error);
  }

  #opened(details: Dict, values: PayloadValues, kind: PayloadKind): PayloadValues {
    return this.#connection.layer.open(details, values, kind, this.#call.procedure, this.#header);
  }

  #report(error: unknown): void {
    this.#connection.report(error, { where: 'progress', uri: this.#call.procedure });
  }

  /** Routers that keep timeouts do it better: they know when the callee answered. */
  #armTimer(): void {
    const ms = this.#timerMs;
    if (ms === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.cancel(new TimeoutError([`no answer within ${ms} ms`]), true), ms);
  }

  readonly #onAbort = (): void => {
    try {
      throwIfAborted(this.#ending.signals);
    } catch (error) {
      this.cancel(error);
    }
  };

  #settle(by: (value: unknown) => void, value: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = this.isOver = true;
    by(value);
    clearTimeout(this.#timer);
    // Last of all: signals are the application's, and may throw.
    try {
      this.#unlisten();
    } finally {
      this.#settledToo?.();
    }
  }

  #unlisten(): void {
    for (const signal of this.#ending.signals) signal.removeEventListener('abort', this.#onAbort);
  }
}

/** What can end a call from this side, and how. */
interface Ending {
  readonly cancelMode: CancelMode;
  readonly signals: readonly AbortSignal[];
}

const NO_ENDING: Ending = { cancelMode: 'killnowait', signals: [] };

/**
 * Read once: what becomes of the options while the call is in flight does not concern it.
 * @throws UsageError for what is no signal, no scope or no mode; the router would end the session for a mode of our own
 */
export function endingOf(options: CallOptions): Ending {
  if (options === EMPTY_DICT) return NO_ENDING;
  const { within } = options;
  const cancelMode = options.cancelMode ?? 'killnowait';
  check('cancelMode', cancelMode, CANCEL_MODE);
  const signals = [signalFrom(options.signal)];
  if (within) {
    signals.push(signalFrom(within.signal, 'within.signal'));
    if (signals[1] === undefined || typeof within.remainingMs !== 'function') {
      throw new UsageError('within has to be an invocation, or an object with signal and remainingMs()');
    }
  }
  return { cancelMode, signals: signals.filter((signal) => signal !== undefined) };
}

/** @throws CanceledError */
export function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) if (signal.aborted) throw canceledBy(signal);
}

/** @throws UsageError for what is no time; TimeoutError if none is left */
function timeoutOf({ timeoutMs, within }: CallOptions): number {
  const own = timeoutFrom(timeoutMs);
  const left = within?.signal.aborted === false ? within.remainingMs() : Infinity;
  if (left === Infinity) return own;
  if (left <= 0) throw new TimeoutError(['no time is left for a call within this scope']);
  return Math.min(own || Infinity, timeoutFrom(left));
}

function unreadable(cause: unknown): WampError {
  const uri = cause instanceof WampError ? cause.uri : INVALID_ARGUMENT;
  return new WampError(uri, [`the result cannot be read: ${messageOf(cause)}`], EMPTY_DICT, { cause });
}
