/**
 * Performs what the lifecycle table says: every event of every call goes through `fire`, and only here does a call end.
 * Within a step the record is brought in order first and messages are sent after, so that nothing can overtake the
 * bookkeeping.
 */
import {
  EMPTY_DICT,
  EMPTY_PAYLOAD,
  ErrorMessage,
  ErrorUri,
  InterruptMessage,
  MessageKind,
  Payload,
  ResultMessage,
  type CallMessage,
  type InterruptOptions,
  type YieldMessage,
} from '@wamp/protocol';
import { errorDetails, resultDetails } from './answer-details.js';
import type { Callee } from './callee.js';
import type { HeldSlots } from './held-slots.js';
import {
  CallEvent,
  CallState,
  isIgnored,
  transition,
  type Reply,
  type Step,
} from './invocation-lifecycle.js';
import type { InvocationTable } from './invocation-table.js';
import type { Invocation } from './invocation.js';
import type { Registration } from './registration.js';
import type { SessionOutbox } from './session-outbox.js';

/** The message that an event brought along, if any. */
export type Cause = CallMessage | YieldMessage | ErrorMessage | undefined;

/** What the runner leaves to others. */
export interface Dispatch<Owner> {
  /** Sends a further chunk to the call's callee. */
  forwardChunk(invocation: Invocation<Owner>, chunk: CallMessage): void;
  /** Gives the call to another callee of its registration. @returns false if there is none */
  tryAnother(invocation: Invocation<Owner>, now: number): boolean;
  /** A waiting call may be able to go now: a slot came back, or the queue's first call left. */
  drain(invocation: Registration<Owner>, now: number): void;
}

const CALLEE_LEFT = Payload.of(['the callee left before it answered']);
const TIMED_OUT = Payload.of(['the call was not answered within its timeout']);
const NONE_AVAILABLE = Payload.of(['every callee of the procedure says that it is unavailable']);
const INTERRUPT_OPTIONS: Readonly<Record<'kill' | 'killnowait', InterruptOptions>> = {
  kill: Object.freeze({ mode: 'kill' }),
  killnowait: Object.freeze({ mode: 'killnowait' }),
};

export class LifecycleRunner<Owner> {
  readonly #table: InvocationTable<Owner>;
  readonly #heldSlots: HeldSlots<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #dispatch: Dispatch<Owner>;

  constructor(
    table: InvocationTable<Owner>,
    heldSlots: HeldSlots<Owner>,
    outbox: SessionOutbox<Owner>,
    dispatch: Dispatch<Owner>,
  ) {
    this.#table = table;
    this.#heldSlots = heldSlots;
    this.#outbox = outbox;
    this.#dispatch = dispatch;
  }

  /** Lets an event happen to an open call. */
  fire(invocation: Invocation<Owner>, event: CallEvent, now: number, cause?: Cause): void {
    const step = transition(invocation.state, event);
    // spec: rpc-progressive-call-results: progress that the caller did not ask for is dropped, and is no sign of life
    if (isIgnored(step) || (event === CallEvent.Progress && !invocation.wantsProgress)) return;
    if (step.invoke === 'another') {
      this.#tryAnother(invocation, now);
      return;
    }
    if (step.next === CallState.Closed) this.#table.close(invocation);
    else invocation.state = step.next;
    if (step.rearms) this.#table.rearm(invocation, now);
    if (step.reply !== 'none') this.#answer(invocation, step.reply, event, cause);
    if (step.invoke === 'chunk' && cause?.kind === MessageKind.Call) {
      this.#dispatch.forwardChunk(invocation, cause);
    }
    this.#settleCallee(invocation, step, now);
  }

  /** Gives a slot back. */
  freeSlot(callee: Callee<Owner>, now: number): void {
    callee.taken -= 1;
    this.#dispatch.drain(callee.registration, now);
  }

  #tryAnother(invocation: Invocation<Owner>, now: number): void {
    const unavailable = invocation.callee!;
    if (this.#dispatch.tryAnother(invocation, now)) {
      this.freeSlot(unavailable, now);
      return;
    }
    const refusal = new ErrorMessage(
      MessageKind.Invocation,
      invocation.id,
      EMPTY_DICT,
      ErrorUri.NoAvailableCallee,
      NONE_AVAILABLE,
    );
    this.fire(invocation, CallEvent.Error, now, refusal);
  }

  #answer(invocation: Invocation<Owner>, reply: Reply, event: CallEvent, cause: Cause): void {
    const { caller, request } = invocation;
    if (cause?.kind === MessageKind.Yield) {
      const hasProgress = reply === 'progress';
      if (hasProgress) invocation.hasProgressed = true;
      const details = resultDetails(cause.options, hasProgress);
      this.#outbox.send(caller, new ResultMessage(request, details, cause.payload));
      return;
    }
    let uri: string = ErrorUri.Canceled;
    let details = EMPTY_DICT;
    let payload = EMPTY_PAYLOAD;
    if (cause?.kind === MessageKind.Error) {
      uri = cause.error;
      details = errorDetails(cause.details);
      payload = cause.payload;
    } else if (reply === 'timeout') {
      uri = ErrorUri.Timeout;
      payload = TIMED_OUT;
    } else if (event === CallEvent.CalleeGone) {
      payload = CALLEE_LEFT;
    }
    this.#outbox.send(caller, new ErrorMessage(MessageKind.Call, request, details, uri, payload));
  }

  /** Interrupts the callee and sees to its slot. */
  #settleCallee(invocation: Invocation<Owner>, step: Step, now: number): void {
    const { callee } = invocation;
    if (callee === undefined) {
      // Whoever stood behind the queued call that just left may be able to go.
      this.#dispatch.drain(invocation.registration, now);
      return;
    }
    const { canBeInterrupted } = callee.session;
    if (step.interrupt !== 'none' && canBeInterrupted) {
      const options = INTERRUPT_OPTIONS[step.interrupt];
      this.#outbox.send(callee.session, new InterruptMessage(invocation.id, options));
    }
    if (step.next !== CallState.Closed) return;
    const isFree = step.slot === 'free' || (step.slot === 'free_if_interrupted' && canBeInterrupted);
    const freed = isFree ? callee : this.#heldSlots.hold(callee, invocation.id);
    if (freed !== undefined) this.freeSlot(freed, now);
  }
}
