/**
 * One session on one transport: its state, its request ids, its pending requests, and which role gets which message.
 * Owns the handshake's and the end's order of events; knows nothing of handlers, results or events.
 */
import {
  AbortMessage,
  CloseUri,
  EMPTY_DICT,
  ErrorUri,
  GoodbyeMessage,
  IdSequence,
  kindName,
  MessageKind,
  nextId,
  PeerFeatures,
  ProtocolViolation,
  type AbortMessage as Abort,
  type ChallengeMessage,
  type CloseCause,
  type Dict,
  type ErrorMessage,
  type EventMessage,
  type GoodbyeMessage as Goodbye,
  type InterruptMessage,
  type InvocationMessage,
  type Message,
  type RequestKind,
  type RevocationDetails,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
  type WelcomeMessage,
} from '@wamp/protocol';
import type { Handshake } from './handshake.js';
import { CONGESTED_BYTES } from './limits.js';
import type { PassthruCodecs } from './passthru-codec.js';
import { encodingFailure, type ErrorOrigin, type Request, type SessionLink } from './request.js';
import {
  ConnectionError,
  ConnectionLostError,
  errorFromUri,
  messageOf,
  UsageError,
  WampError,
} from './wamp-error.js';
import { optionsFrom, signalFrom } from './wire-options.js';

/** How a session ended. */
export interface SessionEnd {
  /** who ended it: this side, the router with GOODBYE or ABORT, or neither of them, the connection was lost */
  readonly by: 'client' | 'router' | 'connection';
  /** a `wamp.close.*` or `wamp.error.*` URI */
  readonly reason: string;
  /** a sentence for logs */
  readonly message: string;
  /** true if both sides said GOODBYE */
  readonly wasClean: boolean;
}

/** Messages that concern what lasts: registrations, invocations and subscriptions. Nothing here may throw. */
export interface SessionRoles {
  invocation(message: InvocationMessage): void;
  interrupt(message: InterruptMessage): void;
  event(message: EventMessage): void;
  registrationRevoked(details: RevocationDetails): void;
  subscriptionRevoked(details: RevocationDetails): void;
  sessionEnded(error: WampError): void;
}

export interface SessionOptions {
  readonly closeTimeoutMs: number;
  readonly passthru: PassthruCodecs;
  readonly report: (error: unknown, origin: ErrorOrigin) => void;
  readonly ignore: (sentence: string) => void;
}

export type SessionStatus = 'joining' | 'open' | 'closing' | 'closed';

export class ClientSession implements TransportReceiver, SessionLink {
  readonly #transport: Transport;
  readonly #options: SessionOptions;
  readonly #ids = new IdSequence();
  readonly #pending = new Map<number, Request>();
  #status: SessionStatus = 'joining';
  #roles: SessionRoles | undefined = undefined;
  #handshake: Handshake | undefined = undefined;
  #joined: { resolve: () => void; reject: (error: WampError) => void } | undefined = undefined;
  /** true once the application has called close() on an open session */
  #left = false;
  #sessionId = 0;
  #details: Dict = EMPTY_DICT;
  #router = PeerFeatures.ofRouter(EMPTY_DICT);
  #writable: (() => void)[] = [];
  #end: SessionEnd | undefined = undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #transportEnded = false;
  #resolveEnded!: (end: SessionEnd) => void;
  /** Resolves when the session is over and its transport closed; never rejects. */
  readonly ended: Promise<SessionEnd>;

