/**
 * From CALL to INVOCATION: finds the registration, admits or refuses the call, picks the callee, sends the INVOCATION;
 * and everything that sends a call (on) later: waiting calls, further chunks, re-routing.
 * Must not end calls that have a record: that is the lifecycle's business.
 */
import {
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  InvocationMessage,
  isValidUri,
  MessageKind,
  Payload,
  type CallMessage,
  type CallOptions,
  type Identity,
  isPassthru,
} from '@wamp/protocol';
import type { Callee } from './callee.js';
import { effectiveTimeout, type DealerSettings } from './dealer-options.js';
import type { DealerSession } from './dealer-session.js';
import type { HeldSlots } from './held-slots.js';
import { chunkDetails, invocationDetails } from './invocation-details.js';
import { CallEvent, CallState } from './invocation-lifecycle.js';
import { chooseCallee, isOnlyBusy } from './invocation-policy.js';
import type { InvocationTable } from './invocation-table.js';
import type { Invocation } from './invocation.js';
import { LifecycleRunner, type Dispatch } from './lifecycle-runner.js';
import type { RegistrationTable } from './registration-table.js';
import type { Registration } from './registration.js';
import type { SessionOutbox } from './session-outbox.js';

const NOT_SUPPORTED = Payload.of(['the callee did not announce a feature that this call needs']);

export class Invoker<Owner> implements Dispatch<Owner> {
  readonly #registrations: RegistrationTable<Owner>;
  readonly #table: InvocationTable<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: DealerSettings;
  readonly lifecycle: LifecycleRunner<Owner>;

  constructor(
    registrations: RegistrationTable<Owner>,
    table: InvocationTable<Owner>,
    heldSlots: HeldSlots<Owner>,
    outbox: SessionOutbox<Owner>,
    settings: DealerSettings,
  ) {
    this.#registrations = registrations;
    this.#table = table;
    this.#outbox = outbox;
    this.#settings = settings;
    this.lifecycle = new LifecycleRunner(table, heldSlots, outbox, this);
  }

