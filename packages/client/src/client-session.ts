/**
 * One session on one transport: its state, its request ids, its pending requests, and which role gets which message.
 * Owns the handshake's and the end's order of events; knows nothing of handlers, results or events.
 */
import {
  EMPTY_DICT,
  type CloseCause,
  type Dict,
  type ListCodec,
  type RouterRole,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import { listen } from './abortable.js';
import type { Handshake } from './handshake.js';
import {
  checkMessage,
  valuesFrom,
  type AnswerList,
  type ErrorList,
  type EventList,
  type InboundMessage,
  type InterruptList,
  type InvocationList,
  type RevocationList,
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
  WELCOME,
} from './message-codes.js';
import type { ErrorOrigin, PendingRequest } from './request.js';
import type { ResumableLink } from './resume.js';
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

/** What a session tells, and to whom it hands what concers the roles that last. Nothing here may throw. */
export interface SessionHost {
  readonly closeTimeoutMs: number;
  invocation(message: InvocationList): void;
  interrupt(message: InterruptList): void;
  event(message: EventList): void;
  revoked(message: RevocationList): void;
  sessionEnded(error: WampError): void;
  /** The session has lost its connection. @returns true if it waits for another one */
  linkLost(session: ClientSession): boolean;
  /** `status` of the session is another one. */
  statusChanged(): void;
  /** Something of the application threw where nobody waits for it. */
  report(error: unknown, where: ErrorOrigin['where'], uri: string): void;
  /** Something of no consequence was ignored. */
  ignore(sentence: string): void;
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
  /** what stands between it and its connections; undefined if it ends with its connection */
  link: ResumableLink | undefined = undefined;
  /** Resolves when the session is over and its transport closed; never rejects. */
  readonly ended: Promise<SessionEnd>;
  readonly #transport: ClientTransport;
  readonly #host: SessionHost;
  readonly #pending = new Map<number, PendingRequest>();
  #lastId = 0;
  #handshake!: Handshake;
  #joined!: () => void;
  #refusedToJoin!: (error: WampError) => void;
  /** true once the application has called close() on an open session */
  #left = false;
  #writable: (() => void)[] = [];
  #idle: (() => void) | undefined = undefined;
  #endTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #transportEnded = false;
  #resolveEnded!: (end: SessionEnd) => void;

  constructor(transport: ClientTransport, host: SessionHost) {
    this.#transport = transport;
    this.#host = host;
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
      this.#joined = resolve;
      this.#refusedToJoin = reject;
      this.#transport.open(this);
      this.#orAbandon(() => this.#post(handshake.hello(this.#transport.info)));
    });
  }

  /** Gives the attempt to join up. */
  abandon(cause: unknown): void {
    if (this.status !== 'joining') return;
    const error = cause instanceof WampError ? cause : new UsageError(messageOf(cause), { cause });
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
      throw new ConnectionLostError(`the session is over: ${this.end?.message ?? ''}`);
    }
    // An id is used up only by a message that leaves: the router insists on a sequence without gaps.
    const id = (this.#lastId % 2 ** 53) + 1;
    message[1] = id;
    const frame = this.#encode(message);
    this.#lastId = id;
    if (pending) this.#pending.set(id, pending);
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
    const unlisten = listen(signal, () => this.#cut('close() was aborted'));
    await this.ended;
    unlisten();
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
    for (const resume of this.#writable.splice(0)) resume();
  }

  closed({ reason }: TransportClosed): void {
    this.#transportEnded = true;
    const message = reason || 'the connection was lost';
    if (this.status === 'closing') this.#finish('client', CLOSE_REALM, message);
    else {
      const Lost = this.status === 'joining' ? ConnectionError : ConnectionLostError;
      this.#finish('connection', NETWORK_FAILURE, message, new Lost(message));
    }
    this.#settleEnd();
  }

  #dispatch(message: InboundMessage): void {
    const { status } = this;
    if (message[0] === ABORT) {
      const [, details, uri, ...payload] = message;
      const { message: told } = details;
      const text = typeof told === 'string' ? told : 'no message';
      // ABORT says its sentence in Details; as an error it stands in `args` like any other.
      const error = errorFromUri(uri, details, () => valuesFrom(payload.length > 0 ? payload : [[text]]));
      const lost = new ConnectionLostError(`the router aborted the session: ${error.uri}: ${text}`, {
        cause: error,
      });
      this.#finish('router', error.uri, text, status === 'joining' ? error : lost);
    } else if (status === 'closing') {
      // After our GOODBYE nothing but the answer counts, and routers differ in its reason.
      if (message[0] === GOODBYE) this.#finish('client', CLOSE_REALM, 'closed', undefined, true);
    } else if (status === 'open') this.#whileOpen(message);
    else if (message[0] === WELCOME && !this.#handshake.isAnswering) {
      this.#orAbandon(() => {
        this.#handshake.welcomed(message[2]);
        [, this.sessionId, this.details] = message;
        this.#become('open');
        this.#joined();
      });
    } else if (message[0] === CHALLENGE && !this.#handshake.isAnswering) {
      this.#handshake.answer(message[1], message[2]).then(
        (answer) => this.#orAbandon(() => status === this.status && this.#post(answer)),
        (error: unknown) => this.abandon(error),
      );
    } else throw unexpected(message[0]);
  }

  #orAbandon(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.abandon(error);
    }
  }

  #whileOpen(message: InboundMessage): void {
    switch (message[0]) {
      case RESULT:
        this.#answer(CALL, message);
        break;
      case EVENT:
        this.#host.event(message);
        break;
      case INVOCATION:
        this.#host.invocation(message);
        break;
      case INTERRUPT:
        this.#host.interrupt(message);
        break;
      case ERROR:
        this.#refuse(message);
        break;
      case GOODBYE: {
        const [, details, reason] = message;
        this.#post([GOODBYE, EMPTY_DICT, GOODBYE_AND_OUT]);
        const text = `the router closed the session: ${reason}`;
        this.#finish('router', reason, text, new ConnectionLostError(text, { details }), true);
        break;
      }
      case WELCOME:
      case CHALLENGE:
      case ABORT:
        throw unexpected(message[0]);
      default:
        if (message[1] > 0) this.#answer(message[0] - 1, message);
        else this.#host.revoked(message as RevocationList);
    }
  }

  /** What goes wrong with the answer of one request is the matter of that one. */
  #answer(kind: number, message: AnswerList): void {
    const [, id] = message;
    const request = this.#pendingOf(kind, id);
    if (request === undefined) return;
    try {
      if (!request.answered(message)) return;
    } catch (error) {
      this.#host.report(error, 'answer', messageName(kind));
    }
    this.forget(id);
  }

  #refuse([, kind, id, details, uri, ...payload]: ErrorList): void {
    if (kind === INVOCATION) throw unexpected(ERROR);
    const request = this.#pendingOf(kind, id);
    if (request === undefined) return;
    this.forget(id);
    this.#decline(
      request,
      errorFromUri(uri, details, () => {
        const values = valuesFrom(payload);
        return request.valuesOf?.(details, values) ?? values;
      }),
    );
  }

  /** What has no request is usually the answer to a call that was canceled here. */
  #pendingOf(kind: number, id: number): PendingRequest | undefined {
    const request = this.#pending.get(id);
    if (request?.kind === kind) return request;
    this.#host.ignore(`the answer to ${messageName(kind)} ${id}, which is not pending`);
    return undefined;
  }

  #decline(request: PendingRequest, error: WampError): void {
    try {
      request.refused(error);
    } catch (thrown) {
      this.#host.report(thrown, 'answer', messageName(request.kind));
    }
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
    const wasJoining = this.status === 'joining';
    this.end = { by, reason, message, wasClean };
    this.#become('closed');
    // An attempt that failed is nobody's session; there may be one that waits for the next attempt.
    if (wasJoining) this.#refusedToJoin(error);
    else this.#rejectAll(error);
    this.drained();
    if (this.#transportEnded) return;
    this.#armEnd('the connection did not close in time');
    this.#transport.close(cause, message);
  }

  #become(status: SessionStatus): void {
    this.status = status;
    this.#host.statusChanged();
  }

  #rejectAll(error: WampError): void {
    const requests = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of requests) this.#decline(request, error);
    this.#idle?.();
    this.#host.sessionEnded(error);
  }

  #armEnd(why: string): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#cut(why), this.#host.closeTimeoutMs);
  }

  #cut(why: string): void {
    this.#finish('client', CLOSE_REALM, why);
    this.#transport.terminate(why);
    this.#settleEnd();
  }

  #settleEnd(): void {
    clearTimeout(this.#endTimer);
    this.#resolveEnded(this.end!);
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
    throw new WampError(PAYLOAD_SIZE_EXCEEDED, [`${frame.length} bytes, the router accepts ${most}`]);
  }

  /** Sends a message of the session itself, whatever the state. */
  #post(message: readonly unknown[]): void {
    if (!this.#transportEnded) this.#transport.send(this.#transport.serializer.encodeList(message));
  }
}

function unexpected(code: number): Violation {
  return new Violation(`${messageName(code)} is not allowed now`);
}
