/**
 * Calls: sending them, their progress, canceling, and the one answer.
 * Owns a call from CALL to its end; knows nothing of registrations. Streams and uploads build on it in progressive-call.ts.
 */
import {
  CallMessage,
  CancelMessage,
  EMPTY_DICT,
  ErrorUri,
  MessageKind,
  OPTION_RULES,
  type CallOptions as WireOptions,
  type CancelMode,
  type Dict,
  type ErrorMessage,
  type Message,
  type Payload,
  type ResultMessage,
} from '@wamp/protocol';
import { MAX_TIMER_MS } from './limits.js';
import {
  checkPassthru,
  expectScheme,
  hasSameHeader,
  type PassthruHeader,
  type PayloadValues,
  type SealedPayload,
} from './passthru-codec.js';
import { fromPayload } from './result.js';
import { canceledBy, type Request, type SessionLink, type SessionSource } from './request.js';
import { messageOf, TimeoutError, UsageError, WampError } from './wamp-error.js';
import {
  ALLOWED,
  optionsFrom,
  payloadOf,
  shown,
  signalFrom,
  timeoutFrom,
  toWire,
  uriFrom,
  type WireNames,
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

/** What a call in flight is made of. */
export interface CallPlan {
  readonly procedure: string;
  readonly wire: WireOptions;
  readonly payload: Payload;
  readonly timeoutMs: number;
  readonly cancelMode: CancelMode;
  readonly signal: AbortSignal | undefined;
  /** the signal of `within` */
  readonly scope: AbortSignal | undefined;
  /** what the first message says of its payload in passthru mode */
  readonly header: PassthruHeader | undefined;
  readonly settings: CallOptions;
  /** called once, when the call has its answer or is given up */
  readonly settled?: () => void;
}

const NAMES: WireNames<CallOptions> = [
  ['discloseMe', 'disclose_me', ALLOWED.bool],
  ['rkey', 'rkey', ALLOWED.anything],
];

export class Caller {
  readonly #sessions: SessionSource;

  constructor(sessions: SessionSource) {
    this.#sessions = sessions;
  }

  get link(): SessionLink {
    return this.#sessions.current;
  }

  async call(procedure: string, args: readonly unknown[] | undefined, given: CallOptions): Promise<unknown> {
    const options = optionsFrom(given);
    return this.start(this.plan(procedure, payloadOf(args, options.kwargs), options)).answer;
  }

  /** @throws UsageError for what cannot be sent */
  plan(procedure: string, payload: Payload, settings: CallOptions, settled?: () => void): CallPlan {
    const uri = uriFrom(procedure);
    const { signal, scope, cancelMode } = endingOf(settings);
    const timeoutMs = timeoutOf(settings, scope);
    let wire = toWire(settings, NAMES, OPTION_RULES.call) as WireOptions;
    if (timeoutMs > 0 && this.link.router.has('dealer', 'call_timeout'))
      wire = { ...wire, timeout: timeoutMs };
    if (settings.onProgress !== undefined) wire = { ...wire, receive_progress: true };
    const sealed = this.#sealed(uri, payload, settings.passthru);
    if (sealed !== undefined) wire = { ...wire, ...sealed.attributes };
    return {
      procedure: uri,
      wire,
      payload: sealed?.payload ?? payload,
      timeoutMs,
      cancelMode,
      signal,
      scope,
      header: sealed?.header,
      settings,
      ...(settled === undefined ? undefined : { settled }),
    };
  }

  /**
   * Sends a call.
   * @throws CanceledError if its signal is aborted already, and what `submit` throws
   */
  start(plan: CallPlan): OpenCall {
    const aborted = abortedSignal(plan);
    if (aborted !== undefined) throw canceledBy(aborted);
    const call = new OpenCall(this.link, plan);
    call.open();
    return call;
  }

  #sealed(uri: string, payload: Payload, scheme: string | undefined): SealedPayload | undefined {
    if (scheme === undefined) return undefined;
    checkPassthru(this.link, 'dealer', scheme);
    return this.link.passthru.seal(scheme, payload, { kind: 'call', uri, opening: undefined });
  }
}

