/**
 * Registrations and the invocations that come for them.
 * Owns both tables and the running of handlers; what is sent for one invocation is in invocation.ts.
 */
import type { InvokePolicy, MatchPolicy, RevocationDetails } from '@wamp/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import type { Connection } from './connection.js';
import type { InterruptList, InvocationList } from './inbound-message.js';
import { OpenInvocation, unreadable, type Invocation, type InvocationTable } from './invocation.js';
import { MAX_ANSWERED_EARLY, MAX_OPEN_INVOCATIONS } from './limits.js';
import { ERROR, INVOCATION, REGISTER, UNREGISTER } from './message-codes.js';
import { ask } from './request.js';
import { LIMIT_EXCEEDED, NO_SUCH_REGISTRATION, PROCEDURE_ALREADY_EXISTS } from './uris.js';
import { ConnectionLostError, WampError } from './wamp-error.js';
import {
  BOOLEAN,
  COUNT,
  handlerFrom,
  MATCH,
  oneOf,
  signalFrom,
  toWire,
  uriFrom,
  type WireOptions,
} from './wire-options.js';

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

const NAMES: WireOptions<RegisterOptions> = {
  match: MATCH,
  invoke: oneOf('single', 'first', 'last', 'roundrobin', 'random', 'least_pending', 'sticky'),
  concurrency: COUNT,
  discloseCaller: BOOLEAN,
  forceReregister: BOOLEAN,
  forwardTimeout: BOOLEAN,
};

