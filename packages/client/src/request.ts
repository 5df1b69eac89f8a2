/**
 * Requests: what a session needs of one to route its answer, and the ordinary ones that have a single answer.
 * Owns the seam between roles and session.
 */
import type { Dict } from '@wamp/protocol';
import { listen } from './abortable.js';
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

/**
 * Sends a request with one answer. When the signal is aborted, the promise rejects at once, the request stays pending, and a
 * success that comes later is undone.
 * @param message its second element becomes the request's id
 * @param accept what the positive answer means, which brings an id if it is not only a confirmation; what it throws rejects the promise
 * @param declined the request was refused, the session ended, or nothing was sent
 * @param undo takes back what an answer brought that nobody waits for any more
 */
export function ask<T>(
  session: ClientSession,
  message: unknown[],
  accept: (id: number) => T,
  signal?: AbortSignal,
  declined?: (error: WampError) => void,
  undo?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isAbandoned = false;
    let unlisten: (() => void) | undefined;
    // Signals are the application's, and may throw; so nothing depends on what comes after `unlisten`.
    const refused = (error: WampError): void => {
      reject(error);
      declined?.(error);
      unlisten?.();
    };
    try {
      unlisten = listen(signal, () => {
        isAbandoned = true;
        reject(canceledBy(signal!));
      });
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- an aborted signal has called back
      if (isAbandoned) throw canceledBy(signal!);
      session.submit(message, {
        kind: message[0] as number,
        refused,
        answered([, , id]: ConfirmationList) {
          try {
            const value = accept(id);
            if (isAbandoned) undo?.();
            else resolve(value);
          } catch (error) {
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- handed through as it came
            reject(error);
          }
          unlisten?.();
          return true;
        },
      });
    } catch (error) {
      refused(error as WampError);
    }
  });
}
