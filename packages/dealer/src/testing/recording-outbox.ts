/** An outbox that keeps everything in order and does nothing else. */
import type { Message, ProtocolViolation } from '@wamp/protocol';
import type { DealerOutbox } from '../outbox.js';
import type { RegistrationEvent } from '../registration-event.js';

/** One thing that the dealer did to the world. */
export type OutboxEntry<Owner> =
  | { readonly type: 'send'; readonly owner: Owner; readonly message: Message }
  | { readonly type: 'abort'; readonly owner: Owner; readonly violation: ProtocolViolation }
  | { readonly type: 'event'; readonly event: RegistrationEvent };

export class RecordingOutbox<Owner> implements DealerOutbox<Owner> {
  #entries: OutboxEntry<Owner>[] = [];

  send(owner: Owner, message: Message): void {
    this.#entries.push({ type: 'send', owner, message });
  }

  abort(owner: Owner, violation: ProtocolViolation): void {
    this.#entries.push({ type: 'abort', owner, violation });
  }

  registrationEvent(event: RegistrationEvent): void {
    this.#entries.push({ type: 'event', event });
  }

  /** What was recorded and not taken yet, oldest first. */
  get entries(): readonly OutboxEntry<Owner>[] {
    return this.#entries;
  }

  /** Takes everything that was recorded. */
  take(): readonly OutboxEntry<Owner>[] {
    const taken = this.#entries;
    this.#entries = [];
    return taken;
  }
}
