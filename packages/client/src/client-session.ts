/**
 * One session on one transport: its state, its request ids, its pending requests, and which role gets which message.
 * Owns the handshake's and the end's order of events; knows nothing of handlers, results or events.
 */
import {
  EMPTY_DICT,
  type CloseCause,
  type Dict,
  type ListCodec,
  type RevocationDetails,
  type RouterRole,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import type { Handshake } from './handshake.js';
import {
  checkMessage,
  valuesFrom,
  type AbortList,
  type AnswerList,
  type ChallengeList,
  type ErrorList,
  type EventList,
  type GoodbyeList,
  type InboundMessage,
  type InterruptList,
  type InvocationList,
  type WelcomeList,
} from './inbound-message.js';
import { CONGESTED_BYTES } from './limits.js';
import {
  ABORT,
  CALL,
  CHALLENGE,
  ERROR,
  EVENT,
  GOODBYE,
  INTERRUPT,
  INVOCATION,
  messageName,
  RESULT,
  UNREGISTERED,
  UNSUBSCRIBED,
  WELCOME,
} from './message-codes.js';
import type { PayloadValues } from './payload-layer.js';
import type { ErrorOrigin, PendingRequest } from './request.js';
import {
  CLOSE_REALM,
  GOODBYE_AND_OUT,
  NETWORK_FAILURE,
  PAYLOAD_SIZE_EXCEEDED,
  PROTOCOL_VIOLATION,
  RUNTIME_ERROR,
} from './uris.js';
import {
  ConnectionError,
  ConnectionLostError,
  errorFromUri,
  messageOf,
  UsageError,
  WampError,
} from './wamp-error.js';

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
  invocation(message: InvocationList): void;
  interrupt(message: InterruptList): void;
  event(message: EventList): void;
  registrationRevoked(details: RevocationDetails): void;
  subscriptionRevoked(details: RevocationDetails): void;
  sessionEnded(error: WampError): void;
  /** `status` of the session is another one. */
  statusChanged(): void;
}

export interface SessionOptions {
  readonly closeTimeoutMs: number;
  readonly report: (error: unknown, origin: ErrorOrigin) => void;
  readonly ignore: (sentence: string) => void;
}

export type SessionStatus = 'joining' | 'open' | 'closing' | 'closed';

/** What carries a client's frames. */
export type ClientTransport = Transport<ListCodec>;

/** The router did what no router may. */
class Violation extends Error {}

export class ClientSession implements TransportReceiver<Uint8Array | string> {
  status: SessionStatus = 'joining';
  /** WELCOME.Session; 0 before WELCOME */
  sessionId = 0;
  /** WELCOME.Details */
  details: Dict = EMPTY_DICT;
  /** how it ended; undefined until then */
  end: SessionEnd | undefined = undefined;
  /** Resolves when the session is over and its transport closed; never rejects. */
  readonly ended: Promise<SessionEnd>;
  readonly #transport: ClientTransport;
  readonly #options: SessionOptions;
  readonly #roles: SessionRoles;
  readonly #pending = new Map<number, PendingRequest>();
  #lastId = 0;
  #handshake: Handshake | undefined = undefined;
  #joined: { resolve: () => void; reject: (error: WampError) => void } | undefined = undefined;
  /** true once the application has called close() on an open session */
  #left = false;
  #writable: (() => void)[] = [];
  #idle: (() => void) | undefined = undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #transportEnded = false;
  #resolveEnded!: (end: SessionEnd) => void;

