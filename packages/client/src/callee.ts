/**
 * Registrations and the invocations that come for them.
 * Owns the table of invocations and the running of handlers; what is sent for one invocation is in invocation.ts.
 */
import type { InvocationDetails, InvokePolicy, MatchPolicy } from '@wamp/protocol';
import { ConcurrencyGate } from './concurrency-gate.js';
import type { Connection } from './connection.js';
import type { InvocationList } from './inbound-message.js';
import { OpenInvocation, unreadable, type Invocation } from './invocation.js';
import { MAX_ANSWERED_EARLY, MAX_OPEN_INVOCATIONS } from './limits.js';
import { ERROR, INVOCATION } from './message-codes.js';
import type { Standing } from './standing.js';
import { LIMIT_EXCEEDED, NO_SUCH_REGISTRATION } from './uris.js';
import { WampError } from './wamp-error.js';
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

/** A registration as this side knows it. */
export interface LocalRegistration extends Standing, Registration {
  id: number;
  isActive: boolean;
  readonly match: MatchPolicy;
  readonly options: RegisterOptions;
  /** Runs the handler, and what stands around it. */
  readonly run: (invocation: OpenInvocation) => unknown;
  /** undefined if any number of its invocations may run at a time */
  gate: ConcurrencyGate<OpenInvocation> | undefined;
}

/** Registers a procedure. @throws UsageError */
export async function register(
  connection: Connection,
  procedure: string,
  handler: InvocationHandler,
  options: RegisterOptions,
): Promise<Registration> {
  const { layer, middleware, registrations } = connection;
  handlerFrom(handler);
  const wire = toWire(options, NAMES);
  const signal = signalFrom(options.signal);
  if (options.describe) wire['x_describe'] = options.describe;
  let leaving: Promise<void> | undefined;
  const one: LocalRegistration = {
    id: 0,
    isActive: false,
    uri: uriFrom(procedure),
    procedure,
    match: options.match ?? 'exact',
    wire,
    options,
    run: middleware.reduceRight<LocalRegistration['run']>(
      (next, { invocation: around }) =>
        around ? (invocation) => around(invocation, () => next(invocation)) : next,
      (invocation) => handler(invocation.args as unknown[], invocation),
    ),
    gate: undefined,
    unregister: async () => (leaving ??= registrations.giveBack(one).finally(() => (leaving = undefined))),
  };
  const { concurrency } = options;
  if (concurrency) one.gate = new ConcurrencyGate(concurrency, (invocation) => start(invocation, one));
  const waiting = connection.ready(options);
  if (waiting) await waiting;
  if (options.passthru) layer.check(options.passthru, connection.session, 'dealer');
  return registrations.ask(one, signal, one);
}

export class Callee {
  readonly #connection: Connection;
  readonly #open = new Map<number, OpenInvocation>();
  /** progressive invocations that were answered before their last chunk; the rest of their chunks is discarded */
  readonly #answeredEarly = new Set<number>();
  #idle: (() => void) | undefined = undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  invocation(message: InvocationList): void {
    const [, request, id, details] = message;
    const { progress, x_credit: credit } = details as InvocationDetails & { readonly x_credit?: number };
    const connection = this.#connection;
    const open = this.#open.get(request);
    if (open !== undefined) {
      if (credit) open.grant(credit);
      else if (open.expectsChunks) open.takeChunk(message);
      else connection.ignore(`INVOCATION ${request} came twice`);
      return;
    }
    if (this.#answeredEarly.has(request)) {
      if (!progress) this.#answeredEarly.delete(request);
      connection.ignore(`a chunk of invocation ${request}, which is answered`);
      return;
    }
    try {
      const [registration] = connection.registrations.membersOf(id) ?? [];
      if (registration === undefined)
        throw new WampError(NO_SUCH_REGISTRATION, [`no handler for registration ${id}`]);
      if (this.#open.size >= MAX_OPEN_INVOCATIONS)
        throw new WampError(LIMIT_EXCEEDED, ['too many invocations are open']);
      const { procedure, options, gate } = registration;
      const invocation = new OpenInvocation(connection, message, procedure, options.passthru);
      this.#open.set(request, invocation);
      if (gate === undefined) start(invocation, registration);
      else {
        invocation.whenAborted = () => gate.giveUp(invocation);
        gate.enter(invocation);
      }
    } catch (error) {
      const { uri, args } = unreadable(error);
      connection.session.send([ERROR, INVOCATION, request, {}, uri, args]);
    }
  }

  /** Source: advanced profile, "Call Canceling". One that crosses with our answer finds nothing. */
  openOf(request: number): OpenInvocation | undefined {
    return this.#open.get(request);
  }

  sessionEnded(error: WampError): void {
    for (const invocation of [...this.#open.values()]) invocation.giveUp(error, false);
    this.#answeredEarly.clear();
  }

  /** Resolves as soon as no invocation is without its answer. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#open.size === 0) resolve();
    });
  }

  /** The invocation is answered or given up. */
  closed({ request, expectsChunks }: OpenInvocation): void {
    this.#open.delete(request);
    if (this.#open.size === 0) this.#idle?.();
    if (!expectsChunks) return;
    this.#answeredEarly.add(request);
    const [oldest] = this.#answeredEarly;
    if (this.#answeredEarly.size > MAX_ANSWERED_EARLY) this.#answeredEarly.delete(oldest!);
  }
}

/** Runs the handler. Never throws. */
function start(invocation: OpenInvocation, registration: LocalRegistration): void {
  const { gate } = registration;
  const failed = (error: unknown): void => {
    invocation.fail(error);
    gate?.leave();
  };
  // What a promise resolves with may throw when it is looked at, and nobody else would catch that.
  const returned = (value: unknown): void => {
    try {
      if (typeof value === 'object' && value !== null) {
        if ('then' in value && typeof value.then === 'function') {
          (value as PromiseLike<unknown>).then(returned, failed);
          return;
        }
        if (isIterated(value)) {
          iterate(invocation, value).then(() => gate?.leave(), failed);
          return;
        }
      }
      invocation.answer(value);
      gate?.leave();
    } catch (error) {
      failed(error);
    }
  };
  try {
    returned(registration.run(invocation));
  } catch (error) {
    failed(error);
  }
}

async function iterate(invocation: OpenInvocation, source: Iterated): Promise<void> {
  const isAsync = Symbol.asyncIterator in source;
  invocation.whenAborted = () => void stopped(source);
  for (let steps = 1; !invocation.isOver; steps++) {
    const step = await source.next();
    try {
      // What is not async may yield promises, as in `for await`.
      const value: unknown = isAsync ? step.value : await step.value;
      if (step.done) {
        invocation.answer(value);
        return;
      }
      invocation.progress(value);
    } catch (error) {
      void stopped(source);
      throw error;
    }
    await invocation.whenReady();
    if (!isAsync && steps % STEPS_PER_TURN === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await stopped(source);
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