/** A call that was sent. */
export class OpenCall implements Request {
  readonly kind = MessageKind.Call;
  readonly isAwaited = true;
  /** the result in the shape that was asked for */
  readonly answer: Promise<unknown>;
  readonly #link: SessionLink;
  readonly #plan: CallPlan;
  #id = 0;
  #settled = false;
  #canceled = false;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(link: SessionLink, plan: CallPlan) {
    this.#link = link;
    this.#plan = plan;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** True once it has its answer or was canceled; nothing more may be sent for it then. */
  get isOver(): boolean {
    return this.#settled || this.#canceled;
  }

  open(): void {
    const { signal, scope } = this.#plan;
    try {
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      scope?.addEventListener('abort', this.#onAbort, { once: true });
      this.#id = this.#link.submit(this);
    } catch (error) {
      this.#unlisten();
      throw error;
    }
    this.#armTimer();
  }

  message(id: number): CallMessage {
    return new CallMessage(id, this.#plan.wire, this.#plan.procedure, this.#plan.payload);
  }

  /**
   * Sends a further chunk of a progressive invocation. Only `progress` stands in the options of later chunks.
   * Source: advanced profile, "Progressive Call Invocations".
   * @throws WampError if the payload cannot be encoded
   */
  sendChunk(payload: Payload, isLast: boolean): void {
    if (this.isOver) return;
    const options = isLast ? EMPTY_DICT : { progress: true };
    this.#link.send(new CallMessage(this.#id, options, this.#plan.procedure, this.#sealedChunk(payload)));
    this.#armTimer();
  }

  answered(message: Message): boolean {
    const { details, payload } = message as ResultMessage;
    const isProgress = details.progress === true;
    let value: unknown;
    try {
      expectScheme(this.#plan.settings.passthru, details);
      value = fromPayload(this.#opened(details, payload, 'result'), this.#plan.settings.raw);
    } catch (error) {
      if (isProgress) this.#report(error);
      else this.#fail(unreadable(error));
      return !isProgress;
    }
    if (isProgress) this.#progressed(value);
    else this.#succeed(value);
    return !isProgress;
  }

  refused(error: WampError): void {
    this.#fail(error);
  }

  valuesOf({ details, payload }: ErrorMessage): PayloadValues {
    return this.#opened(details, payload, 'error');
  }

  /** Gives the call up and tells the router as `cancelMode` says. With `kill` the answer is waited for. */
  cancel(error: unknown): void {
    this.#giveUp(this.#plan.cancelMode, error);
  }

  /** Gives the call up now, whatever `cancelMode` says. */
  drop(error: unknown): void {
    this.#giveUp(this.#plan.cancelMode === 'skip' ? 'skip' : 'killnowait', error);
  }

  #opened(details: Dict, payload: Payload, kind: 'result' | 'error'): PayloadValues {
    const { procedure, header } = this.#plan;
    return this.#link.passthru.open(details, payload, kind, procedure, header);
  }

  /** @throws UsageError if the codec does not stay with what the first message said, and others do not repeat */
  #sealedChunk(payload: Payload): Payload {
    const { procedure: uri, header: opening } = this.#plan;
    if (opening === undefined) return payload;
    const sealed = this.#link.passthru.seal(opening.scheme, payload, { kind: 'call', uri, opening });
    if (hasSameHeader(opening, sealed.header)) return sealed.payload;
    throw new UsageError('the passthru codec changed serializer, cipher or key within one call');
  }

  #giveUp(mode: CancelMode, error: unknown): void {
    if (this.#settled) return;
    this.#canceled = true;
    const told = this.#link.router.has('dealer', 'call_canceling');
    if (told) this.#link.send(new CancelMessage(this.#id, { mode }));
    if (told && mode === 'kill') return;
    this.#link.forget(this.#id);
    this.#fail(error);
  }

  #progressed(value: unknown): void {
    const { onProgress } = this.#plan.settings;
    if (onProgress === undefined) {
      this.#link.ignore('a progressive result that nobody asked for');
      return;
    }
    this.#armTimer();
    try {
      onProgress(value);
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#link.report(error, { where: 'progress', uri: this.#plan.procedure });
  }

  /** Routers that keep timeouts do it better: they know when the callee answered. */
  #armTimer(): void {
    const { timeoutMs, wire } = this.#plan;
    if (timeoutMs === 0 || timeoutMs > MAX_TIMER_MS || wire.timeout !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.drop(new TimeoutError([`no answer within ${timeoutMs} ms`]));
    }, timeoutMs);
  }