  constructor(transport: ClientTransport, options: SessionOptions, roles: SessionRoles) {
    this.#transport = transport;
    this.#options = options;
    this.#roles = roles;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  /** True if the router announced the feature for that role. */
  has(role: RouterRole, feature: string): boolean {
    const roles = this.details['roles'] as Record<string, { features?: Dict } | undefined> | undefined;
    return roles?.[role]?.features?.[feature] === true;
  }

  /**
   * Opens the transport and joins a realm.
   * @throws WampError with the URI of the router's ABORT; ConnectionError if the transport ends before
   */
  join(handshake: Handshake): Promise<void> {
    this.#handshake = handshake;
    return new Promise((resolve, reject) => {
      this.#joined = { resolve, reject };
      this.#transport.open(this);
      try {
        this.#post(handshake.hello(this.#transport.info));
      } catch (error) {
        this.abandon(error);
      }
    });
  }

  /** Gives the attempt to join up. */
  abandon(cause: unknown): void {
    if (this.status !== 'joining') return;
    const error =
      cause instanceof WampError ? cause : new UsageError(`joining failed: ${messageOf(cause)}`, { cause });
    const [text] = error.args;
    this.#abort(error.uri, typeof text === 'string' ? text : error.uri, error);
  }

  /**
   * Sends a request and keeps it until it is answered.
   * @param message its second element becomes the request's id
   * @param pending what to do with the answer; undefined if there is none
   * @returns the id
   * @throws UsageError after close(), or if the payload cannot be encoded; ConnectionLostError after the end
   */
  submit(message: unknown[], pending?: PendingRequest): number {
    if (this.status !== 'open') {
      if (this.#left) throw new UsageError('the client is closed');
      throw new ConnectionLostError(`the session is over: ${this.end?.message ?? 'not joined'}`);
    }
    // An id is used up only by a message that leaves: the router insists on a sequence without gaps.
    const id = (this.#lastId % 2 ** 53) + 1;
    message[1] = id;
    const frame = this.#encode(message);
    this.#lastId = id;
    if (pending !== undefined) this.#pending.set(id, pending);
    this.#transport.send(frame);
    return id;
  }

  /** Removes a pending request; an answer that comes later is ignored. */
  forget(id: number): void {
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#idle?.();
  }

  /**
   * Sends a message that nothing answers. After the end it does nothing.
   * @throws WampError if the payload cannot be encoded or is too long for the peer
   */
  send(message: readonly unknown[]): void {
    if (this.status === 'open') this.#transport.send(this.#encode(message));
  }

  /** A promise to wait for while too much waits to be sent; undefined when sending may go on. */
  whenWritable(): Promise<void> | undefined {
    if (this.status !== 'open' || this.#transport.bufferedBytes < CONGESTED_BYTES) return undefined;
    return new Promise((resolve) => this.#writable.push(resolve));
  }

  /** Resolves as soon as no request is without its answer. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.forget(0);
    });
  }

  /** Says GOODBYE and waits, within bounds, for the router's. Further calls wait for the same end. */
  async leave(signal?: AbortSignal): Promise<void> {
    if (this.status === 'open') {
      this.#left = true;
      this.#post([GOODBYE, EMPTY_DICT, CLOSE_REALM]);
      this.#become('closing');
      this.#rejectAll(new ConnectionLostError('the client was closed before the answer came'));
      this.#armEnd('no GOODBYE in time');
    }
    const onAbort = (): void => this.#cut('close() was aborted');
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    await this.ended;
    signal?.removeEventListener('abort', onAbort);
  }

  receive(frame: Uint8Array | string): void {
    if (this.status === 'closed') return;
    let message: InboundMessage;
    try {
      message = checkMessage(this.#transport.serializer.decodeList(frame));
    } catch (error) {
      this.violated(messageOf(error));
      return;
    }
    try {
      this.#dispatch(message);
    } catch (error) {
      this.#failed(error instanceof Violation ? PROTOCOL_VIOLATION : RUNTIME_ERROR, error);
    }
  }

  violated(sentence: string): void {
    this.#failed(PROTOCOL_VIOLATION, new Violation(sentence));
  }

  drained(): void {
    const waiting = this.#writable;
    this.#writable = [];
    for (const resume of waiting) resume();
  }

  closed({ reason }: TransportClosed): void {
    this.#transportEnded = true;
    const message = reason === '' ? 'the connection was lost' : reason;
    if (this.status === 'closing') this.#finish('client', CLOSE_REALM, message);
    else {
      const error =
        this.status === 'joining'
          ? new ConnectionError(`the connection ended before the session began: ${message}`)
          : new ConnectionLostError(message);
      this.#finish('connection', NETWORK_FAILURE, message, error);
    }
    this.#settleEnd();
  }

  #dispatch(message: InboundMessage): void {
    if (message[0] === ABORT) this.#aborted(message);
    else if (this.status === 'closing') {
      // After our GOODBYE nothing but the answer counts, and routers differ in its reason.
      if (message[0] === GOODBYE) this.#finish('client', CLOSE_REALM, 'closed', undefined, true);
    } else if (this.status === 'open') this.#whileOpen(message);
    else if (message[0] === WELCOME) this.#welcomed(message);
    else if (message[0] === CHALLENGE) this.#challenged(message);
    else throw unexpected(message);
  }

  #whileOpen(message: Exclude<InboundMessage, AbortList>): void {
    switch (message[0]) {
      case RESULT:
        this.#answer(CALL, message);
        break;
      case EVENT:
        this.#roles.event(message);
        break;
      case INVOCATION:
        this.#roles.invocation(message);
        break;
      case INTERRUPT:
        this.#roles.interrupt(message);
        break;
      case ERROR:
        this.#refuse(message);
        break;
      case GOODBYE:
        this.#dismissed(message);
        break;
      case WELCOME:
      case CHALLENGE:
        throw unexpected(message);
      default:
        if (message[1] !== 0) this.#answer(message[0] - 1, message);
        else if (message[0] === UNSUBSCRIBED) this.#roles.subscriptionRevoked(message[2]);
        else if (message[0] === UNREGISTERED) this.#roles.registrationRevoked(message[2]);
    }
  }

  #welcomed(message: WelcomeList): void {
    if (this.#handshake?.isAnswering === true) throw unexpected(message);
    try {
      this.#handshake?.welcomed(message[2]);
    } catch (error) {
      this.abandon(error);
      return;
    }
    [, this.sessionId, this.details] = message;
    this.#become('open');
    this.#joined?.resolve();
  }

  #challenged(message: ChallengeList): void {
    const handshake = this.#handshake;
    if (handshake === undefined || handshake.isAnswering) throw unexpected(message);
    handshake
      .answer(message[1], message[2])
      .then((answer) => {
        if (this.status === 'joining') this.#post(answer);
      })
      .catch((error: unknown) => this.abandon(error));
  }

  #aborted(message: AbortList): void {
    const [, details, reason, ...payload] = message;
    const { message: told } = details;
    const text = typeof told === 'string' ? told : 'no message';
    // ABORT says its sentence in Details; as an error it stands in `args` like any other.
    const error = errorFromUri(reason, details, () => {
      const values = valuesFrom(payload);
      return values.args.length > 0 ? values : { args: [text], kwargs: values.kwargs };
    });
    this.#finish(
      'router',
      error.uri,
      text,
      this.status === 'joining'
        ? error
        : new ConnectionLostError(`the router aborted the session: ${error.uri}: ${text}`, { cause: error }),
    );
  }

  #dismissed([, details, reason]: GoodbyeList): void {
    this.#post([GOODBYE, EMPTY_DICT, GOODBYE_AND_OUT]);
    const text = `the router closed the session: ${reason}`;
    this.#finish('router', reason, text, new ConnectionLostError(text, { details }), true);
  }

