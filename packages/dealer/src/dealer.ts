/**
 * The dealer of one realm: takes the messages of sessions in, and lets the parts do their work in the right order.
 * Sequencing only. Does no IO, reads no clock, throws nothing at peers' input: requests are refused with ERROR, and
 * violations of the protocol are reported through the outbox.
 */
import {
  EMPTY_DICT,
  type CallMessage,
  type CancelMessage,
  type ErrorMessage,
  type Identity,
  type RegisterMessage,
  type UnregisterMessage,
  type YieldMessage,
  isCreditGrant,
  isPassthru,
} from '@wamp/protocol';
import { CalleeAnswers } from './callee-answers.js';
import { resolveOptions, type DealerOptions, type DealerSettings } from './dealer-options.js';
import { DealerSession, type DealerSeat } from './dealer-session.js';
import { HeldSlots } from './held-slots.js';
import { CallEvent } from './invocation-lifecycle.js';
import { InvocationTable } from './invocation-table.js';
import type { Invocation } from './invocation.js';
import { Invoker } from './invoker.js';
import type { LifecycleRunner } from './lifecycle-runner.js';
import type { DealerOutbox } from './outbox.js';
import { Registrar } from './registrar.js';
import { RegistrationTable, type Registrations } from './registration-table.js';
import { SessionOutbox } from './session-outbox.js';

/** Counts for metrics and tests. */
export interface DealerStats {
  readonly sessions: number;
  readonly registrations: number;
  /** calls without their final answer, queued ones included */
  readonly openCalls: number;
  readonly queuedCalls: number;
}

/**
 * Routes calls between the sessions of one realm.
 *
 * `now` is milliseconds since the epoch and must not go backwards. `Owner` is whatever the host wants to get back from
 * the outbox, for example its own session object. Source: basic profile, "Remote Procedure Calls", and the advanced
 * profile's chapters on RPC.
 */
export class Dealer<Owner> {
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: DealerSettings;
  readonly #registrations = new RegistrationTable<Owner>();
  readonly #table = new InvocationTable<Owner>();
  readonly #heldSlots: HeldSlots<Owner>;
  readonly #invoker: Invoker<Owner>;
  readonly #lifecycle: LifecycleRunner<Owner>;
  readonly #answers: CalleeAnswers<Owner>;
  readonly #registrar: Registrar<Owner>;
  #sessions = 0;

