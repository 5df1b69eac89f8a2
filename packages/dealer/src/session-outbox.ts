/**
 * The host's outbox, addressed by session: nothing leaves for a session that is gone, and refusals read alike.
 */
import {
  EMPTY_DICT,
  ErrorMessage,
  Payload,
  ProtocolViolation,
  type Message,
  type RequestKind,
  type ViolationCode,
} from '@wamp/protocol';
import type { DealerSession } from './dealer-session.js';
import type { DealerOutbox } from './outbox.js';
import type { RegistrationEvent } from './registration-event.js';
import type { Registration } from './registration.js';

export class SessionOutbox<Owner> {
  readonly #outbox: DealerOutbox<Owner>;

  constructor(outbox: DealerOutbox<Owner>) {
    this.#outbox = outbox;
  }

  /** Sends a message, unless the session has left. */
  send(session: DealerSession<Owner>, message: Message): void {
    if (session.attached) this.#outbox.send(session.owner, message);
  }

  /** Answers a request with ERROR. @param sentence why, for a person; becomes the only argument */
  refuse(
    session: DealerSession<Owner>,
    kind: RequestKind,
    request: number,
    uri: string,
    sentence: string,
  ): void {
    this.send(session, new ErrorMessage(kind, request, EMPTY_DICT, uri, Payload.of([sentence])));
  }

  /** Reports that the session broke the protocol. */
  abort(session: DealerSession<Owner>, code: ViolationCode, sentence: string): void {
    if (session.attached) this.#outbox.abort(session.owner, new ProtocolViolation(code, sentence));
  }

  /** Reports what happened to a registration; internal ones are nobody's business. */
  report(
    type: RegistrationEvent['type'],
    session: DealerSession<Owner>,
    registration: Registration<Owner>,
  ): void {
    if (registration.internal) return;
    this.#outbox.registrationEvent({ type, session: session.identity.session, registration });
  }
}
