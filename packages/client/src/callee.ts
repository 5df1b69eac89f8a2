/**
 * Registrations and the invocations that come for them.
 * Owns both tables and the running of handlers; what is sent for one invocation is in invocation.ts.
 */
import {
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  MessageKind,
  OPTION_RULES,
  Payload,
  RegisterMessage,
  UnregisterMessage,
  type InterruptMessage,
  type InvocationMessage,
  type InvokePolicy,
  type MatchPolicy,
  type Message,
  type RegisteredMessage,
  type RegisterOptions as WireOptions,
  type RevocationDetails,
} from '@wamp/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import { OpenInvocation, unreadable, type Invocation, type InvocationTable } from './invocation.js';
import { MAX_ANSWERED_EARLY, MAX_OPEN_INVOCATIONS } from './limits.js';
import { checkPassthru, expectScheme } from './passthru-codec.js';
import { SingleRequest, type SessionLink, type SessionSource } from './request.js';
import { ConnectionLostError, WampError } from './wamp-error.js';
import { ALLOWED, optionsFrom, handlerFrom, toWire, uriFrom, type WireNames } from './wire-options.js';

/** What a callee publishes about its procedure; the schemas are JSON Schema. */
export interface ProcedureDescription {
  readonly description?: string;
  readonly args?: unknown;
  readonly kwargs?: unknown;
  readonly result?: unknown;
  readonly progress?: unknown;
  readonly errors?: unknown;
}

/** How to register. Source: basic profile, "REGISTER"; advanced profile, "Remote Procedure Calls". */
export interface RegisterOptions {
  /** how procedures are compared; default `exact` */
  readonly match?: MatchPolicy;
  /** which of several callees is invoked; default `single`: there is only one */
  readonly invoke?: InvokePolicy;
  /**
   * Most invocations that this callee works on at a time. Calls beyond it are refused by the router, by default with
   * `crossbar.error.max_concurrency_reached`, or wait there if its queue option is on; with a router that does not know
   * `concurrency` they wait here. A handler counts until it has settled, also after its invocation was canceled.
   */
  readonly concurrency?: number;
  /** ask the router to tell who calls */
  readonly discloseCaller?: boolean;
  /** take the procedure over from callees that hold it */
  readonly forceReregister?: boolean;
  /** let this side keep the callers' timeouts instead of the router */
  readonly forwardTimeout?: boolean;
  /**
   * Serve only invocations in this scheme of payload passthru mode; others are answered with
   * `wamp.error.invalid_argument`. Without it any scheme that `connect` was given a codec for is served, and plain ones.
   * Answers always go out in the scheme of their invocation.
   */
  readonly passthru?: string;
  /**
   * What callers may learn of the procedure through `wamp.reflection.procedure.describe`, from routers of this toolkit:
   * anything that JSON can express, up to 16 KiB.
   */
  readonly describe?: ProcedureDescription;
  /** stops waiting for the router's answer; a registration that comes about all the same is given back */
  readonly signal?: AbortSignal;
  /** the router has taken the registration away */
  readonly onRevoked?: (reason: string | undefined) => void;
}

/**
 * Serves a procedure. What it returns is the result: a plain value is the one positional argument, `undefined` is an empty
 * result, a `Result` is sent as it is. A generator, async or not, sends each value that it yields as a progressive result, if the
 * caller wants them, and returns the final one. A thrown WampError reaches the caller as it is; of anything else the
 * message, as `wamp.error.runtime_error`.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that `([a, b]) => a + b` needs no annotations
export type InvocationHandler<A extends readonly unknown[] = any[], R = unknown> = (
  args: A,
  invocation: Invocation,
) => R | Promise<R> | AsyncGenerator<unknown, R, undefined> | Generator<unknown, R, undefined>;

/** A procedure that this session serves. */
export interface Registration {
  /** REGISTERED.Registration; another one after reconnecting */
  readonly id: number;
  readonly procedure: string;
  readonly match: MatchPolicy;
  /** false after unregister(), after a revocation and while there is no session */
  readonly isActive: boolean;
  /**
   * Gives the procedure back. Invocations are served until the router has confirmed; those that run by then are still
   * answered. Idempotent.
   */
  readonly unregister: () => Promise<void>;
}

