/**
 * YIELD and ERROR of callees: which call they belong to, whether they are allowed, and which event they are.
 * Must not decide what the event does: that is the lifecycle's business.
 */
import {
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  isValidUri,
  MessageKind,
  Payload,
  type YieldMessage,
  isPassthru,
} from '@wamp/protocol';
import type { DealerSettings } from './dealer-options.js';
import type { DealerSession } from './dealer-session.js';
import type { HeldSlots } from './held-slots.js';
import { CallEvent } from './invocation-lifecycle.js';
import type { Invocation } from './invocation.js';
import type { LifecycleRunner } from './lifecycle-runner.js';
import type { SessionOutbox } from './session-outbox.js';

const NOT_ANNOUNCED = 'ppt_scheme is used, but payload_passthru_mode was not announced for the callee role';
const CALLER_LACKS_PASSTHRU = Payload.of([
  'the callee answered in payload passthru mode, which this caller did not announce',
]);

export class CalleeAnswers<Owner> {
  readonly #lifecycle: LifecycleRunner<Owner>;
  readonly #heldSlots: HeldSlots<Owner>;
  readonly #outbox: SessionOutbox<Owner>;
  readonly #settings: DealerSettings;

  constructor(
    lifecycle: LifecycleRunner<Owner>,
    heldSlots: HeldSlots<Owner>,
    outbox: SessionOutbox<Owner>,
    settings: DealerSettings,
  ) {
    this.#lifecycle = lifecycle;
    this.#heldSlots = heldSlots;
    this.#outbox = outbox;
    this.#settings = settings;
  }

  yield(session: DealerSession<Owner>, message: YieldMessage, now: number): void {
    const hasProgress = message.options.progress === true;
    const invocation = session.invocations.get(message.request);
    if (invocation === undefined) {
      this.#discardLate(session, message.request, !hasProgress, now);
      return;
    }
    let event: CallEvent = hasProgress ? CallEvent.Progress : CallEvent.Result;
    let cause: YieldMessage | ErrorMessage = message;
    if (isPassthru(message.options)) {
      if (!session.passesThruAsCallee) {
        this.#outbox.abort(session, 'feature_not_announced', NOT_ANNOUNCED);
        return;
      }
      const isUnwanted = hasProgress && !invocation.wantsProgress;
      if (!invocation.caller.passesThruAsCaller && !isUnwanted) {
        event = hasProgress ? CallEvent.Undeliverable : CallEvent.Error;
        cause = callerLacksPassthru(message.request);
      }
    }
    this.#lifecycle.fire(invocation, event, now, cause);
  }

  error(session: DealerSession<Owner>, message: ErrorMessage, now: number): void {
    const invocation = session.invocations.get(message.request);
    if (invocation === undefined) {
      this.#discardLate(session, message.request, true, now);
      return;
    }
    // Loose whatever the realm's rule for names is: an upper-case letter must not cost a callee its session.
    if (!isValidUri(message.error, 'exact', 'loose')) {
      this.#outbox.abort(session, 'invalid_uri', 'ERROR.Error is not a valid URI');
      return;
    }
    let cause = message;
    if (isPassthru(message.details)) {
      if (!session.passesThruAsCallee) {
        this.#outbox.abort(session, 'feature_not_announced', NOT_ANNOUNCED);
        return;
      }
      if (!invocation.caller.passesThruAsCaller) cause = callerLacksPassthru(message.request);
    }
    const event = this.#isReroutable(invocation, cause) ? CallEvent.Unavailable : CallEvent.Error;
    this.#lifecycle.fire(invocation, event, now, cause);
  }

  /** An answer without a record: late if its id was given out once, else made up. */
  #discardLate(session: DealerSession<Owner>, id: number, isFinal: boolean, now: number): void {
    if (!session.wasInvoked(id)) {
      this.#outbox.abort(session, 'invalid_request_id', `no INVOCATION ${id} was ever sent to this session`);
      return;
    }
    const freed = isFinal ? this.#heldSlots.release(session, id) : undefined;
    if (freed !== undefined) this.#lifecycle.freeSlot(freed, now);
  }

  /** Source: advanced profile, "Call Re-Routing". What the caller has seen of one callee, another cannot continue. */
  #isReroutable(invocation: Invocation<Owner>, message: ErrorMessage): boolean {
    return (
      message.error === ErrorUri.Unavailable &&
      this.#settings.reroute &&
      invocation.callee?.session.canBeRerouted === true &&
      !invocation.hasProgressed
    );
  }
}

/** The specification has no way to refuse a YIELD, so it is the caller who is told. */
function callerLacksPassthru(request: number): ErrorMessage {
  return new ErrorMessage(
    MessageKind.Invocation,
    request,
    EMPTY_DICT,
    ErrorUri.FeatureNotSupported,
    CALLER_LACKS_PASSTHRU,
  );
}