  constructor(outbox: DealerOutbox<Owner>, options: DealerOptions) {
    this.#outbox = new SessionOutbox(outbox);
    this.#settings = resolveOptions(options);
    this.#heldSlots = new HeldSlots(this.#settings.limits.heldSlotsPerSession);
    this.#invoker = new Invoker(
      this.#registrations,
      this.#table,
      this.#heldSlots,
      this.#outbox,
      this.#settings,
    );
    this.#lifecycle = this.#invoker.lifecycle;
    this.#answers = new CalleeAnswers(this.#lifecycle, this.#heldSlots, this.#outbox, this.#settings);
    this.#registrar = new Registrar(this.#registrations, this.#invoker, this.#outbox, this.#settings);
  }

  /** The registrations, to look at. */
  get registrations(): Registrations<Owner> {
    return this.#registrations;
  }

  /** Lets a session take part. Its features are read once, here. */
  attach(owner: Owner, seat: DealerSeat): DealerSession<Owner> {
    this.#sessions += 1;
    return new DealerSession(owner, seat, this.#settings.limits.endedStreamsPerSession);
  }

  /**
   * A session has ended, in whatever way. Its registrations go, callers that waited for it get
   * `wamp.error.canceled`, callees that worked for it are interrupted. Nothing is sent to it any more.
   */
  detach(session: DealerSession<Owner>, now: number): void {
    if (!session.attached) return;
    session.attached = false;
    this.#sessions -= 1;
    this.#registrar.leave(session, now);
    this.#heldSlots.drop(session);
    for (const invocation of session.invocations.values()) {
      this.#lifecycle.fire(invocation, CallEvent.CalleeGone, now);
    }
    for (const invocation of session.calls.values()) {
      this.#lifecycle.fire(invocation, CallEvent.CallerGone, now);
    }
  }

  /** REGISTER: answered by REGISTERED or ERROR; events follow the reply. */
  register(session: DealerSession<Owner>, message: RegisterMessage, now: number): void {
    if (session.attached) this.#registrar.register(session, message, now);
  }

  /** UNREGISTER: answered by UNREGISTERED or ERROR. Invocations that are out stay answerable. */
  unregister(session: DealerSession<Owner>, message: UnregisterMessage, now: number): void {
    if (session.attached) this.#registrar.unregister(session, message, now);
  }

  /**
   * CALL: a new call, or a further chunk of a progressive one. Exactly one final RESULT or ERROR answers every call,
   * unless its caller leaves.
   * @param identity who calls, if the session stands for somebody else
   */
  call(
    session: DealerSession<Owner>,
    message: CallMessage,
    now: number,
    identity: Identity = session.identity,
  ): void {
    if (!session.attached) return;
    const open = session.calls.get(message.request);
    if (open !== undefined) {
      this.#continue(open, message, now);
      return;
    }
    if (message.options !== EMPTY_DICT) {
      // The call that it was for is over.
      if (isCreditGrant(message.options)) return;
      const sentence = misuse(session, message);
      if (sentence !== undefined) {
        this.#outbox.abort(session, 'feature_not_announced', sentence);
        return;
      }
    }
    if (session.endedStreams.isLate(message.request, message.options.progress === true)) return;
    this.#invoker.call(session, message, identity, now);
  }

  /** CANCEL: the default mode is `killnowait`; one for a call that is over is ignored. */
  cancel(session: DealerSession<Owner>, message: CancelMessage, now: number): void {
    const invocation = session.calls.get(message.request);
    if (invocation === undefined) return;
    // spec: rpc-call-canceling: a callee that cannot be interrupted makes every mode a skip
    const canBeInterrupted = invocation.callee?.session.canBeInterrupted === true;
    const mode = canBeInterrupted ? (message.options.mode ?? 'killnowait') : 'skip';
    const isForgotten = session.forgetsCanceledCalls && message.options.mode !== 'kill';
    this.#lifecycle.fire(invocation, (isForgotten ? FORGOTTEN_EVENTS : CANCEL_EVENTS)[mode], now);
  }

  /** YIELD: a progressive or the final result. One that comes late is discarded. */
  yield(session: DealerSession<Owner>, message: YieldMessage, now: number): void {
    this.#answers.yield(session, message, now);
  }

  /** ERROR of a callee, in answer to an INVOCATION. One that comes late is discarded. */
  error(session: DealerSession<Owner>, message: ErrorMessage, now: number): void {
    this.#answers.error(session, message, now);
  }

  /** The earliest deadline in milliseconds since the epoch; the host calls `expire` then. Undefined if there is none. */
  nextDeadline(): number | undefined {
    return this.#table.nextDeadline;
  }

  /** Ends every call whose deadline is at or before `now`. Calling it too early does nothing. */
  expire(now: number): void {
    for (let due = this.#table.findDue(now); due !== undefined; due = this.#table.findDue(now)) {
      this.#lifecycle.fire(due, CallEvent.Deadline, now);
    }
  }

  /** Tells whether the session's outbound buffer is filling: a congested callee is passed over where others can serve. */
  setCongested(session: DealerSession<Owner>, congested: boolean, now: number): void {
    session.congested = congested || session.away;
    if (session.congested) return;
    for (const callee of session.memberships.values()) this.#invoker.drain(callee.registration, now);
  }

  /**
   * Tells whether the session's peer has lost its connection and may come back. A callee that is away is passed over as a
   * congested one; but where nobody else can serve, invocations are sent to its session all the same, which has to keep them.
   */
  setAway(session: DealerSession<Owner>, away: boolean, now: number): void {
    session.away = away;
    this.setCongested(session, false, now);
  }

  /** The sessions whose registrations make this REGISTER fail now; none if it would succeed. */
  holders(message: RegisterMessage): readonly Owner[] {
    return this.#registrar.holders(message);
  }

  /**
   * Removes a callee from a registration on somebody else's behalf. A callee that announced
   * `registration_revocation` is told.
   * @param session session id of the callee
   * @param reason URI that the callee is told, if any
   */
  removeCallee(
    registration: number,
    session: number,
    reason: string | undefined,
    now: number,
  ): 'removed' | 'no_such_registration' | 'no_such_session' {
    const found = this.#registrations.get(registration);
    if (found === undefined) return 'no_such_registration';
    const callee = found.callees.find((candidate) => candidate.session.identity.session === session);
    if (callee === undefined) return 'no_such_session';
    this.#registrar.revoke(callee, reason, now);
    return 'removed';
  }

  stats(): DealerStats {
    return {
      sessions: this.#sessions,
      registrations: this.#registrations.size,
      openCalls: this.#table.openCalls,
      queuedCalls: this.#table.queuedCalls,
    };
  }

  /**
   * True if nothing is going on: no open call, no armed deadline, no held slot; and no registration unless there are
   * sessions. For tests and leak checks.
   */
  isAtRest(): boolean {
    const calls = this.#table.openCalls + this.#table.queuedCalls + this.#table.armedCalls;
    const orphans = this.#sessions === 0 ? this.#registrations.size : 0;
    return calls === 0 && this.#heldSlots.size === 0 && orphans === 0;
  }

  #continue(open: Invocation<Owner>, message: CallMessage, now: number): void {
    if (isCreditGrant(message.options)) {
      this.#invoker.forwardGrant(open, message);
      return;
    }
    if (!open.isProgressive || open.callerDone || message.procedure !== open.procedure) {
      const sentence = `CALL.Request ${message.request} belongs to an open call that this CALL does not continue`;
      this.#outbox.abort(open.caller, 'invalid_request_id', sentence);
      return;
    }
    if (message.options.progress !== true) open.callerDone = true;
    this.#lifecycle.fire(open, CallEvent.Chunk, now, message);
  }
}

/** For callers that do not wait for an answer: the same without it. `kill` is always answered. */
const FORGOTTEN_EVENTS = {
  skip: CallEvent.ForgottenSkip,
  kill: CallEvent.Kill,
  killnowait: CallEvent.CallerGone,
} as const;

const CANCEL_EVENTS = {
  skip: CallEvent.Skip,
  kill: CallEvent.Kill,
  killnowait: CallEvent.KillNoWait,
} as const;

/** The sentence for a feature that the caller uses without having announced it; undefined if all is well. */
function misuse<Owner>(session: DealerSession<Owner>, message: CallMessage): string | undefined {
  if (message.options.progress === true && !session.sendsChunks) {
    return 'CALL.Options.progress is used, but progressive_call_invocations was not announced for the caller role';
  }
  if (isPassthru(message.options) && !session.passesThruAsCaller) {
    return 'ppt_scheme is used, but payload_passthru_mode was not announced for the caller role';
  }
  return undefined;
}