/** Steps of an iterator that need not wait for anything, after which other work, an INTERRUPT for example, has its turn. */
const STEPS_PER_TURN = 64;

const NAMES: WireNames<RegisterOptions> = [
  ['match', 'match', ALLOWED.match],
  ['invoke', 'invoke', ALLOWED.invoke],
  ['concurrency', 'concurrency', ALLOWED.count],
  ['discloseCaller', 'disclose_caller', ALLOWED.bool],
  ['forceReregister', 'force_reregister', ALLOWED.bool],
  ['forwardTimeout', 'forward_timeout', ALLOWED.bool],
  ['describe', 'x_describe', ALLOWED.anything],
];

export class Callee implements InvocationTable {
  readonly #sessions: SessionSource;
  readonly #registrations = new Map<number, LocalRegistration>();
  /** registrations that ended with their session and are wanted in the next; the signal is aborted by unregister() */
  readonly #lost = new Map<LocalRegistration, AbortController>();
  readonly #open = new Map<number, OpenInvocation>();
  /** progressive invocations that were answered before their last chunk; the rest of their chunks is discarded */
  readonly #answeredEarly = new Set<number>();

  constructor(sessions: SessionSource) {
    this.#sessions = sessions;
  }

  get link(): SessionLink {
    return this.#sessions.current;
  }

  async register(
    procedure: string,
    handler: InvocationHandler,
    given: RegisterOptions,
  ): Promise<Registration> {
    const options = optionsFrom(given);
    const local = new LocalRegistration(this, uriFrom(procedure), handlerFrom(handler), options);
    if (options.passthru !== undefined) checkPassthru(this.link, 'dealer', options.passthru);
    return new Register(this, local, options.signal).submitTo(this.link);
  }

  /**
   * REGISTERED has come.
   * @throws WampError if this session holds the registration already
   */
  joined(id: number, registration: LocalRegistration): LocalRegistration {
    if (this.#registrations.has(id)) {
      throw new WampError(ErrorUri.ProcedureAlreadyExists, [
        'this session has registered the procedure already',
      ]);
    }
    this.#lost.delete(registration);
    this.#registrations.set(id, registration);
    registration.activate(id);
    return registration;
  }

