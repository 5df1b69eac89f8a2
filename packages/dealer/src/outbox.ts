/**
 * The one way out of the dealer. A host implements it; the dealer does nothing else to the world.
 */
import type { Message, ProtocolViolation } from '@wamp/protocol';
import type { RegistrationEvent } from './registration-event.js';

/**
 * Takes what the dealer decided. No method may call back into the dealer before the dealer's method that caused it has
 * returned, and none may throw.
 *
 * An INVOCATION that turns out to be too large for the callee's transport is answered by the host in the callee's place,
 * after the dealer's method returned: `dealer.error(callee, ERROR wamp.error.payload_size_exceeded, now)`.
 */
export interface DealerOutbox<Owner> {
  /** Sends a message to an attached session, behind everything that was sent to it before. */
  send(owner: Owner, message: Message): void;
  /** The session broke the protocol: the host answers ABORT and detaches the session right after the dealer returns. */
  abort(owner: Owner, violation: ProtocolViolation): void;
  /** Something happened to a registration that is not internal; comes after the reply that it belongs to. */
  registrationEvent(event: RegistrationEvent): void;
}
