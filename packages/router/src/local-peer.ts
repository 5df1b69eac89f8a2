/**
 * A peer of the router itself, in the same process: an ordinary member of the realm that needs no transport. It is
 * trusted: it may register and publish `wamp.*`. It takes part in realm traffic only through dealer and broker.
 */
import {
  CallMessage,
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  MessageKind,
  Payload,
  PayloadError,
  PeerFeatures,
  PublishMessage,
  RegisterMessage,
  YieldMessage,
  announceRoles,
  type Dict,
  type Identity,
  type InvocationMessage,
  type Message,
  type ResultMessage,
} from '@wamp/protocol';
import type { Broker, BrokerSession } from '@wamp/broker';
import type { Dealer, DealerSession } from '@wamp/dealer';
import { isPromise } from './authorization.js';
import type { Member } from './seat.js';

/** A call that a procedure of a local peer has to answer. */
export interface LocalCall {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  /** session id of the caller */
  readonly caller: number;
  readonly callerAuthrole: string;
}

/** What a procedure answers: the result's positional arguments, or the whole payload. */
export type LocalResult = readonly unknown[] | Payload;

/** Answers at once or later. May throw, or reject with, a {@link ProcedureError}. */
export type LocalProcedure = (call: LocalCall) => LocalResult | Promise<LocalResult>;

/** The refusal of a call by a local procedure. */
export class ProcedureError extends Error {
  override readonly name = 'ProcedureError';
  readonly uri: string;

  constructor(uri: string, message: string) {
    super(message);
    this.uri = uri;
  }
}

/** The ERROR that answered a call of a local peer. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly uri: string;
  /** not among the properties that loggers print: it may repeat what was sent */
  readonly #args: readonly unknown[];

  constructor(uri: string, args: readonly unknown[]) {
    super(`the call was answered with ${uri}`);
    this.uri = uri;
    this.#args = args;
  }

  get args(): readonly unknown[] {
    return this.#args;
  }
}

/** What a local peer needs of its realm. */
export interface LocalPeerHost {
  readonly dealer: Dealer<Member>;
  readonly broker: Broker<Member>;
  /** milliseconds since the epoch, of the current dispatch */
  readonly now: number;
  enqueue(task: () => void): void;
  /** Told about an exception of a procedure that is no refusal. */
  failed(error: unknown): void;
}

/** What the peer announces; being told who calls is what matters. */
const FEATURES = PeerFeatures.ofClient({
  roles: announceRoles({ callee: ['caller_identification'], publisher: [] }),
});

interface PendingCall {
  resolve(args: readonly unknown[]): void;
  reject(error: unknown): void;
}

export class LocalPeer {
  readonly #host: LocalPeerHost;
  readonly #dealerSession: DealerSession<Member>;
  readonly #brokerSession: BrokerSession<Member>;
  readonly #procedures = new Map<number, LocalProcedure>();
  /** procedures whose REGISTERED has not come, by request id */
  readonly #registering = new Map<number, LocalProcedure>();
  /** calls that wait for their answer, by request id */
  readonly #calls = new Map<number, PendingCall>();
  #lastRequest = 0;

  /** @param identity its session id is nobody else's, and appears in no listing */
  constructor(host: LocalPeerHost, identity: Identity) {
    this.#host = host;
    const seat = { identity, features: FEATURES, trusted: true };
    this.#dealerSession = host.dealer.attach(this, seat);
    this.#brokerSession = host.broker.attach(this, seat);
  }

