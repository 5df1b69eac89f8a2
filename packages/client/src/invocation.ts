/**
 * One invocation, from INVOCATION to its one answer.
 * Owns what is sent for it, its signal, its deadline and its chunks; runs no handlers and keeps no tables.
 */
import { EMPTY_DICT, type Dict, type InvocationDetails } from '@wamp/protocol';
import type { Connection } from './connection.js';
import type { ClientSession } from './client-session.js';
import { valuesFrom, type InvocationList } from './inbound-message.js';
import { MAX_BUFFERED_VALUES, MAX_TIMER_MS } from './limits.js';
import { ERROR, INVOCATION, YIELD } from './message-codes.js';
import type { PassthruHeader, PayloadValues } from './payload-layer.js';
import { fromPayload, toPayload } from './result.js';
import { INVALID_ARGUMENT, LIMIT_EXCEEDED, RUNTIME_ERROR } from './uris.js';
import { ValueQueue } from './value-queue.js';
import { CanceledError, messageOf, TimeoutError, UsageError, WampError } from './wamp-error.js';
import { shown, withPayload } from './wire-options.js';

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
  /**
   * A promise to wait for before the next progressive result: while too much waits to be sent, or the caller has not taken
   * enough of those before; undefined when sending may go on. Generators wait by themselves.
   */
  readonly whenReady: () => Promise<void> | undefined;
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

