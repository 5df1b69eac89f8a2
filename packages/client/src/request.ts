/**
 * What a role needs from a session to send requests, and what a session needs from a request to route its answer.
 * Owns the seam between the two; a request exists before it has an id, so that it may wait for a session.
 */
import {
  PayloadError,
  type ErrorMessage,
  type Message,
  type PeerFeatures,
  type RequestKind,
} from '@wamp/protocol';
import type { PassthruCodecs, PayloadValues } from './passthru-codec.js';
import { CanceledError, messageOf, UsageError, WampError } from './wamp-error.js';
import { signalFrom } from './wire-options.js';

/** A request that is, or will be, in the session's table of pending requests. */
export interface Request {
  /** code of the message that asks; an answer of another kind with the same id is ignored */
  readonly kind: RequestKind;
  /** false if nothing will answer, so that the session need not keep it */
  readonly isAwaited: boolean;
  /** The message that asks, under the id that the session has chosen. */
  message(id: number): Message;
  /** A positive answer. Returns true if it was the last one. Must not throw. */
  answered(message: Message): boolean;
  /** A refusal, or the end of the session. Must not throw. */
  refused(error: WampError): void;
  /** What an ERROR says, where that may be packed. @throws WampError if it cannot be unpacked */
  valuesOf?(refusal: ErrorMessage): PayloadValues;
}

/**
 * Where something of the application threw; `registration` and `subscription` are those that the router refused after
 * reconnecting.
 */
export interface ErrorOrigin {
  readonly where:
    'event' | 'progress' | 'invocation' | 'revocation' | 'answer' | 'registration' | 'subscription';
  /** topic or procedure; of an answer the name of the message that had asked for it, for example `CALL` */
  readonly uri: string;
}

/** The session as its roles see it. */
export interface SessionLink {
  /** what the router announced in WELCOME */
  readonly router: PeerFeatures;
  readonly passthru: PassthruCodecs;
  /**
   * Sends a request and keeps it until it is answered.
   * @returns its id
   * @throws UsageError after close(), or if the payload cannot be encoded; ConnectionLostError after the end
   */
  submit(request: Request): number;
  /** Removes a pending request; an answer that comes later is ignored. */
  forget(id: number): void;
  /**
   * Sends a message that nothing answers. After the end it does nothing.
   * @throws WampError if the payload cannot be encoded or is too long for the peer
   */
  send(message: Message): void;
  /** A promise to wait for while too much waits to be sent; undefined when sending may go on. */
  whenWritable(): Promise<void> | undefined;
  /** Something of the application threw where nobody waits for it. */
  report(error: unknown, origin: ErrorOrigin): void;
  /** Something of no consequence was ignored. */
  ignore(sentence: string): void;
}

/** Where the roles find their session: a client that reconnects has one after the other. */
export interface SessionSource {
  /** the session that is open; between two of them the former one, which takes nothing any more */
  readonly current: SessionLink;
}

/** The error of a request whose own signal was aborted. */
export function canceledBy(signal: AbortSignal): CanceledError {
  return new CanceledError(['canceled by the caller'], undefined, { cause: signal.reason });
}

/** What a failed encoding means for the one who asked. */
export function encodingFailure(thrown: unknown): WampError {
  if (thrown instanceof WampError) return thrown;
  if (thrown instanceof PayloadError) {
    return new UsageError(`the payload cannot be sent: ${thrown.message}`, { cause: thrown });
  }
  return new UsageError(`the message cannot be encoded: ${messageOf(thrown)}`, { cause: thrown });
}

/**
 * A request with one answer and a promise for it. When its signal is aborted, the promise rejects at once, the request
 * stays pending, and a success that comes later is undone.
 */
export abstract class SingleRequest<T> implements Request {
  abstract readonly kind: RequestKind;
  readonly isAwaited = true;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (value: T) => void;
  #reject!: (error: WampError) => void;
  #abandoned = false;

  /** @throws UsageError for what is no signal */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signalFrom(signal);
  }

  abstract message(id: number): Message;
  /** Takes the answer over; what it returns resolves the promise, what it throws rejects it. */
  protected abstract accept(message: Message): T;
  /** The request was refused, the session ended, or nothing was sent. */
  protected declined?(): void;
  /** Takes back what an answer brought that nobody waits for any more. */
  protected undo?(value: T): void;

  /** Sends the request. */
  submitTo(link: SessionLink): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      try {
        if (this.#signal?.aborted === true) throw canceledBy(this.#signal);
        this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
        link.submit(this);
      } catch (error) {
        const refusal = error as WampError;
        reject(refusal);
        this.declined?.();
        this.#unlisten();
      }
    });
  }

  answered(message: Message): boolean {
    try {
      const value = this.accept(message);
      if (this.#abandoned) this.undo?.(value);
      else this.#resolve(value);
    } catch (error) {
      this.#reject(error as WampError);
    }
    this.#unlisten();
    return true;
  }

  refused(error: WampError): void {
    this.#reject(error);
    this.declined?.();
    this.#unlisten();
  }

  /** Last of all: signals are the application's, and may throw. */
  #unlisten(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#abandoned = true;
    if (this.#signal !== undefined) this.#reject(canceledBy(this.#signal));
  };
}