  constructor(transport: Transport, options: SessionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** How it ended; undefined until then. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** WELCOME.Session; 0 before WELCOME. */
  get sessionId(): number {
    return this.#sessionId;
  }

  /** WELCOME.Details */
  get details(): Dict {
    return this.#details;
  }

  get router(): PeerFeatures {
    return this.#router;
  }

  get passthru(): PassthruCodecs {
    return this.#options.passthru;
  }

  /**
   * Opens the transport and joins a realm.
   * @throws WampError with the URI of the router's ABORT; ConnectionError if the transport ends before
   */
  join(handshake: Handshake, roles: SessionRoles): Promise<void> {
    this.#handshake = handshake;
    this.#roles = roles;
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject };
      this.#transport.open(this);
      try {
        this.#post(handshake.hello(this.#transport.info));
      } catch (error) {
        this.abandon(error as WampError);
      }
    });
  }

  /** Gives the attempt to join up. */
  abandon(error: WampError): void {
    if (this.#status !== 'joining') return;
    const [text] = error.args;
    this.#abort(error.uri, typeof text === 'string' ? text : error.uri, error, 'normal');
  }

  submit(request: Request): number {
    if (this.#status !== 'open') throw this.#unusable();
    const id = nextId(this.#ids.last);
    // An id is used up only by a message that leaves: the router insists on a sequence without gaps.
    const frame = this.#encode(request.message(id));
    this.#ids.next();
    if (request.isAwaited) this.#pending.set(id, request);
    this.#transport.send(frame);
    return id;
  }

  forget(id: number): void {
    this.#pending.delete(id);
  }

  send(message: Message): void {
    if (this.#status === 'open') this.#transport.send(this.#encode(message));
  }

  whenWritable(): Promise<void> | undefined {
    if (this.#status !== 'open' || this.#transport.bufferedBytes < CONGESTED_BYTES) return undefined;
    return new Promise((resolve) => this.#writable.push(resolve));
  }

  report(error: unknown, origin: ErrorOrigin): void {
    this.#options.report(error, origin);
  }

  ignore(sentence: string): void {
    this.#options.ignore(sentence);
  }

  /** Says GOODBYE and waits, within bounds, for the router's. Further calls wait for the same end. */
  async leave(options: { readonly signal?: AbortSignal }): Promise<void> {
    const signal = signalFrom(optionsFrom(options).signal);
    if (this.#status === 'open') {
      this.#status = 'closing';
      this.#left = true;
      this.#post(new GoodbyeMessage(EMPTY_DICT, CloseUri.CloseRealm));
      this.#rejectAll(new ConnectionLostError('the client was closed before the answer came'));
      this.#endTimer = setTimeout(() => this.#cut('no GOODBYE in time'), this.#options.closeTimeoutMs);
    }
    const onAbort = (): void => this.#cut('close() was aborted');
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    await this.ended;
    signal?.removeEventListener('abort', onAbort);
  }

  receive(frame: Uint8Array): void {
    if (this.#status === 'closed') return;
    try {
      this.#dispatch(this.#transport.serializer.decode(frame));
    } catch (error) {
      this.#failed(error);
    }
  }

  violated(sentence: string): void {
    this.#failed(new ProtocolViolation('wrong_frame_type', sentence));
  }

  drained(): void {
    const waiting = this.#writable;
    this.#writable = [];
    for (const resume of waiting) resume();
  }

  closed(how: TransportClosed): void {
    this.#transportEnded = true;
    const text = how.reason === '' ? 'the connection was lost' : how.reason;
    if (this.#status === 'closing') {
      this.#finish({ by: 'client', reason: CloseUri.CloseRealm, message: text, wasClean: false });
    } else {
      const error =
        this.#status === 'joining'
          ? new ConnectionError(`the connection ended before the session began: ${text}`)
          : new ConnectionLostError(text);
      this.#finish(
        { by: 'connection', reason: ErrorUri.NetworkFailure, message: text, wasClean: false },
        error,
      );
    }
    this.#settleEnd();
  }

  #dispatch(message: Message): void {
    if (this.#status === 'open') this.#whileOpen(message);
    else if (this.#status === 'joining') this.#whileJoining(message);
    else this.#whileClosing(message);
  }

  #whileJoining(message: Message): void {
    switch (message.kind) {
      case MessageKind.Welcome:
        this.#welcomed(message);
        break;
      case MessageKind.Challenge:
        this.#challenged(message);
        break;
      case MessageKind.Abort:
        this.#aborted(message);
        break;
      default:
        throw unexpected(message, 'before WELCOME');
    }
  }

  #whileOpen(message: Message): void {
    const roles = this.#roles;
    switch (message.kind) {
      case MessageKind.Result:
        this.#answer(MessageKind.Call, message.request, message);
        break;
      case MessageKind.Event:
        roles?.event(message);
        break;
      case MessageKind.Invocation:
        roles?.invocation(message);
        break;
      case MessageKind.Interrupt:
        roles?.interrupt(message);
        break;
      case MessageKind.Error:
        this.#refuse(message);
        break;
      case MessageKind.Published:
        this.#answer(MessageKind.Publish, message.request, message);
        break;
      case MessageKind.Subscribed:
        this.#answer(MessageKind.Subscribe, message.request, message);
        break;
      case MessageKind.Registered:
        this.#answer(MessageKind.Register, message.request, message);
        break;
      case MessageKind.Unsubscribed:
        if (message.request === 0) roles?.subscriptionRevoked(message.details ?? EMPTY_DICT);
        else this.#answer(MessageKind.Unsubscribe, message.request, message);
        break;
      case MessageKind.Unregistered:
        if (message.request === 0) roles?.registrationRevoked(message.details ?? EMPTY_DICT);
        else this.#answer(MessageKind.Unregister, message.request, message);
        break;
      case MessageKind.Goodbye:
        this.#dismissed(message);
        break;
      case MessageKind.Abort:
        this.#aborted(message);
        break;
      default:
        throw unexpected(message, 'in an established session');
    }
  }

  /** After our GOODBYE nothing but the answer counts. Source: basic profile, "Session Closing". */
  #whileClosing(message: Message): void {
    if (message.kind === MessageKind.Abort) {
      this.#aborted(message);
      return;
    }
    if (message.kind !== MessageKind.Goodbye) return;
    // Routers differ in the reason that they answer with, so any counts.
    this.#finish({ by: 'client', reason: CloseUri.CloseRealm, message: 'closed', wasClean: true });
  }

  #welcomed(message: WelcomeMessage): void {
    if (this.#handshake?.isAnswering === true) throw unexpected(message, 'before AUTHENTICATE');
    try {
      this.#handshake?.welcomed(message.details);
    } catch (error) {
      this.abandon(error as WampError);
      return;
    }
    this.#status = 'open';
    this.#sessionId = message.session;
    this.#details = message.details;
    this.#router = PeerFeatures.ofRouter(message.details);
    this.#joined?.resolve();
  }

  #challenged(message: ChallengeMessage): void {
    const handshake = this.#handshake;
    if (handshake === undefined || handshake.isAnswering) throw unexpected(message, 'before AUTHENTICATE');
    handshake.answer(message).then(
      (answer) => {
        if (this.#status === 'joining') this.#post(answer);
      },
      (error: unknown) => this.abandon(error as WampError),
    );
  }

  #aborted(message: Abort): void {
    const error = errorFromUri(message.reason, message.details, () => message.payload);
    const told = message.details['message'];
    const text = typeof told === 'string' ? told : 'no message';
    const end: SessionEnd = { by: 'router', reason: error.uri, message: text, wasClean: false };
    if (this.#status === 'joining') {
      this.#finish(end, withText(error, text), 'normal');
      return;
    }
    const lost = new ConnectionLostError(`the router aborted the session: ${error.uri}: ${text}`, {
      cause: error,
    });
    this.#finish(end, lost, 'normal');
  }

  #dismissed(message: Goodbye): void {
    this.#post(new GoodbyeMessage(EMPTY_DICT, CloseUri.GoodbyeAndOut));
    const text = `the router closed the session: ${message.reason}`;
    this.#finish(
      { by: 'router', reason: message.reason, message: text, wasClean: true },
      new ConnectionLostError(text, { details: message.details }),
      'normal',
    );
  }

  #answer(kind: RequestKind, id: number, message: Message): void {
    const request = this.#pending.get(id);
    if (request === undefined || request.kind !== kind) this.#unknown(message.kind, id);
    else if (this.#takesLast(request, message)) this.#pending.delete(id);
  }

  /** What goes wrong with the answer of one request is the matter of that one. */
  #takesLast(request: Request, message: Message): boolean {
    try {
      return request.answered(message);
    } catch (error) {
      this.report(error, { where: 'answer', uri: kindName(request.kind) });
      return true;
    }
  }

  #decline(request: Request, error: WampError): void {
    try {
      request.refused(error);
    } catch (thrown) {
      this.report(thrown, { where: 'answer', uri: kindName(request.kind) });
    }
  }

  #refuse(message: ErrorMessage): void {
    const { requestKind: kind, request: id } = message;
    if (kind === MessageKind.Invocation) throw unexpected(message, 'for an INVOCATION');
    const request = this.#pending.get(id);
    if (request === undefined || request.kind !== kind) {
      this.#unknown(message.kind, id);
      return;
    }
    this.#pending.delete(id);
    const values = () => request.valuesOf?.(message) ?? message.payload;
    this.#decline(request, errorFromUri(message.error, message.details, values));
  }

  /** Usually the answer to a call that was canceled here. */
  #unknown(kind: number, id: number): void {
    this.ignore(`${kindName(kind)} for request ${id}, which is not pending`);
  }

  /** The router broke the protocol, or, which is a fault of ours, a role threw. */
  #failed(error: unknown): void {
    if (this.#status === 'closed') return;
    const text = messageOf(error);
    const uri = ProtocolViolation.is(error) ? ErrorUri.ProtocolViolation : ErrorUri.RuntimeError;
    const rejection =
      this.#status === 'joining'
        ? new WampError(uri, [text], EMPTY_DICT, { cause: error })
        : new ConnectionLostError(`the session was aborted: ${text}`, { cause: error });
    this.#abort(uri, text, rejection, 'protocol_violation');
  }

  #abort(uri: string, text: string, error: WampError, cause: CloseCause): void {
    this.#post(new AbortMessage({ message: text }, uri));
    this.#finish({ by: 'client', reason: uri, message: text, wasClean: false }, error, cause);
  }

  /** Everything that a session's end entails, once. */
  #finish(end: SessionEnd, error?: WampError, cause: CloseCause = 'normal'): void {
    if (this.#status === 'closed') return;
    this.#status = 'closed';
    this.#end = end;
    const rejection = error ?? new ConnectionLostError(end.message);
    this.#joined?.reject(rejection);
    this.#rejectAll(rejection);
    this.drained();
    if (this.#transportEnded) return;
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(
      () => this.#cut('the connection did not close in time'),
      this.#options.closeTimeoutMs,
    );
    this.#transport.close(cause, end.message);
  }

  #rejectAll(error: WampError): void {
    const requests = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of requests) this.#decline(request, error);
    this.#roles?.sessionEnded(error);
  }

  #cut(why: string): void {
    this.#finish({ by: 'client', reason: CloseUri.CloseRealm, message: why, wasClean: false });
    this.#transport.terminate(why);
    this.#settleEnd();
  }

  #settleEnd(): void {
    clearTimeout(this.#endTimer);
    if (this.#end !== undefined) this.#resolveEnded(this.#end);
  }

  #unusable(): WampError {
    if (this.#left) return new UsageError('the client is closed');
    return new ConnectionLostError(`the session is over: ${this.#end?.message ?? 'not joined'}`);
  }

  #encode(message: Message): Uint8Array {
    let frame: Uint8Array;
    try {
      frame = this.#transport.serializer.encode(message);
    } catch (error) {
      throw encodingFailure(error);
    }
    const most = this.#transport.maxSendBytes;
    if (frame.length <= most) return frame;
    const text = `the message has ${frame.length} bytes, the router accepts ${most}`;
    throw new WampError(ErrorUri.PayloadSizeExceeded, [text]);
  }

  /** Sends a message of the session itself, whatever the state. */
  #post(message: Message): void {
    if (!this.#transportEnded) this.#transport.send(this.#transport.serializer.encode(message));
  }
}

function unexpected(message: Message, when: string): ProtocolViolation {
  return new ProtocolViolation('unexpected_message', `${kindName(message.kind)} is not allowed ${when}`);
}

/** ABORT says its sentence in Details; as an error it stands in `args` like any other. */
function withText(error: WampError, text: string): WampError {
  if (error.args.length > 0) return error;
  return new WampError(error.uri, [text], error.kwargs, { details: error.details });
}
