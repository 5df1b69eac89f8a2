/**
 * The way of one session's requests into its realm: request ids, then permission, then, for a REGISTER that would be
 * refused, the question whether those who hold the registration are still there. Until that is answered the session's
 * input is held, so that nothing overtakes. Must not look at what exists in the realm before permission is given.
 * One instance per established session.
 */
import {
  CallMessage,
  EMPTY_DICT,
  ErrorMessage,
  ErrorUri,
  MessageKind,
  Payload,
  type Dict,
  PublishMessage,
  type MatchPolicy,
  type RegisterMessage,
  type SubscribeMessage,
} from '@wamp/protocol';
import {
  isPromise,
  NO_DECISION,
  readDecision,
  type Action,
  type Authorizer,
  type Decision,
} from './authorization.js';
import type { Timer } from './clock.js';
import { DRAINED_KEY } from './drain.js';
import { Hold, type InboundQueue } from './inbound-queue.js';
import { tell } from './observer.js';
import type { NumberedRequest } from './request-ids.js';
import type { RouterContext } from './router-context.js';
import type { Seat } from './seat.js';
import { findSuspects } from './suspects.js';

/** The requests that need permission. */
export type GuardedRequest = CallMessage | PublishMessage | RegisterMessage | SubscribeMessage;

export class RequestGate {
  readonly #seat: Seat;
  #authorizer: Authorizer | undefined;
  #isDraining = false;
  readonly #context: RouterContext;
  readonly #inbound: InboundQueue;
  /** the request that waits for its decision */
  #pending: GuardedRequest | undefined = undefined;
  /** the REGISTER that waits for the holders of its registration */
  #probing: RegisterMessage | undefined = undefined;
  #timer: Timer | undefined = undefined;

  constructor(seat: Seat, context: RouterContext, inbound: InboundQueue) {
    this.#seat = seat;
    this.#authorizer = seat.realm.authorizer;
    this.#context = context;
    this.#inbound = inbound;
  }

  /** Checks a request's id. @returns false if it is a late chunk, to be discarded. @throws ProtocolViolation */
  number(message: NumberedRequest): boolean {
    const { requestIds, dealer } = this.#seat;
    return requestIds === undefined || requestIds.accept(message, dealer.calls.has(message.request));
  }

  /** Lets a request into the realm, refuses it, or holds the input until that is decided. @throws ProtocolViolation */
  admit(message: GuardedRequest): void {
    if (!this.number(message)) return;
    const authorizer = this.#authorizer;
    if (authorizer === undefined) this.#enter(message);
    else if (message.kind === MessageKind.Call) this.#admitCall(authorizer, message);
    else this.#ask(authorizer, message);
  }

  /** The router drains: from now on new calls are refused. All else goes on. */
  drain(): void {
    this.#isDraining = true;
    // So that calls take the way on which it is looked at them.
    this.#authorizer ??= EVERYTHING;
  }

  /** The session has ended: a decision or an answer that is still out does not matter any more. */
  drop(): void {
    this.#pending = undefined;
    this.#probing = undefined;
    this.#stopTimer();
  }

  /** Permission is given. */
  #enter(message: GuardedRequest): void {
    const { realm } = this.#seat;
    if (message.kind === MessageKind.Register && realm.probeMs > 0) this.#enterRegister(message);
    else realm.dispatch(this.#seat, message);
  }