  /** Routes a new call: it is invoked, queued, or refused with ERROR and leaves no record then. */
  call(session: DealerSession<Owner>, message: CallMessage, identity: Identity, now: number): void {
    const registration = this.#route(session, message);
    if (registration === undefined || !this.#isAdmitted(session, message)) return;
    const callee = registration.queue.size > 0 ? undefined : this.#choose(registration, message.options);
    if (callee === undefined) {
      this.#waitOrRefuse(session, message, registration, identity, now);
      return;
    }
    if (lacksFeature(callee, message.options)) {
      this.#refuse(session, message, ErrorUri.FeatureNotSupported, NOT_SUPPORTED);
      return;
    }
    const timeoutMs = effectiveTimeout(message.options.timeout, this.#settings);
    const invocation = this.#table.open(session, message, registration, identity, timeoutMs, now);
    this.#invoke(invocation, callee, message.payload, now);
  }

  forwardChunk(invocation: Invocation<Owner>, chunk: CallMessage): void {
    const details = chunkDetails(invocation.details, chunk.options.progress === true);
    this.#outbox.send(
      invocation.callee!.session,
      new InvocationMessage(invocation.id, invocation.registration.id, details, chunk.payload),
    );
  }

  /** Tells the callee that the caller takes further progressive results. One that knows no credit is not told. */
  forwardGrant(invocation: Invocation<Owner>, { options }: CallMessage): void {
    const { callee, details, id, registration, state } = invocation;
    if (callee === undefined || details.x_credit === undefined || state !== CallState.Active) return;
    const { x_credit = 0 } = options;
    this.#outbox.send(callee.session, new InvocationMessage(id, registration.id, { x_credit }));
  }

  tryAnother(invocation: Invocation<Owner>, now: number): boolean {
    const { payload, options, registration } = invocation;
    if (payload === undefined) return false;
    const tried = (invocation.tried ??= new Set<Callee<Owner>>()).add(invocation.callee!);
    for (;;) {
      const callee = chooseCallee(registration, options.rkey, tried, this.#settings.random);
      if (callee === undefined) return false;
      if (!lacksFeature(callee, options)) {
        this.#invoke(invocation, callee, payload, now);
        return true;
      }
      tried.add(callee);
    }
  }

  drain(registration: Registration<Owner>, now: number): void {
    const { queue } = registration;
    if (queue.size === 0 || queue.isDraining) return;
    queue.isDraining = true;
    for (let first = queue.first(); first !== undefined; first = queue.first()) {
      // Calls whose time is up, or whose caller is leaving, are about to leave the queue; then it goes on.
      if (!first.caller.attached || (first.timeoutMs > 0 && first.deadline <= now)) break;
      const callee = this.#choose(registration, first.options);
      if (callee === undefined) break;
      if (lacksFeature(callee, first.options)) {
        this.lifecycle.fire(first, CallEvent.Error, now, refusalOf(first));
      } else {
        this.#invoke(first, callee, first.payload!, now);
      }
    }
    queue.isDraining = false;
  }

  #choose(registration: Registration<Owner>, options: CallOptions): Callee<Owner> | undefined {
    return chooseCallee(registration, options.rkey, undefined, this.#settings.random);
  }

  #route(session: DealerSession<Owner>, message: CallMessage): Registration<Owner> | undefined {
    const { procedure } = message;
    const exact = this.#registrations.lookup(procedure, 'exact');
    // The URI of an exact registration was checked when it was registered.
    if (exact !== undefined) return exact;
    if (!isValidUri(procedure, 'exact', this.#settings.uriRule)) {
      this.#refuse(session, message, ErrorUri.InvalidUri, 'the procedure is not a valid URI');
      return undefined;
    }
    const registration = this.#registrations.match(procedure);
    if (registration === undefined) {
      this.#refuse(session, message, ErrorUri.NoSuchProcedure, 'no callee has registered this procedure');
    }
    return registration;
  }

  #isAdmitted(session: DealerSession<Owner>, message: CallMessage): boolean {
    if (session.calls.size >= this.#settings.limits.callsPerSession) {
      this.#refuse(session, message, ErrorUri.LimitExceeded, 'too many calls of this session are open');
      return false;
    }
    if (this.#settings.disclosure === 'never' && message.options.disclose_me === true) {
      this.#refuse(session, message, ErrorUri.DiscloseMeDisallowed, 'callers are not disclosed here');
      return false;
    }
    return true;
  }

  #waitOrRefuse(
    session: DealerSession<Owner>,
    message: CallMessage,
    registration: Registration<Owner>,
    identity: Identity,
    now: number,
  ): void {
    if (registration.queue.size === 0 && !isOnlyBusy(registration)) {
      this.#refuse(session, message, ErrorUri.NetworkFailure, 'the callee does not take in what it is sent');
      return;
    }
    // A stream cannot wait: its chunks would have to be kept as well.
    const mayWait = message.options.progress !== true;
    if (!mayWait || registration.queue.size >= this.#settings.limits.queuedCallsPerRegistration) {
      this.#refuse(
        session,
        message,
        ErrorUri.MaxConcurrencyReached,
        'every callee is at its concurrency limit',
      );
      return;
    }
    const timeoutMs = effectiveTimeout(message.options.timeout, this.#settings);
    const invocation = this.#table.open(session, message, registration, identity, timeoutMs, now);
    this.#table.wait(invocation, message.payload);
  }

  #invoke(invocation: Invocation<Owner>, callee: Callee<Owner>, payload: Payload, now: number): void {
    this.#table.assign(invocation, callee);
    const isReroutable = this.#settings.reroute && callee.session.canBeRerouted && !invocation.isProgressive;
    invocation.payload = isReroutable ? payload.detach() : undefined;
    invocation.details = invocationDetails(invocation, callee, this.#settings.disclosure, now);
    this.#outbox.send(
      callee.session,
      new InvocationMessage(invocation.id, invocation.registration.id, invocation.details, payload),
    );
  }

  #refuse(session: DealerSession<Owner>, message: CallMessage, uri: string, why: string | Payload): void {
    // spec: rpc-progressive-call-invocations: the chunks that follow a refused one are discarded
    if (message.options.progress === true) session.endedStreams.ended(message.request);
    const payload = typeof why === 'string' ? Payload.of([why]) : why;
    this.#outbox.send(session, new ErrorMessage(MessageKind.Call, message.request, EMPTY_DICT, uri, payload));
  }
}

function lacksFeature<Owner>(callee: Callee<Owner>, options: CallOptions): boolean {
  if (options === EMPTY_DICT) return false;
  const { session } = callee;
  return (
    (options.progress === true && !session.takesChunks) ||
    (isPassthru(options) && !session.passesThruAsCallee)
  );
}

function refusalOf<Owner>(invocation: Invocation<Owner>): ErrorMessage {
  return new ErrorMessage(
    MessageKind.Call,
    invocation.request,
    EMPTY_DICT,
    ErrorUri.FeatureNotSupported,
    NOT_SUPPORTED,
  );
}