  /** Registers a procedure. @throws Error if the URI is taken */
  register(procedure: string, handler: LocalProcedure): void {
    const request = this.#nextRequest();
    this.#registering.set(request, handler);
    const message = new RegisterMessage(request, { disclose_caller: true }, procedure);
    this.#host.dealer.register(this.#dealerSession, message, this.#host.now);
    if (this.#registering.has(request)) throw new Error(`the procedure ${procedure} could not be registered`);
  }

  /** The peer as a publisher. */
  get publisher(): BrokerSession<Member> {
    return this.#brokerSession;
  }

  /**
   * Publishes an event, without asking for an answer.
   * @param behind another publisher, behind whose publications so far this one has to arrive
   */
  publish(topic: string, args: readonly unknown[], behind?: BrokerSession<Member>): void {
    const message = new PublishMessage(this.#nextRequest(), EMPTY_DICT, topic, Payload.of(args));
    this.#host.broker.publish(this.#brokerSession, message, this.#host.now, behind);
  }

  /**
   * Calls a procedure of the realm, once dealer and broker are at rest.
   * @param timeoutMs after which the dealer gives the call up
   * @returns the positional arguments of the result; rejects with {@link CallFailed}
   */
  call(procedure: string, args: readonly unknown[], timeoutMs: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#host.enqueue(() => {
        const request = this.#nextRequest();
        this.#calls.set(request, { resolve, reject });
        const options = { timeout: timeoutMs };
        const message = new CallMessage(request, options, procedure, Payload.of(args));
        this.#host.dealer.call(this.#dealerSession, message, this.#host.now);
      });
    });
  }

  /** Takes a message from dealer or broker. Must not call back into them: what is to be done is done later. */
  deliver(message: Message): void {
    if (message.kind === MessageKind.Registered) {
      const handler = this.#registering.get(message.request);
      if (handler !== undefined) this.#procedures.set(message.registration, handler);
      this.#registering.delete(message.request);
    } else if (message.kind === MessageKind.Invocation) {
      this.#host.enqueue(() => {
        this.#invoke(message);
      });
    } else if (message.kind === MessageKind.Result || message.kind === MessageKind.Error) {
      this.#answered(message);
    }
    // INTERRUPT: procedures wait for nothing but permissions, so there is nothing worth stopping.
  }

  #answered(message: ResultMessage | ErrorMessage): void {
    const call = this.#calls.get(message.request);
    if (call === undefined) return;
    this.#calls.delete(message.request);
    try {
      // Read now: the payload's bytes belong to the callee's frame.
      const { args } = message.payload;
      if (message.kind === MessageKind.Result) call.resolve(args);
      else call.reject(new CallFailed(message.error, args));
    } catch (error) {
      call.reject(error);
    }
  }

  #invoke({ request, registration, details, payload }: InvocationMessage): void {
    const procedure = this.#procedures.get(registration);
    if (procedure === undefined) {
      this.#refuse(request, new ProcedureError(ErrorUri.NoSuchRegistration, 'no such procedure'));
      return;
    }
    try {
      const call: LocalCall = {
        args: payload.args,
        kwargs: payload.kwargs,
        caller: details.caller ?? 0,
        callerAuthrole: details.caller_authrole ?? '',
      };
      const result = procedure(call);
      if (isPromise(result)) this.#await(request, result);
      else this.#yield(request, result);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  #await(request: number, promise: Promise<LocalResult>): void {
    promise.then(
      (result) => {
        this.#host.enqueue(() => {
          this.#yield(request, result);
        });
      },
      (error: unknown) => {
        this.#host.enqueue(() => {
          this.#refuse(request, error);
        });
      },
    );
  }

  #yield(request: number, result: LocalResult): void {
    const { dealer, now } = this.#host;
    const payload = result instanceof Payload ? result : Payload.of(result);
    dealer.yield(this.#dealerSession, new YieldMessage(request, EMPTY_DICT, payload), now);
  }

  #refuse(request: number, error: unknown): void {
    const { dealer, now } = this.#host;
    dealer.error(this.#dealerSession, this.#refusal(request, error), now);
  }

  #refusal(request: number, error: unknown): ErrorMessage {
    if (error instanceof ProcedureError) return refusal(request, error.uri, error.message);
    if (error instanceof PayloadError) return refusal(request, ErrorUri.InvalidArgument, error.message);
    this.#host.failed(error);
    return refusal(request, ErrorUri.RuntimeError, 'the procedure failed');
  }

  #nextRequest(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }
}

function refusal(request: number, uri: string, sentence: string): ErrorMessage {
  return new ErrorMessage(MessageKind.Invocation, request, EMPTY_DICT, uri, Payload.of([sentence]));
}