  /** What goes wrong with the answer of one request is the matter of that one. */
  #answer(kind: number, message: AnswerList): void {
    const [, id] = message;
    const request = this.#pendingOf(kind, id);
    if (request === undefined) return;
    try {
      if (!request.answered(message)) return;
    } catch (error) {
      this.#reportAnswer(request, error);
    }
    this.forget(id);
  }

  #refuse(message: ErrorList): void {
    const [, kind, id, details, uri, ...payload] = message;
    if (kind === INVOCATION) throw unexpected(message);
    const request = this.#pendingOf(kind, id);
    if (request === undefined) return;
    this.forget(id);
    const read = (): PayloadValues => {
      const values = valuesFrom(payload);
      return request.valuesOf === undefined ? values : request.valuesOf(details, values);
    };
    this.#decline(request, errorFromUri(uri, details, read));
  }

  /** What has no request is usually the answer to a call that was canceled here. */
  #pendingOf(kind: number, id: number): PendingRequest | undefined {
    const request = this.#pending.get(id);
    if (request?.kind === kind) return request;
    this.#options.ignore(`the answer to ${messageName(kind)} ${id}, which is not pending`);
    return undefined;
  }

  #decline(request: PendingRequest, error: WampError): void {
    try {
      request.refused(error);
    } catch (thrown) {
      this.#reportAnswer(request, thrown);
    }
  }

  #reportAnswer({ kind }: PendingRequest, error: unknown): void {
    this.#options.report(error, { where: 'answer', uri: messageName(kind) });
  }

  /** The router broke the protocol, or, which is a fault of ours, a role threw. */
  #failed(uri: string, cause: unknown): void {
    if (this.status === 'closed') return;
    const text = messageOf(cause);
    const error =
      this.status === 'joining'
        ? new WampError(uri, [text], EMPTY_DICT, { cause })
        : new ConnectionLostError(`the session was aborted: ${text}`, { cause });
    this.#abort(uri, text, error, 'protocol_violation');
  }

  #abort(uri: string, message: string, error: WampError, cause?: CloseCause): void {
    this.#post([ABORT, { message }, uri]);
    this.#finish('client', uri, message, error, false, cause);
  }

  /** Everything that a session's end entails, once. */
  #finish(
    by: SessionEnd['by'],
    reason: string,
    message: string,
    error: WampError = new ConnectionLostError(message),
    wasClean = false,
    cause: CloseCause = 'normal',
  ): void {
    if (this.status === 'closed') return;
    this.end = { by, reason, message, wasClean };
    this.#become('closed');
    this.#joined?.reject(error);
    this.#rejectAll(error);
    this.drained();
    if (this.#transportEnded) return;
    this.#armEnd('the connection did not close in time');
    this.#transport.close(cause, message);
  }

  #become(status: SessionStatus): void {
    this.status = status;
    this.#roles.statusChanged();
  }

  #rejectAll(error: WampError): void {
    const requests = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of requests) this.#decline(request, error);
    this.#idle?.();
    this.#roles.sessionEnded(error);
  }

  #armEnd(why: string): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#cut(why), this.#options.closeTimeoutMs);
  }

  #cut(why: string): void {
    this.#finish('client', CLOSE_REALM, why);
    this.#transport.terminate(why);
    this.#settleEnd();
  }

  #settleEnd(): void {
    clearTimeout(this.#endTimer);
    if (this.end !== undefined) this.#resolveEnded(this.end);
  }

  #encode(message: readonly unknown[]): Uint8Array | string {
    let frame: Uint8Array | string;
    try {
      frame = this.#transport.serializer.encodeList(message);
    } catch (cause) {
      throw new UsageError(`the payload cannot be sent: ${messageOf(cause)}`, { cause });
    }
    const most = this.#transport.maxSendBytes;
    if (frame.length <= most) return frame;
    throw new WampError(PAYLOAD_SIZE_EXCEEDED, [
      `the message has ${frame.length} bytes, the router accepts ${most}`,
    ]);
  }

  /** Sends a message of the session itself, whatever the state. */
  #post(message: readonly unknown[]): void {
    if (!this.#transportEnded) this.#transport.send(this.#transport.serializer.encodeList(message));
  }
}

function unexpected([code]: InboundMessage): Violation {
  return new Violation(`${messageName(code)} is not allowed now`);
}
