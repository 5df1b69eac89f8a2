/**
 * REGISTER and UNREGISTER, revocation, and leaving as a callee: who is a callee of what.
 * Must not touch calls that are on their way to a callee: those go on after the callee's registration has ended.
 */
import {
  ErrorUri,
  isReservedUri,
  isValidUri,
  MessageKind,
  RegisteredMessage,
  UnregisteredMessage,
  type RegisterMessage,
  type UnregisterMessage,
} from '@wamp/protocol';
import { Callee } from './callee.js';
import type { DealerSettings } from './dealer-options.js';
import type { DealerSession } from './dealer-session.js';
import { CallEvent } from './invocation-lifecycle.js';
import type { Invoker } from './invoker.js';
import type { DealerLimits } from './limits.js';
import { describesProcedure, ProcedureDescription } from './procedure-description.js';
import type { RegistrationTable } from './registration-table.js';
import type { Registration } from './registration.js';
import type { SessionOutbox } from './session-outbox.js';

export class Registrar<Owner> {
  readonly #registrations: RegistrationTable<Owner>;
  readonly #invoker: Invoker<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: DealerSettings;

  constructor(
    registrations: RegistrationTable<Owner>,
    invoker: Invoker<Owner>,
    outbox: SessionOutbox<Owner>,
    settings: DealerSettings,
  ) {
    this.#registrations = registrations;
    this.#invoker = invoker;
    this.#outbox = outbox;
    this.#settings = settings;
  }

  register(session: DealerSession<Owner>, message: RegisterMessage, now: number): void {
    if (!this.#isAdmitted(session, message)) return;
    const { options, procedure } = message;
    const match = options.match ?? 'exact';
    const existing = this.#registrations.lookup(procedure, match);
    if (existing === undefined) {
      this.#create(session, message, now);
    } else if (options.force_reregister === true && existing.internal === session.trusted) {
      this.#revokeAll(existing, now);
      this.#create(session, message, now);
    } else if (!isShareable(existing, message) || existing.internal !== session.trusted) {
      const sentence = 'the procedure is registered already, or with another invocation policy';
      this.#refuse(session, message, ErrorUri.ProcedureAlreadyExists, sentence);
    } else {
      this.#join(existing, session, message, now);
    }
  }

  unregister(session: DealerSession<Owner>, message: UnregisterMessage, now: number): void {
    const callee = session.memberships.get(message.registration);
    if (callee === undefined) {
      this.#outbox.refuse(
        session,
        MessageKind.Unregister,
        message.request,
        ErrorUri.NoSuchRegistration,
        'this session is no callee of such a registration',
      );
      return;
    }
    this.#detach(callee);
    this.#outbox.send(session, new UnregisteredMessage(message.request));
    this.#conclude(callee, now);
  }

  /** Removes a callee on somebody else's behalf, and tells it if it can understand. */
  revoke(callee: Callee<Owner>, reason: string | undefined, now: number): void {
    const registration = callee.registration.id;
    this.#detach(callee);
    // spec: registration revocation: never sent to a callee that did not announce it
    if (callee.session.takesRevocation) {
      const details = reason === undefined ? { registration } : { registration, reason };
      this.#outbox.send(callee.session, new UnregisteredMessage(0, details));
    }
    this.#conclude(callee, now);
  }

  /** Ends every registration of a session that has left. */
  leave(session: DealerSession<Owner>, now: number): void {
    for (const callee of session.memberships.values()) {
      this.#detach(callee);
      this.#conclude(callee, now);
    }
  }

  /** The sessions whose registrations make this REGISTER fail now. */
  holders(message: RegisterMessage): readonly Owner[] {
    const existing = this.#registrations.lookup(message.procedure, message.options.match ?? 'exact');
    if (existing === undefined) return [];
    const isForced = message.options.force_reregister === true;
    if (!existing.internal && (isForced || isShareable(existing, message))) return [];
    return existing.callees.map((callee) => callee.session.owner);
  }