  readonly #onAbort = (): void => {
    const aborted = abortedSignal(this.#plan);
    if (aborted !== undefined) this.cancel(canceledBy(aborted));
  };

  #succeed(value: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(value);
    this.#release();
  }

  #fail(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#reject(error);
    this.#release();
  }

  /** After the promise has settled: signals are the application's, and may throw. */
  #release(): void {
    clearTimeout(this.#timer);
    try {
      this.#unlisten();
    } finally {
      this.#plan.settled?.();
    }
  }

  #unlisten(): void {
    const { signal, scope } = this.#plan;
    signal?.removeEventListener('abort', this.#onAbort);
    scope?.removeEventListener('abort', this.#onAbort);
  }
}

function abortedSignal({ signal, scope }: Ending): AbortSignal | undefined {
  if (signal?.aborted === true) return signal;
  return scope?.aborted === true ? scope : undefined;
}

/** What can end a call from this side, and how. */
type Ending = Pick<CallPlan, 'cancelMode' | 'signal' | 'scope'>;

const CANCEL_MODES: ReadonlySet<unknown> = new Set<CancelMode>(['killnowait', 'skip', 'kill']);

/**
 * Read once: what becomes of the options while the call is in flight does not concern it.
 * @throws UsageError for what is no signal, no scope or no mode; the router would end the session for a mode of our own
 */
export function endingOf(settings: CallOptions): Ending {
  const signal = signalFrom(settings.signal);
  const scope = scopeFrom(settings.within);
  const cancelMode = settings.cancelMode ?? 'killnowait';
  if (CANCEL_MODES.has(cancelMode)) return { cancelMode, signal, scope };
  throw new UsageError(`cancelMode has to be "killnowait", "skip" or "kill", not ${shown(cancelMode)}`);
}

function scopeFrom(within: unknown): AbortSignal | undefined {
  if (within === undefined || within === null) return undefined;
  const { signal, remainingMs } = within as Partial<CallScope>;
  const checked = signalFrom(signal, 'within.signal');
  if (checked !== undefined && typeof remainingMs === 'function') return checked;
  throw new UsageError('within has to be an invocation, or an object with signal and remainingMs()');
}

/**
 * @throws UsageError for what is no time; TimeoutError if none is left
 */
function timeoutOf({ timeoutMs, within }: CallOptions, scope: AbortSignal | undefined): number {
  const own = timeoutFrom(timeoutMs);
  if (scope === undefined || scope.aborted) return own;
  const left = within?.remainingMs() ?? Infinity;
  if (left === Infinity) return own;
  if (left <= 0) throw new TimeoutError(['no time is left for a call within this scope']);
  return own === 0 ? timeoutFrom(left) : Math.min(own, timeoutFrom(left));
}

function unreadable(cause: unknown): WampError {
  const uri = cause instanceof WampError ? cause.uri : ErrorUri.InvalidArgument;
  const text = `the result cannot be read: ${messageOf(cause)}`;
  return new WampError(uri, [text], EMPTY_DICT, { cause });
}