export class Callee implements InvocationTable {
  readonly connection: Connection;
  /** by id, of the session that is open */
  readonly #registrations = new Map<number, LocalRegistration>();
  /** those that each session shall have */
  readonly #wanted = new Set<LocalRegistration>();
  readonly #open = new Map<number, OpenInvocation>();
  /** progressive invocations that were answered before their last chunk; the rest of their chunks is discarded */
  readonly #answeredEarly = new Set<number>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async register(
    procedure: string,
    handler: InvocationHandler,
    options: RegisterOptions,
  ): Promise<Registration> {
    const registration = new LocalRegistration(this, procedure, handler, options);
    const { connection } = this;
    if (options.passthru) connection.layer.check(options.passthru, connection.session, 'dealer');
    return this.#ask(registration, signalFrom(options.signal));
  }

  /** There is a new session: what was registered in the former one is registered again. */
  restore(): void {
    for (const registration of this.#wanted) {
      this.#ask(registration, undefined).catch((error: unknown) => {
        // With this session lost too, the next one is asked; and what was given up nobody misses.
        if (error instanceof ConnectionLostError || !this.#wanted.delete(registration)) return;
        this.connection.report(error, { where: 'registration', uri: registration.procedure });
      });
    }
  }

  async unregister(registration: LocalRegistration): Promise<void> {
    const isWanted = this.#wanted.delete(registration);
    if (!registration.isActive) return;
    await ask(this.connection.session, [UNREGISTER, 0, registration.id], undefined, {
      accept: () => this.#removed(registration),
      declined: (error) => {
        if (error.uri === NO_SUCH_REGISTRATION) this.#removed(registration);
        else if (isWanted && !(error instanceof ConnectionLostError)) this.#wanted.add(registration);
      },
    });
  }

  invocation(message: InvocationList): void {
    const [, request, id, details] = message;
    const open = this.#open.get(request);
    if (open !== undefined) {
      if (open.expectsChunks) open.takeChunk(message);
      else this.connection.ignore(`INVOCATION ${request} came twice`);
      return;
    }
    if (this.#answeredEarly.has(request)) {
      if (details.progress !== true) this.#answeredEarly.delete(request);
      this.connection.ignore(`a chunk of invocation ${request}, which is answered`);
      return;
    }
    const registration = this.#registrations.get(id);
    try {
      if (registration === undefined) {
        throw new WampError(NO_SUCH_REGISTRATION, [`no handler for registration ${id}`]);
      }
      if (this.#open.size >= MAX_OPEN_INVOCATIONS) {
        throw new WampError(LIMIT_EXCEEDED, [`${MAX_OPEN_INVOCATIONS} invocations are open`]);
      }
      const { procedure, options, gate } = registration;
      const invocation = new OpenInvocation(this, message, procedure, options.passthru);
      this.#open.set(request, invocation);
      if (gate === undefined) this.start(invocation, registration);
      else {
        invocation.whenAborted = () => gate.giveUp(invocation);
        gate.enter(invocation);
      }
    } catch (error) {
      const { uri, args } = unreadable(error);
      this.connection.session.send([ERROR, INVOCATION, request, {}, uri, args]);
    }
  }

  /** Source: advanced profile, "Call Canceling". One that crosses with our answer finds nothing. */
  interrupt([, request, options]: InterruptList): void {
    this.#open.get(request)?.interrupt(options);
  }

  /** Source: advanced profile, "Registration Revocation". */
  revoked({ registration: id, reason }: RevocationDetails): void {
    const registration = this.#registrations.get(id ?? 0);
    if (registration === undefined) {
      this.connection.ignore('UNREGISTERED for an unknown registration');
      return;
    }
    this.#wanted.delete(registration);
    this.#removed(registration);
    try {
      registration.options.onRevoked?.(reason);
    } catch (error) {
      this.connection.report(error, { where: 'revocation', uri: registration.procedure });
    }
  }

  sessionEnded(error: WampError): void {
    for (const registration of this.#registrations.values()) registration.isActive = false;
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

  #ask(registration: LocalRegistration, signal: AbortSignal | undefined): Promise<Registration> {
    const isRestored = this.#wanted.has(registration);
    const { session } = this.connection;
    return ask(session, [REGISTER, 0, registration.wire, registration.procedure], signal, {
      accept: (id): LocalRegistration => {
        if (this.#registrations.has(id)) {
          throw new WampError(PROCEDURE_ALREADY_EXISTS, [
            'this session has registered the procedure already',
          ]);
        }
        this.#registrations.set(id, registration);
        registration.id = id;
        registration.isActive = true;
        if (isRestored && !this.#wanted.has(registration)) this.#giveBack(registration);
        else this.#wanted.add(registration);
        return registration;
      },
      undo: () => this.#giveBack(registration),
    });
  }

  /** Nobody expects its handler to run any more, so invocations that come until it is gone find none. */
  #giveBack(registration: LocalRegistration): void {
    this.unregister(registration).catch(() => undefined);
    this.#removed(registration);
  }

  /** The registration is gone at the router. */
  #removed(registration: LocalRegistration): void {
    if (this.#registrations.get(registration.id) === registration)
      this.#registrations.delete(registration.id);
    registration.isActive = false;
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
    if (typeof value === 'object' && value !== null) {
      if ('then' in value && typeof value.then === 'function') {
        (value as PromiseLike<unknown>).then(
          (settled) => this.#settled(invocation, registration, settled),
          (error: unknown) => this.#failed(invocation, registration, error),
        );
        return;
      }
      if (isIterated(value)) {
        this.#iterate(invocation, value).then(
          () => registration.gate?.leave(),
          (error: unknown) => this.#failed(invocation, registration, error),
        );
        return;
      }
    }
    invocation.answer(value);
    registration.gate?.leave();
  }

  #failed(invocation: OpenInvocation, registration: LocalRegistration, error: unknown): void {
    invocation.fail(error);
    registration.gate?.leave();
  }

  async #iterate(invocation: OpenInvocation, source: Iterated): Promise<void> {
    const { session } = this.connection;
    const isAsync = Symbol.asyncIterator in source;
    invocation.whenAborted = () => void stopped(source);
    for (let steps = 1; ; steps++) {
      if (invocation.isOver) {
        await stopped(source);
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
        invocation.progress(value);
      } catch (error) {
        void stopped(source);
        throw error;
      }
      await session.whenWritable();
      if (!isAsync && steps % STEPS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

/** A generator, or another iterator that can be iterated: not a list, a Map or another collection, which has no `next`. */
type Iterated = AsyncIterableIterator<unknown> | IterableIterator<unknown>;

function isIterated(value: object): value is Iterated {
  return (
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
  id = 0;
  isActive = false;
  readonly procedure: string;
  readonly match: MatchPolicy;
  readonly handler: InvocationHandler;
  readonly options: RegisterOptions;
  readonly wire: Record<string, unknown>;
  /** undefined if any number of its invocations may run at a time */
  readonly gate: ConcurrencyGate<OpenInvocation> | undefined = undefined;
  readonly unregister: () => Promise<void>;

  constructor(callee: Callee, procedure: string, handler: InvocationHandler, options: RegisterOptions) {
    this.procedure = uriFrom(procedure);
    this.match = options.match ?? 'exact';
    this.handler = handlerFrom(handler);
    this.options = options;
    this.wire = toWire(options, NAMES);
    if (options.describe) this.wire['x_describe'] = options.describe;
    const { concurrency } = options;
    if (concurrency)
      this.gate = new ConcurrencyGate(concurrency, (invocation) => callee.start(invocation, this));
    let leaving: Promise<void> | undefined;
    this.unregister = async () => (leaving ??= callee.unregister(this).finally(() => (leaving = undefined)));
  }
}