  /** The registration is gone at the router. */
  removed(registration: LocalRegistration): void {
    if (this.#registrations.get(registration.id) === registration)
      this.#registrations.delete(registration.id);
    registration.deactivate();
  }

  /** unregister() while there is no session: it does not come back. */
  abandon(registration: LocalRegistration): void {
    this.#lost.get(registration)?.abort();
    this.#lost.delete(registration);
  }

  /** There is a new session: what was registered in the former one is registered again. */
  restore(): void {
    for (const [registration, { signal }] of this.#lost) {
      new Register(this, registration, signal).submitTo(this.link).catch((error: unknown) => {
        // With this session lost too, the next one is asked; with the signal aborted nobody wants it.
        if (signal.aborted || error instanceof ConnectionLostError) return;
        this.#lost.delete(registration);
        this.link.report(error, { where: 'registration', uri: registration.procedure });
      });
    }
  }

  invocation(message: InvocationMessage): void {
    const { request, registration: id } = message;
    const open = this.#open.get(request);
    if (open !== undefined) {
      if (open.expectsChunks) {
        open.takeChunk(message);
        return;
      }
      this.link.ignore(`INVOCATION ${request} came twice`);
      return;
    }
    if (this.#answeredEarly.has(request)) {
      if (message.details.progress !== true) this.#answeredEarly.delete(request);
      this.link.ignore(`a chunk of invocation ${request}, which is answered`);
      return;
    }
    const registration = this.#registrations.get(id);
    if (registration === undefined) {
      this.#refuse(message, ErrorUri.NoSuchRegistration, `no handler for registration ${id}`);
      return;
    }
    if (this.#open.size >= MAX_OPEN_INVOCATIONS) {
      this.#refuse(message, ErrorUri.LimitExceeded, `${MAX_OPEN_INVOCATIONS} invocations are open`);
      return;
    }
    this.#run(message, registration);
  }

  /** Source: advanced profile, "Call Canceling". One that crosses with our answer finds nothing. */
  interrupt(message: InterruptMessage): void {
    this.#open.get(message.request)?.interrupt(message.options);
  }

  /** Source: advanced profile, "Registration Revocation". */
  revoked(details: RevocationDetails): void {
    const registration =
      details.registration === undefined ? undefined : this.#registrations.get(details.registration);
    if (registration === undefined) {
      this.link.ignore('UNREGISTERED for an unknown registration');
      return;
    }
    this.removed(registration);
    try {
      registration.options.onRevoked?.(details.reason);
    } catch (error) {
      this.link.report(error, { where: 'revocation', uri: registration.procedure });
    }
  }

  sessionEnded(error: WampError): void {
    for (const registration of this.#registrations.values()) {
      registration.deactivate();
      if (!registration.isLeaving) this.#lost.set(registration, new AbortController());
    }
    this.#registrations.clear();
    for (const invocation of [...this.#open.values()]) invocation.giveUp(error, false);
    this.#answeredEarly.clear();
  }

  closed(invocation: OpenInvocation): void {
    this.#open.delete(invocation.request);
    if (!invocation.expectsChunks) return;
    this.#answeredEarly.add(invocation.request);
    if (this.#answeredEarly.size <= MAX_ANSWERED_EARLY) return;
    for (const oldest of this.#answeredEarly) {
      this.#answeredEarly.delete(oldest);
      break;
    }
  }

  #run(message: InvocationMessage, registration: LocalRegistration): void {
    let invocation: OpenInvocation;
    try {
      expectScheme(registration.options.passthru, message.details);
      invocation = new OpenInvocation(this, message, registration.procedure);
    } catch (error) {
      const { uri, args } = unreadable(error);
      this.#refuse(message, uri, String(args[0]));
      return;
    }
    this.#open.set(message.request, invocation);
    const { gate } = registration;
    if (gate === undefined) {
      this.start(invocation, registration);
      return;
    }
    invocation.whenAborted(() => gate.giveUp(invocation));
    gate.enter(invocation);
  }

  /** Runs the handler. Never throws. */
  start(invocation: OpenInvocation, registration: LocalRegistration): void {
    try {
      this.#returned(
        invocation,
        registration,
        registration.handler(invocation.args as unknown[], invocation),
      );
    } catch (error) {
      this.#failed(invocation, registration, error);
    }
  }

  /** What a promise resolves with may throw when it is looked at, and nobody would catch that. */
  #settled(invocation: OpenInvocation, registration: LocalRegistration, value: unknown): void {
    try {
      this.#returned(invocation, registration, value);
    } catch (error) {
      this.#failed(invocation, registration, error);
    }
  }

  #returned(invocation: OpenInvocation, registration: LocalRegistration, value: unknown): void {
    if (isThenable(value)) {
      value.then(
        (settled) => this.#settled(invocation, registration, settled),
        (error: unknown) => this.#failed(invocation, registration, error),
      );
    } else if (isIterated(value)) {
      this.#iterate(invocation, value).then(
        () => registration.gate?.leave(),
        (error: unknown) => this.#failed(invocation, registration, error),
      );
    } else {
      invocation.answer(value);
      registration.gate?.leave();
    }
  }

  #failed(invocation: OpenInvocation, registration: LocalRegistration, error: unknown): void {
    invocation.fail(error);
    registration.gate?.leave();
  }

  async #iterate(invocation: OpenInvocation, source: Iterated): Promise<void> {
    const isAsync = Symbol.asyncIterator in source;
    const stop = (): Promise<void> => stopped(source);
    invocation.whenAborted(() => void stop());
    for (let steps = 1; ; steps++) {
      if (invocation.isOver()) {
        await stop();
        return;
      }
      const step = await source.next();
      try {
        // What is not async may yield promises, as in `for await`.
        const value: unknown = isAsync ? step.value : await step.value;
        if (step.done === true) {
          invocation.answer(value);
          return;
        }
        invocation.sendProgress([value]);
      } catch (error) {
        void stop();
        throw error;
      }
      await this.link.whenWritable();
      if (!isAsync && steps % STEPS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }

  #refuse(message: InvocationMessage, uri: string, text: string): void {
    const payload = Payload.of([text]);
    this.link.send(new ErrorMessage(MessageKind.Invocation, message.request, EMPTY_DICT, uri, payload));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** A generator, or another iterator that can be iterated: not a list, a Map or another collection, which has no `next`. */
type Iterated = AsyncIterableIterator<unknown> | IterableIterator<unknown>;

function isIterated(value: unknown): value is Iterated {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value) &&
    'next' in value &&
    typeof value.next === 'function'
  );
}

