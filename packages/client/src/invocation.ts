/**
 * One invocation, from INVOCATION to its one answer.
 * Owns what is sent for it, its signal, its deadline and its chunks; runs no handlers and keeps no tables.
 */
import {
  EMPTY_DICT,
  EMPTY_PAYLOAD,
  ErrorMessage,
  ErrorUri,
  isPassthru,
  isValidUri,
  MessageKind,
  Payload,
  YieldMessage,
  type Dict,
  type InterruptOptions,
  type InvocationDetails,
  type InvocationMessage,
  type YieldOptions,
} from '@wamp/protocol';
import { MAX_BUFFERED_VALUES, MAX_TIMER_MS } from './limits.js';
import { headerOf, type PassthruHeader, type SealedPayload } from './passthru-codec.js';
import type { SessionLink } from './request.js';
import { fromPayload, Result, toPayload } from './result.js';
import { ValueQueue } from './value-queue.js';
import { CanceledError, messageOf, TimeoutError, UsageError, WampError } from './wamp-error.js';
import { payloadOf } from './wire-options.js';

/** Who calls, as far as the router tells. Source: advanced profile, "Caller Identification". */
export interface CallerIdentity {
  readonly session: number;
  readonly authid?: string;
  readonly authrole?: string;
}

/**
 * What a handler learns of an invocation besides its arguments, and what it can do with it. All of it may be taken out:
 * `(args, { progress, signal }) => …`.
 */
export interface Invocation {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: InvocationDetails;
  /** the concrete procedure, also for pattern-based registrations */
  readonly procedure: string;
  /** who calls, if disclosed */
  readonly caller: CallerIdentity | undefined;
  /**
   * Aborted when nobody waits for the answer any more: canceled by the caller, timed out, connection lost. The reason is
   * a CanceledError, TimeoutError or ConnectionLostError. What the handler returns or throws then is dropped.
   */
  readonly signal: AbortSignal;
  /** true if the caller wants progressive results */
  readonly wantsProgress: boolean;
  /**
   * Sends a progressive result: the values are its positional arguments, a `Result` is sent as it is.
   * @returns false if it was not sent, because the caller does not want progress or the invocation is over
   * @throws WampError if the values cannot be encoded
   */
  readonly progress: (...values: unknown[]) => boolean;
  /** when the invocation times out here, in milliseconds since the epoch; undefined if the callee does not keep the time */
  readonly deadline: number | undefined;
  /** milliseconds until the deadline; Infinity if there is none */
  readonly remainingMs: () => number;
  /**
   * The chunks of a progressive invocation, this first one included; of an ordinary one its single chunk. To be iterated
   * once. The loop throws if the invocation is canceled. Source: advanced profile, "Progressive Call Invocations".
   */
  readonly chunks: AsyncIterable<unknown>;
}

/** The table that an invocation stands in. */
export interface InvocationTable {
  readonly link: SessionLink;
  /** The invocation is answered or given up. */
  closed(invocation: OpenInvocation): void;
}

export class OpenInvocation implements Invocation {
  readonly request: number;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: InvocationDetails;
  readonly procedure: string;
  readonly wantsProgress: boolean;
  readonly #table: InvocationTable;
  /** undefined unless it came in payload passthru mode; then its answers go out in the same scheme */
  readonly #header: PassthruHeader | undefined;
  #over = false;
  #expectsChunks: boolean;
  #chunks: ValueQueue<unknown> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #aborted: WampError | undefined = undefined;
  #onAbort: (() => void) | undefined = undefined;
  #deadline: number | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  // Made when a handler asks for them: most do not.
  #progress: Invocation['progress'] | undefined = undefined;
  #remainingMs: Invocation['remainingMs'] | undefined = undefined;