/** What no URI may be, loosely: empty components, white space, `#`. */
const NO_URI = /^$|^\.|\.\.|\.$|[\s#]/;

export class OpenInvocation implements Invocation {
  readonly request: number;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: InvocationDetails;
  readonly procedure: string;
  readonly wantsProgress: boolean;
  deadline: number | undefined = undefined;
  /** True once it is answered or given up. */
  isOver = false;
  /** True while the caller has not said that this was the last chunk. */
  expectsChunks: boolean;
  /** What to do at once when the invocation is aborted, for the one who runs the handler. */
  whenAborted: (() => void) | undefined = undefined;
  readonly #connection: Connection;
  readonly #session: ClientSession;
  /** undefined unless it came in payload passthru mode; then its answers go out in the same scheme */
  readonly #header: PassthruHeader | undefined;
  #chunks: ValueQueue<unknown> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #aborted: WampError | undefined = undefined;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;
  /** progressive results that may be sent */
  #credit: number;
  #ready: (() => void) | undefined = undefined;
  // Made when a handler asks for it: most do not.
  #progress: Invocation['progress'] | undefined = undefined;

  /**
   * @param registered the procedure as it was registered
   * @param scheme of payload passthru mode that it has to have come in
   * @throws WampError, or what stands for values that cannot be represented
   */
  constructor(
    connection: Connection,
    message: InvocationList,
    registered: string,
    scheme: string | undefined,
  ) {
    const { layer, session } = connection;
    const [, request, , details, ...payload] = message;
    this.request = request;
    this.details = details;
    this.procedure = details.procedure ?? registered;
    if (scheme) layer.expect(details, scheme);
    const values = layer.open(details, valuesFrom(payload), 'call', this.procedure);
    this.args = values.args;
    this.kwargs = values.kwargs;
    this.wantsProgress = details.receive_progress === true;
    this.#credit = details['x_credit'] ?? Infinity;
    this.#connection = connection;
    this.#session = session;
    this.#header = layer.headerOf(details);
    this.expectsChunks = details.progress === true;
    if (this.expectsChunks) this.#openChunks(fromPayload(values), true);
    this.#armTimer();
  }

  get caller(): CallerIdentity | undefined {
    const { caller: session, caller_authid: authid, caller_authrole: authrole } = this.details;
    return identityFrom(session, authid, authrole);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get remainingMs(): () => number {
    return () => (this.deadline === undefined ? Infinity : Math.max(0, this.deadline - Date.now()));
  }

  get progress(): (...values: unknown[]) => boolean {
    return (this.#progress ??= (...values) =>
      this.sendProgress(values.length === 1 ? toPayload(values[0]) : { args: values, kwargs: EMPTY_DICT }));
  }

  get chunks(): AsyncIterable<unknown> {
    return this.#chunks ?? this.#openChunks(fromPayload(this), false);
  }

  /** What `progress` does. */
  sendProgress(values: PayloadValues): boolean {
    if (this.isOver || !this.wantsProgress) return false;
    this.#credit -= 1;
    this.#sendYield({ progress: true }, values);
    this.#armTimer();
    return true;
  }

  /** The final result. */
  answer(value: unknown): void {
    if (!this.#close()) return;
    try {
      this.#sendYield({}, toPayload(value));
    } catch (error) {
      this.#sendFailure(error);
    }
  }

  /** What the handler threw: a WampError is sent as it is, of anything else the message. */
  fail(thrown: unknown): void {
    if (!this.#close()) return;
    try {
      if (thrown instanceof WampError) {
        const uri: unknown = thrown.uri;
        if (typeof uri !== 'string' || NO_URI.test(uri))
          throw new UsageError(`${shown(uri)} is no error URI`);
        this.#sendError(thrown.uri, thrown.args, thrown.kwargs);
        return;
      }
    } catch (error) {
      this.#sendFailure(error);
      return;
    }
    this.#sendFailure(thrown);
  }

  /** The caller takes so many further progressive results. */
  grant(more: number): void {
    this.#credit += more;
    if (this.#credit > 0) this.#ready?.();
  }

  get whenReady(): () => Promise<void> | undefined {
    return () => this.#whenReady();
  }

  #whenReady(): Promise<void> | undefined {
    if (this.#credit > 0 || this.isOver) return this.#session.whenWritable();
    return new Promise((resolve) => (this.#ready = resolve));
  }

  /** A further chunk. */
  takeChunk([, , , { progress }, ...payload]: InvocationList): void {
    const isLast = progress !== true;
    this.expectsChunks = !isLast;
    let value: unknown;
    try {
      const values = valuesFrom(payload);
      const header = this.#header;
      value = fromPayload(
        header === undefined ? values : this.#connection.layer.openChunk(header, values, this.procedure),
      );
    } catch (error) {
      this.giveUp(unreadable(error), true);
      return;
    }
    this.#armTimer();
    // Callers that learn of the end late finish with a message that carries nothing.
    if (!(isLast && value === undefined) && this.#chunks?.push(value) === false) {
      const text = `more than ${MAX_BUFFERED_VALUES} chunks wait for the procedure`;
      this.giveUp(new WampError(LIMIT_EXCEEDED, [text]), true);
    } else if (isLast) this.#chunks?.finish();
  }

  /** Source: advanced profile, "Call Canceling": `kill` is answered, `killnowait` is not. */
  interrupt({ reason, mode }: Dict): void {
    this.giveUp(new CanceledError([reason ?? 'canceled by the caller']), mode === 'kill');
  }

  /** Ends the invocation from outside: the handler's signal is aborted, and the error is sent if anybody waits for it. */
  giveUp(error: WampError, send: boolean): void {
    if (!this.#close()) return;
    if (send) this.#sendOwnError(error.uri, error.args);
    this.#aborted = error;
    this.#chunks?.fail(error);
    this.whenAborted?.();
    this.#controller?.abort(error);
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
    const ms = this.details.timeout ?? 0;
    if (ms <= 0) return;
    clearTimeout(this.#timer);
    this.deadline = Date.now() + ms;
    if (ms > MAX_TIMER_MS) return;
    this.#timer = setTimeout(() => this.giveUp(new TimeoutError([`not done within ${ms} ms`]), true), ms);
  }

  #close(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.#timer);
    this.#ready?.();
    this.#connection.callee.closed(this);
    return true;
  }

  #sendYield(options: Record<string, unknown>, values: PayloadValues): void {
    const { args, kwargs } = this.#sealed('result', values, options);
    this.#session.send(withPayload([YIELD, this.request, options], args, kwargs));
  }

  #sendError(uri: string, args: readonly unknown[], kwargs: Dict): void {
    const details = {};
    const sealed = this.#sealed('error', { args, kwargs }, details);
    const message = [ERROR, INVOCATION, this.request, details, uri];
    this.#session.send(withPayload(message, sealed.args, sealed.kwargs));
  }

  /** @throws UsageError if the codec cannot do it */
  #sealed(kind: 'result' | 'error', values: PayloadValues, into: object): PayloadValues {
    const opening = this.#header;
    if (opening === undefined) return values;
    const { layer } = this.#connection;
    const sealed = layer.seal(opening.scheme, values, kind, this.procedure, opening);
    Object.assign(into, sealed.attributes);
    return sealed;
  }

  /** For what is no error of the application's own making. */
  #sendFailure(error: unknown): void {
    this.#connection.report(error, 'invocation', this.procedure);
    let uri: string = RUNTIME_ERROR;
    let text: unknown;
    // Errors of handlers may be anything, also what throws when it is looked at.
    try {
      if (error instanceof WampError) {
        text = error.args[0];
        ({ uri } = error);
      }
    } catch {
      // it only looked like one of ours
    }
    this.#sendOwnError(uri, [text ?? messageOf(error)]);
  }

  /** It always gets through, if need be without its sentence. */
  #sendOwnError(uri: string, args: readonly unknown[]): void {
    try {
      this.#sendError(uri, args, EMPTY_DICT);
    } catch {
      this.#session.send([ERROR, INVOCATION, this.request, EMPTY_DICT, uri]);
    }
  }
}

/** Who calls or publishes; undefined unless the router says it. */
export function identityFrom(
  session?: number,
  authid?: string,
  authrole?: string,
): CallerIdentity | undefined {
  if (session === undefined) return undefined;
  return {
    session,
    ...(authid === undefined ? undefined : { authid }),
    ...(authrole === undefined ? undefined : { authrole }),
  };
}

/** Why a payload of a caller is refused. */
export function unreadable(cause: unknown): WampError {
  if (cause instanceof WampError) return cause;
  return new WampError(INVALID_ARGUMENT, [messageOf(cause)], EMPTY_DICT, { cause });
}