  #isAdmitted(session: DealerSession<Owner>, message: RegisterMessage): boolean {
    const { options, procedure } = message;
    const { uriRule, disclosure, limits } = this.#settings;
    if (!isValidUri(procedure, options.match ?? 'exact', uriRule)) {
      this.#refuse(
        session,
        message,
        ErrorUri.InvalidUri,
        'the procedure is not a valid URI for its match policy',
      );
    } else if (isReservedUri(procedure) && !session.trusted) {
      this.#refuse(session, message, ErrorUri.InvalidUri, 'URIs that begin with wamp are reserved');
    } else if (disclosure === 'never' && options.disclose_caller === true && !session.trusted) {
      this.#refuse(session, message, ErrorUri.DiscloseMeDisallowed, 'callers are not disclosed here');
    } else if (!session.trusted && hasTooMany(session, procedure, limits)) {
      this.#refuse(session, message, ErrorUri.LimitExceeded, 'this session has too many registrations');
    } else {
      return !describesProcedure(options) || this.#isWellDescribed(session, message);
    }
    return false;
  }

  #isWellDescribed(session: DealerSession<Owner>, message: RegisterMessage): boolean {
    const { descriptionBytes, descriptionBytesPerSession } = this.#settings.limits;
    const description = ProcedureDescription.of(message.options);
    if (description === undefined) {
      const sentence = 'x_describe must be a dictionary of what JSON can express, its description a string';
      this.#refuse(session, message, ErrorUri.InvalidArgument, sentence);
    } else if (description.bytes > descriptionBytes) {
      const sentence = `the description has ${description.bytes} bytes, ${descriptionBytes} are allowed`;
      this.#refuse(session, message, ErrorUri.LimitExceeded, sentence);
    } else if (session.describedBytes + description.bytes > descriptionBytesPerSession) {
      const sentence = 'the descriptions of this session are too long together';
      this.#refuse(session, message, ErrorUri.LimitExceeded, sentence);
    } else {
      return true;
    }
    return false;
  }

  #create(session: DealerSession<Owner>, message: RegisterMessage, now: number): void {
    const { options, procedure } = message;
    const registration = this.#registrations.create(
      procedure,
      options.match ?? 'exact',
      options.invoke ?? 'single',
      session.trusted,
      now,
    );
    this.#add(registration, session, message);
    this.#outbox.send(session, new RegisteredMessage(message.request, registration.id));
    this.#outbox.report('create', session, registration);
    this.#outbox.report('register', session, registration);
  }

  #join(
    registration: Registration<Owner>,
    session: DealerSession<Owner>,
    message: RegisterMessage,
    now: number,
  ): void {
    // The specification is silent on a callee that registers again: it stays where it is, with its new options.
    const known = session.memberships.get(registration.id);
    if (known === undefined) this.#add(registration, session, message);
    else known.configure(message.options);
    this.#outbox.send(session, new RegisteredMessage(message.request, registration.id));
    if (known === undefined) this.#outbox.report('register', session, registration);
    this.#invoker.drain(registration, now);
  }

  #add(registration: Registration<Owner>, session: DealerSession<Owner>, message: RegisterMessage): void {
    const callee = new Callee(session, registration, message.options);
    registration.add(callee);
    session.memberships.set(registration.id, callee);
    session.registeredCharacters += registration.uri.length;
  }

  #revokeAll(registration: Registration<Owner>, now: number): void {
    for (const callee of [...registration.callees]) this.revoke(callee, ErrorUri.Unregistered, now);
  }

  /** From here on no further invocation goes to the callee. */
  #detach(callee: Callee<Owner>): void {
    const { registration } = callee;
    callee.session.memberships.delete(registration.id);
    callee.session.registeredCharacters -= registration.uri.length;
    registration.remove(callee);
    callee.release();
    if (registration.callees.length === 0) this.#registrations.delete(registration);
  }

  /** What follows the reply: events, and the end of calls that waited for nobody else. */
  #conclude(callee: Callee<Owner>, now: number): void {
    const { registration, session } = callee;
    this.#outbox.report('unregister', session, registration);
    if (registration.callees.length > 0) return;
    this.#outbox.report('delete', session, registration);
    const { queue } = registration;
    for (let first = queue.first(); first !== undefined; first = queue.first()) {
      this.#invoker.lifecycle.fire(first, CallEvent.CalleeGone, now);
    }
  }

  #refuse(session: DealerSession<Owner>, message: RegisterMessage, uri: string, sentence: string): void {
    this.#outbox.refuse(session, MessageKind.Register, message.request, uri, sentence);
  }
}

/** True if a further callee may join with this REGISTER. Source: advanced profile, "Shared Registration". */
function isShareable<Owner>(existing: Registration<Owner>, message: RegisterMessage): boolean {
  return existing.invoke !== 'single' && existing.invoke === message.options.invoke;
}

function hasTooMany<Owner>(session: DealerSession<Owner>, procedure: string, limits: DealerLimits): boolean {
  return (
    session.memberships.size >= limits.registrationsPerSession ||
    session.registeredCharacters + procedure.length > limits.registeredCharactersPerSession
  );
}