/** Runs the `finally` blocks of a generator, at the latest when what it awaits now has settled. Never rejects. */
async function stopped(source: Iterated): Promise<void> {
  try {
    await source.return?.(undefined);
  } catch {
    // nobody waits for it any more
  }
}

class LocalRegistration implements Registration {
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly handler: InvocationHandler;
  readonly options: RegisterOptions;
  readonly wire: WireOptions;
  /** undefined if any number of its invocations may run at a time */
  readonly gate: ConcurrencyGate<OpenInvocation> | undefined;
  readonly #callee: Callee;
  #id = 0;
  #active = false;
  #leaving: Promise<void> | undefined = undefined;

  constructor(callee: Callee, procedure: string, handler: InvocationHandler, options: RegisterOptions) {
    this.#callee = callee;
    this.procedure = procedure;
    this.match = options.match ?? 'exact';
    this.handler = handler;
    this.options = options;
    this.wire = toWire(options, NAMES, OPTION_RULES.register);
    const { concurrency } = this.wire;
    if (concurrency !== undefined) {
      this.gate = new ConcurrencyGate(concurrency, (invocation) => callee.start(invocation, this));
    }
  }

  get id(): number {
    return this.#id;
  }

  get isActive(): boolean {
    return this.#active;
  }

  /** true while UNREGISTER has no answer */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  readonly unregister = async (): Promise<void> => {
    if (!this.#active) {
      this.#callee.abandon(this);
      return;
    }
    this.#leaving ??= new Unregister(this.#callee, this)
      .submitTo(this.#callee.link)
      .catch((error: unknown) => {
        this.#leaving = undefined;
        throw error;
      });
    return this.#leaving;
  };

  activate(id: number): void {
    this.#id = id;
    this.#active = true;
  }

  deactivate(): void {
    this.#active = false;
  }
}

class Register extends SingleRequest<LocalRegistration> {
  readonly kind = MessageKind.Register;
  readonly #callee: Callee;
  readonly #registration: LocalRegistration;

  constructor(callee: Callee, registration: LocalRegistration, signal: AbortSignal | undefined) {
    super(signal);
    this.#callee = callee;
    this.#registration = registration;
  }

  message(id: number): RegisterMessage {
    return new RegisterMessage(id, this.#registration.wire, this.#registration.procedure);
  }

  protected accept(message: Message): LocalRegistration {
    return this.#callee.joined((message as RegisteredMessage).registration, this.#registration);
  }

  /** Nobody expects its handler to run any more, so invocations that come until it is gone find none. */
  protected override undo(registration: LocalRegistration): void {
    registration.unregister().catch(() => undefined);
    this.#callee.removed(registration);
  }
}

class Unregister extends SingleRequest<void> {
  readonly kind = MessageKind.Unregister;
  readonly #callee: Callee;
  readonly #registration: LocalRegistration;

  constructor(callee: Callee, registration: LocalRegistration) {
    super(undefined);
    this.#callee = callee;
    this.#registration = registration;
  }

  message(id: number): UnregisterMessage {
    return new UnregisterMessage(id, this.#registration.id);
  }

  protected accept(): void {
    this.#callee.removed(this.#registration);
  }

  override refused(error: WampError): void {
    if (error.uri === ErrorUri.NoSuchRegistration) this.#callee.removed(this.#registration);
    super.refused(error);
  }
}
