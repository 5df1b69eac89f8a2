/**
 * Requests: what a session needs of one to route its answer, and the ordinary ones that have a single answer.
 * Owns the seam between roles and session.
 */
import type { Dict } from '@wamp/protocol';
import type { ClientSession } from './client-session.js';
import type { AnswerList, ConfirmationList } from './inbound-message.js';
import type { PayloadValues } from './payload-layer.js';
import { canceledBy, type WampError } from './wamp-error.js';

/** A request in the session's table of those without an answer. */
export interface PendingRequest {
  /** code of the message that asks; an answer of another kind with the same id is ignored */
  readonly kind: number;
  /** A positive answer. Returns true if it was the last one. */
  answered(message: AnswerList): boolean;
  /** A refusal, or the end of the session. */
  refused(error: WampError): void;
  /** What an ERROR says, where that may be packed. @throws WampError if it cannot be unpacked */
  valuesOf?(details: Dict, values: PayloadValues): PayloadValues;
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

/** What becomes of the answer to a request. */
export interface Asking<T> {
  /** What the positive answer means, which brings an id if it is not only a confirmation. What it throws rejects the promise. */
  readonly accept: (id: number) => T;
  /** Takes back what an answer brought that nobody waits for any more. */
  readonly undo?: (value: T) => void;
  /** The request was refused, the session ended, or nothing was sent. */
  readonly declined?: (error: WampError) => void;
}

/**
 * Sends a request with one answer. When the signal is aborted, the promise rejects at once, the request stays pending, and a
 * success that comes later is undone.
 * @param message its second element becomes the request's id
 */
export function ask<T>(
  session: ClientSession,
  message: unknown[],
  signal: AbortSignal | undefined,
  { accept, undo, declined }: Asking<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isAbandoned = false;
    const onAbort = (): void => {
      isAbandoned = true;
      reject(canceledBy(signal!));
    };
    // Signals are the application's, and may throw; so nothing depends on what comes after this.
    const unlisten = (): void => signal?.removeEventListener('abort', onAbort);
    const refused = (error: WampError): void => {
      reject(error);
      declined?.(error);
      unlisten();
    };
    try {
      if (signal?.aborted === true) throw canceledBy(signal);
      signal?.addEventListener('abort', onAbort, { once: true });
      session.submit(message, {
        kind: message[0] as number,
        refused,
        answered(answer) {
          try {
            const value = accept((answer as ConfirmationList)[2]);
            if (isAbandoned) undo?.(value);
            else resolve(value);
          } catch (error) {
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed through as it came
            reject(error);
          }
          unlisten();
          return true;
        },
      });
    } catch (error) {
      refused(error as WampError);
    }
  });
}
