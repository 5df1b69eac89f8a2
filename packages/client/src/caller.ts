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
  type Message,
  type Payload,
  type ResultMessage,
} from '@wamp/protocol';
import { MAX_TIMER_MS } from './limits.js';
import { fromPayload } from './result.js';
import { canceledBy, type Request, type SessionLink } from './request.js';
import { messageOf, TimeoutError, WampError } from './wamp-error.js';
import { payloadOf, timeoutFrom, toWire, uriFrom, type WireNames } from './wire-options.js';

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
  readonly settings: CallOptions;
  /** called once, when the call has its answer or is given up */
  readonly settled?: () => void;
}

const NAMES: WireNames<CallOptions> = [
  ['discloseMe', 'disclose_me'],
  ['rkey', 'rkey'],
];

export class Caller {
  readonly #link: SessionLink;

  constructor(link: SessionLink) {
    this.#link = link;
  }

  get link(): SessionLink {
    return this.#link;
  }

  async call(
    procedure: string,
    args: readonly unknown[] | undefined,
    options: CallOptions,
  ): Promise<unknown> {
    return this.start(this.plan(procedure, payloadOf(args, options.kwargs), options)).answer;
  }

  /** @throws UsageError for what cannot be sent */
  plan(procedure: string, payload: Payload, settings: CallOptions, settled?: () => void): CallPlan {
    const timeoutMs = timeoutFrom(settings.timeoutMs);
    let wire = toWire(settings, NAMES, OPTION_RULES.call) as WireOptions;
    if (timeoutMs > 0 && this.#link.router.has('dealer', 'call_timeout'))
      wire = { ...wire, timeout: timeoutMs };
    if (settings.onProgress !== undefined) wire = { ...wire, receive_progress: true };
    return {
      procedure: uriFrom(procedure),
      wire,
      payload,
      timeoutMs,
      settings,
      ...(settled === undefined ? undefined : { settled }),
    };
  }

  /**
   * Sends a call.
   * @throws CanceledError if its signal is aborted already, and what `submit` throws
   */
  start(plan: CallPlan): OpenCall {
    const { signal } = plan.settings;
    if (signal?.aborted === true) throw canceledBy(signal);
    const call = new OpenCall(this.#link, plan);
    call.open();
    return call;
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
    this.#id = this.#link.submit(this);
    this.#plan.settings.signal?.addEventListener('abort', this.#onAbort, { once: true });
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
    this.#link.send(new CallMessage(this.#id, options, this.#plan.procedure, payload));
    this.#armTimer();
  }

  answered(message: Message): boolean {
    const { details, payload } = message as ResultMessage;
    const isProgress = details.progress === true;
    let value: unknown;
    try {
      value = fromPayload(payload, this.#plan.settings.raw);
    } catch (error) {
      if (isProgress) this.#report(error);
      else this.#fail(unreadable(error));
      return !isProgress;
    }
    if (isProgress) this.#progressed(value);
    else if (this.#settle()) this.#resolve(value);
    return !isProgress;
  }

  refused(error: WampError): void {
    this.#fail(error);
  }

  /** Gives the call up and tells the router as `cancelMode` says. With `kill` the answer is waited for. */
  cancel(error: unknown): void {
    this.#giveUp(this.#plan.settings.cancelMode ?? 'killnowait', error);
  }

  /** Gives the call up now, whatever `cancelMode` says. */
  drop(error: unknown): void {
    this.#giveUp(this.#plan.settings.cancelMode === 'skip' ? 'skip' : 'killnowait', error);
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
    const { signal } = this.#plan.settings;
    if (signal !== undefined) this.cancel(canceledBy(signal));
  };

  #fail(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#plan.settings.signal?.removeEventListener('abort', this.#onAbort);
    this.#plan.settled?.();
    return true;
  }
}

function unreadable(cause: unknown): WampError {
  return new WampError(
    ErrorUri.InvalidArgument,
    [`the result cannot be read: ${messageOf(cause)}`],
    EMPTY_DICT,
    {
      cause,
    },
  );
}