  /** A registration that only ghosts hold is free; so they are asked first, and nobody else has to wait for it. */
  #enterRegister(message: RegisterMessage): void {
    const { realm, session } = this.#seat;
    const holders = realm.dealer.holders(message);
    const suspects = findSuspects(holders, session, this.#context.limits.probedHolders);
    if (suspects.length === 0) {
      realm.dispatch(this.#seat, message);
      return;
    }
    this.#probing = message;
    this.#inbound.hold(Hold.Probe);
    let silent = 0;
    for (const suspect of suspects) {
      suspect.probe(realm.probeMs, (isAlive) => {
        if (!isAlive) silent += 1;
        if (!isAlive && silent < suspects.length) return;
        // Behind whatever the realm still has to do for those that turned out to be gone.
        realm.enqueue(() => {
          if (this.#probing === message) this.#probed(message, isAlive);
        });
      });
    }
  }

  #probed(message: RegisterMessage, isHeld: boolean): void {
    this.#probing = undefined;
    if (isHeld) this.#seat.realm.dispatch(this.#seat, message);
    // Meanwhile others may hold the registration: another newcomer, which may be a ghost itself by now.
    else this.#enterRegister(message);
    if (!this.#isProbing()) this.#inbound.release(Hold.Probe);
  }

  #isProbing(): boolean {
    return this.#probing !== undefined;
  }

  /** Only the first chunk of a progressive call is asked for; chunks of a call that is over need no answer. */
  #admitCall(authorizer: Authorizer, message: CallMessage): void {
    const { dealer, realm } = this.#seat;
    if (dealer.calls.has(message.request)) realm.dispatch(this.#seat, message);
    else if (!dealer.endedStreams.isLate(message.request, message.options.progress === true)) {
      if (this.#isDraining) this.#refuse(message, ErrorUri.Unavailable, DRAINING, NOT_ROUTED);
      else this.#ask(authorizer, message);
    }
  }

  #ask(authorizer: Authorizer, message: GuardedRequest): void {
    let decision: Decision | Promise<Decision>;
    try {
      const uri = 'topic' in message ? message.topic : message.procedure;
      decision = authorizer.authorize(this.#seat.info, ACTIONS[message.kind], uri, matchOf(message));
    } catch (error) {
      this.#failed(message, error);
      return;
    }
    if (isPromise(decision)) this.#await(message, decision);
    else this.#decided(message, decision);
  }

  #await(message: GuardedRequest, decision: Promise<Decision>): void {
    if ('payload' in message) message.payload.detach();
    this.#pending = message;
    this.#inbound.hold(Hold.Decision);
    const { clock, limits } = this.#context;
    this.#timer = clock.startTimer(() => {
      this.#conclude(message, () => {
        this.#failed(message, new Error(`no decision within ${limits.authorizationMs} ms`));
      });
    }, limits.authorizationMs);
    decision.then(
      (value) => {
        this.#conclude(message, () => {
          this.#decided(message, value);
        });
      },
      (error: unknown) => {
        this.#conclude(message, () => {
          this.#failed(message, error);
        });
      },
    );
  }

  /** Ends the waiting for this request, unless it has ended in another way: timeout, end of the session. */
  #conclude(message: GuardedRequest, step: () => void): void {
    if (this.#pending !== message) return;
    this.#pending = undefined;
    this.#stopTimer();
    step();
    this.#inbound.release(Hold.Decision);
  }

  #decided(message: GuardedRequest, decision: unknown): void {
    if (decision === 'allowed') {
      this.#enter(message);
      return;
    }
    const verdict = readDecision(decision);
    if (verdict === undefined) {
      this.#failed(message, new TypeError(NO_DECISION));
    } else if (!verdict.allow) {
      this.#context.counters.denials += 1;
      this.#refuse(message, ErrorUri.NotAuthorized, 'this session may not do that');
    } else if (verdict.disclose === true && this.#seat.realm.disclosure !== 'never') {
      this.#enter(disclosed(message));
    } else {
      this.#enter(message);
    }
  }

  #failed(message: GuardedRequest, error: unknown): void {
    this.#context.counters.hookFailures += 1;
    tell(this.#context.observer, (observer) => observer.hookFailed?.('authorizer', error));
    this.#refuse(message, ErrorUri.AuthorizationFailed, 'the permission could not be checked');
  }

  #refuse(message: GuardedRequest, uri: string, sentence: string, details: Dict = EMPTY_DICT): void {
    const { session, dealer } = this.#seat;
    if (message.kind === MessageKind.Publish && message.options.acknowledge !== true) return;
    if (message.kind === MessageKind.Call && message.options.progress === true) {
      // Its further chunks are on their way, and get no answer.
      dealer.endedStreams.ended(message.request);
    }
    session.deliver(new ErrorMessage(message.kind, message.request, details, uri, Payload.of([sentence])));
  }

  #stopTimer(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }
}

const DRAINING = 'the router is about to end and takes no new calls; connect again';
const NOT_ROUTED: Dict = Object.freeze({ [DRAINED_KEY]: true });

const EVERYTHING: Authorizer = Object.freeze({ authorize: () => 'allowed' as const });

const ACTIONS: Readonly<Record<GuardedRequest['kind'], Action>> = {
  [MessageKind.Call]: 'call',
  [MessageKind.Publish]: 'publish',
  [MessageKind.Register]: 'register',
  [MessageKind.Subscribe]: 'subscribe',
};

/** The same request, as if its sender had asked to be made known. */
function disclosed(message: GuardedRequest): GuardedRequest {
  const options = { ...message.options, disclose_me: true };
  if (message.kind === MessageKind.Call) {
    return new CallMessage(message.request, options, message.procedure, message.payload);
  }
  if (message.kind === MessageKind.Publish) {
    return new PublishMessage(message.request, options, message.topic, message.payload);
  }
  return message;
}

function matchOf(message: GuardedRequest): MatchPolicy {
  return message.kind === MessageKind.Register || message.kind === MessageKind.Subscribe
    ? (message.options.match ?? 'exact')
    : 'exact';
}