  /** @throws PayloadError or WampError if the arguments cannot be represented or unpacked */
  constructor(table: InvocationTable, message: InvocationMessage, registered: string) {
    const { details, payload } = message;
    const procedure = details.procedure ?? registered;
    const values = table.link.passthru.open(details, payload, 'call', procedure);
    this.request = message.request;
    this.args = values.args;
    this.kwargs = values.kwargs;
    this.details = details;
    this.procedure = procedure;
    this.wantsProgress = details.receive_progress === true;
    this.#table = table;
    this.#header = isPassthru(details) ? headerOf(details) : undefined;
    this.#expectsChunks = details.progress === true;
    if (this.#expectsChunks) this.#openChunks(fromPayload(values), true);
    this.#armTimer();
  }

  get caller(): CallerIdentity | undefined {
    const { caller: session, caller_authid: authid, caller_authrole: authrole } = this.details;
    if (session === undefined) return undefined;
    return {
      session,
      ...(authid === undefined ? undefined : { authid }),
      ...(authrole === undefined ? undefined : { authrole }),
    };
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get deadline(): number | undefined {
    return this.#deadline;
  }

  get remainingMs(): () => number {
    return (this.#remainingMs ??= () =>
      this.#deadline === undefined ? Infinity : Math.max(0, this.#deadline - Date.now()));
  }

  get progress(): (...values: unknown[]) => boolean {
    return (this.#progress ??= (...values) => this.sendProgress(values));
  }

  get chunks(): AsyncIterable<unknown> {
    return this.#chunks ?? this.#openChunks(this.#onlyChunk(), false);
  }

  /** True once it is answered or given up. */
  isOver(): boolean {
    return this.#over;
  }

  /** True while the caller has not said that this was the last chunk. */
  get expectsChunks(): boolean {
    return this.#expectsChunks;
  }

  /** What to do at once when the invocation is aborted; one listener, for the one who runs the handler. */
  whenAborted(listener: () => void): void {
    this.#onAbort = listener;
  }

  /** What `progress` does. */
  sendProgress(values: unknown[]): boolean {
    if (this.#over || !this.wantsProgress) return false;
    const [only] = values;
    const payload = values.length === 1 ? toPayload(only) : Payload.of(values);
    this.#sendYield({ progress: true }, payload);
    this.#armTimer();
    return true;
  }

  /** The final result. */
  answer(value: unknown): void {
    if (!this.#close()) return;
    try {
      this.#sendYield(EMPTY_DICT, toPayload(value));
    } catch (error) {
      this.#sendFailure(error);
    }
  }

  /** What the handler threw: a WampError is sent as it is, of anything else the message. */
  fail(thrown: unknown): void {
    if (!this.#close()) return;
    if (!(thrown instanceof WampError)) {
      this.#sendFailure(thrown);
      return;
    }
    try {
      if (!isValidUri(thrown.uri, 'exact', 'loose')) throw new UsageError(`"${thrown.uri}" is no error URI`);
      this.#sendError(thrown.uri, payloadOf(thrown.args, thrown.kwargs));
    } catch (error) {
      this.#sendFailure(error);
    }
  }

  /** A further chunk. */
  takeChunk(message: InvocationMessage): void {
    const isLast = message.details.progress !== true;
    this.#expectsChunks = !isLast;
    let value: unknown;
    try {
      const header = this.#header;
      const { payload } = message;
      const { passthru } = this.#table.link;
      value = fromPayload(
        header === undefined ? payload : passthru.openChunk(header, payload, this.procedure),
      );
    } catch (error) {
      this.giveUp(unreadable(error), true);
      return;
    }
    this.#armTimer();
    // Callers that learn of the end late finish with a message that carries nothing.
    const carries = !isLast || value !== undefined;
    if (carries && this.#chunks?.push(value) === false) {
      const text = `more than ${MAX_BUFFERED_VALUES} chunks wait for the procedure`;
      this.giveUp(new WampError(ErrorUri.LimitExceeded, [text]), true);
      return;
    }
    if (isLast) this.#chunks?.finish();
  }

  /** Source: advanced profile, "Call Canceling": `kill` is answered, `killnowait` is not. */
  interrupt(options: InterruptOptions): void {
    const reason = typeof options.reason === 'string' ? options.reason : 'canceled by the caller';
    this.giveUp(new CanceledError([reason]), options.mode === 'kill');
  }

  /** Ends the invocation from outside: the handler's signal is aborted, and the error is sent if anybody waits for it. */
  giveUp(error: WampError, send: boolean): void {
    if (!this.#close()) return;
    if (send) this.#sendOwnError(error.uri, error.args);
    this.#aborted = error;
    this.#chunks?.fail(error);
    this.#onAbort?.();
    this.#controller?.abort(error);
  }

  #onlyChunk(): unknown {
    if (this.args.length === 1 && Object.keys(this.kwargs).length === 0) return this.args[0];
    if (this.args.length === 0 && Object.keys(this.kwargs).length === 0) return undefined;
    return new Result(this.args, this.kwargs);
  }

  #openChunks(first: unknown, more: boolean): ValueQueue<unknown> {
    const queue = new ValueQueue<unknown>(MAX_BUFFERED_VALUES, () => undefined);
    this.#chunks = queue;
    if (more || first !== undefined) queue.push(first);
    if (this.#aborted !== undefined) queue.fail(this.#aborted);
    else if (!more) queue.finish();
    return queue;
  }

  /** With progress the time is that between two messages. Source: advanced profile, "Call Timeouts". */
  #armTimer(): void {
    const { timeout } = this.details;
    if (timeout === undefined || timeout <= 0) return;
    clearTimeout(this.#timer);
    this.#deadline = Date.now() + timeout;
    if (timeout > MAX_TIMER_MS) return;
    this.#timer = setTimeout(
      () => this.giveUp(new TimeoutError([`not done within ${timeout} ms`]), true),
      timeout,
    );
  }

  #close(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#table.closed(this);
    return true;
  }

  #sendYield(options: YieldOptions, payload: Payload): void {
    const sealed = this.#sealed('result', payload);
    const all = sealed === undefined ? options : { ...options, ...sealed.attributes };
    this.#table.link.send(new YieldMessage(this.request, all, sealed?.payload ?? payload));
  }

  #sendError(uri: string, payload: Payload): void {
    const sealed = this.#sealed('error', payload);
    const details: Dict = sealed === undefined ? EMPTY_DICT : { ...sealed.attributes };
    const { request } = this;
    const message = new ErrorMessage(
      MessageKind.Invocation,
      request,
      details,
      uri,
      sealed?.payload ?? payload,
    );
    this.#table.link.send(message);
  }

  /** @throws UsageError if the codec cannot do it */
  #sealed(kind: 'result' | 'error', payload: Payload): SealedPayload | undefined {
    const opening = this.#header;
    if (opening === undefined) return undefined;
    return this.#table.link.passthru.seal(opening.scheme, payload, { kind, uri: this.procedure, opening });
  }

  /** For what is no error of the application's own making. */
  #sendFailure(error: unknown): void {
    this.#table.link.report(error, { where: 'invocation', uri: this.procedure });
    const { uri, text } = failureOf(error);
    this.#sendOwnError(uri, [text]);
  }

  /** It always gets through, if need be without its sentence. */
  #sendOwnError(uri: string, args: readonly unknown[]): void {
    try {
      this.#sendError(uri, Payload.of(args));
    } catch {
      const { request } = this;
      const bare = new ErrorMessage(MessageKind.Invocation, request, EMPTY_DICT, uri, EMPTY_PAYLOAD);
      this.#table.link.send(bare);
    }
  }
}

/** Errors of handlers may be anything, also what throws when it is looked at. */
function failureOf(error: unknown): { uri: string; text: unknown } {
  try {
    if (error instanceof WampError) return { uri: error.uri, text: error.args[0] };
  } catch {
    // it only looked like one of ours
  }
  return { uri: ErrorUri.RuntimeError, text: messageOf(error) };
}

/** Why a payload of a caller is refused. */
export function unreadable(error: unknown): WampError {
  if (error instanceof WampError) return error;
  return new WampError(ErrorUri.InvalidArgument, [messageOf(error)], EMPTY_DICT, { cause: error });
}
