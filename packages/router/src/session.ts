/**
 * One peer of the router, from the attachment of its transport to the end, whatever the transport is.
 * Owns the state table of the session's life, and both of its queues. Routes nothing itself: requests go to the realm.
 *
 * | received           | opening   | authenticating | established    | closing (GOODBYE is out) |
 * |--------------------|-----------|----------------|----------------|--------------------------|
 * | HELLO              | process   | violation      | violation      | ignore                   |
 * | AUTHENTICATE       | violation | process        | violation      | ignore                   |
 * | ABORT              | end       | end            | end            | end                      |
 * | GOODBYE            | violation | violation      | answer and end | end                      |
 * | requests, answers  | violation | violation      | process        | ignore                   |
 * | messages of routers| violation | violation      | violation      | ignore                   |
 *
 * Source: WAMP basic profile, "Sessions".
 */
import {
  AbortMessage,
  CloseUri,
  EMPTY_DICT,
  ErrorUri,
  GoodbyeMessage,
  kindName,
  MessageKind,
  PayloadError,
  ProtocolViolation,
  WelcomeMessage,
  type CloseCause,
  type Dict,
  type EventMessage,
  type Format,
  type HelloMessage,
  type Message,
  type Transport,
  type TransportClosed,
  type TransportReceiver,
} from '@wamp/protocol';
import type { SlowPolicy } from '@wamp/broker';
import { addressGroupOf } from './address-group.js';
import { isPromise } from './authorization.js';
import type { Timer } from './clock.js';
import { DRAINED_KEY } from './drain.js';
import { EventLosses } from './event-losses.js';
import { Handshake, type Admission, type HandshakeStep } from './handshake.js';
import { Hold, InboundQueue } from './inbound-queue.js';
import { LifeProbe } from './life-probe.js';
import { tell, type LeaveCause } from './observer.js';
import { OutboundQueue, type OutboundWatcher } from './outbound-queue.js';
import { takesPings } from './peer-quirks.js';
import { RequestGate } from './request-gate.js';
import type { Origin } from './population.js';
import { Resumption, type ResumptionHost } from './resumption.js';
import type { RouterContext } from './router-context.js';
import type { Seat } from './seat.js';
import type { DropReason } from './stats.js';
import { notDelivered, replacementFor } from './undeliverable.js';

const State = { Opening: 0, Authenticating: 1, Established: 2, Closing: 3, Ended: 4 } as const;
type State = (typeof State)[keyof typeof State];

/** What the router wants to know of a session as such. */
export interface SessionHost {
  /** The transport has closed; nothing more comes of this session. */
  sessionClosed(session: Session): void;
}

export class Session implements TransportReceiver, OutboundWatcher, ResumptionHost {
  /** the serialization format of the transport */
  readonly format: Format;
  /** the address that limits go by; undefined where there is none */
  readonly address: string | undefined;
  /** the connection, or, if the client can resume the session, what stands over its connections */
  #transport: Transport;
  readonly #context: RouterContext;
  readonly #host: SessionHost;
  readonly #inbound: InboundQueue;
  readonly #outbound: OutboundQueue;
  #state: State = State.Opening;
  #handshake: Handshake | undefined = undefined;
  /** the id that is reserved for, or belongs to, this session; 0 without one */
  #id = 0;
  #seat: Seat | undefined = undefined;
  #gate: RequestGate | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** the highest INVOCATION id that was sent; a further one with that id or less is a chunk */
  #lastInvocation = 0;
  /** set once the session has lost an event because it reads slowly */
  #losses: EventLosses | undefined = undefined;
  /** set while somebody wants to know whether the peer is there */
  #probe: LifeProbe | undefined = undefined;
  #isClosed = false;
  /** the client understands the GOODBYE of a router that drains */
  #knowsDrain = false;
  /** undefined if the session ends with its connection */
  #resumption: Resumption | undefined = undefined;
  /** who hears of the connection that this session was opened on, once that is not the session itself any more */
  #relay: TransportReceiver | undefined = undefined;

  constructor(transport: Transport, context: RouterContext, host: SessionHost) {
    this.format = transport.serializer.format;
    this.address = addressGroupOf(transport.info);
    this.#transport = transport;
    this.#context = context;
    this.#host = host;
    this.#inbound = new InboundQueue(transport, context.limits, (message) => {
      this.#handle(message);
    });
    this.#outbound = new OutboundQueue(transport, context.limits, context.counters, this);
  }

  /** Starts to listen to the peer. */
  open(): void {
    this.#context.population.countHandshake(this.address, 1);
    this.#startTimer(this.#context.limits.helloMs, () => {
      this.refuse(ErrorUri.Timeout, `no HELLO within ${this.#context.limits.helloMs} ms`);
    });
    this.#transport.open(this);
  }

  // ---- input -----------------------------------------------------------------------------------------------------

  receive(frame: Uint8Array): void {
    if (this.#relay === undefined) this.#take(frame);
    else this.#relay.receive(frame);
  }

  #take(frame: Uint8Array): void {
    if (this.#state === State.Ended) return;
    this.#context.counters.framesReceived += 1;
    let message: Message;
    try {
      message = this.#transport.serializer.decode(frame);
    } catch (error) {
      this.#undecodable(error);
      return;
    }
    if (this.#inbound.isHeld) this.#park(message, frame.length);
    else this.#handle(message);
    // Behind the message itself, which may be the one that gives the registration up.
    if (this.#probe !== undefined) this.#answerProbe(true);
  }

  violated(sentence: string): void {
    if (this.#relay === undefined) this.#frameViolated(sentence);
    else this.#relay.violated(sentence);
  }

  #frameViolated(sentence: string): void {
    this.violate(new ProtocolViolation('wrong_frame_type', sentence));
  }

  drained(): void {
    if (this.#relay === undefined) this.#linkDrained();
    else this.#relay.drained();
  }

  #linkDrained(): void {
    try {
      this.#outbound.drained();
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  closed(how: TransportClosed): void {
    if (this.#relay === undefined) this.#transportClosed(how);
    else {
      this.#relay.closed(how);
      // What was only opened to bring a connection to another session is gone with that connection.
      if (this.#resumption === undefined) this.#transportClosed(how);
    }
  }

  #transportClosed(how: TransportClosed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end('lost', how.reason === '' ? 'the transport closed' : how.reason);
    this.#stopTimer();
    this.#host.sessionClosed(this);
  }

  #park(message: Message, frameBytes: number): void {
    if (this.#inbound.park(message, frameBytes)) return;
    this.#abort(ErrorUri.LimitExceeded, 'too many messages wait for a decision', 'overloaded', 'policy');
  }

  #undecodable(error: unknown): void {
    if (this.#state === State.Closing) return;
    if (ProtocolViolation.is(error)) this.violate(error);
    else this.fail(error);
  }

  #handle(message: Message): void {
    try {
      switch (this.#state) {
        case State.Established:
          this.#handleEstablished(message);
          break;
        case State.Opening:
        case State.Authenticating:
          this.#handleOpening(message);
          break;
        case State.Closing:
          // The peer's first GOODBYE counts as the answer to ours, also if it was sent before ours arrived.
          if (message.kind === MessageKind.Goodbye || message.kind === MessageKind.Abort)
            this.#close('normal', '');
          break;
        default: // Ended: nothing of this peer counts any more
      }
    } catch (error) {
      this.#blame(error);
    }
  }

  /** The peer's fault ends the session as a violation, ours as a failure. */
  #blame(error: unknown): void {
    if (ProtocolViolation.is(error)) this.violate(error);
    else this.fail(error);
  }

  #handleEstablished(message: Message): void {
    const gate = this.#gate;
    const seat = this.#seat;
    if (gate === undefined || seat === undefined) return;
    switch (message.kind) {
      case MessageKind.Call:
      case MessageKind.Publish:
      case MessageKind.Register:
      case MessageKind.Subscribe:
        gate.admit(message);
        break;
      case MessageKind.Unregister:
      case MessageKind.Unsubscribe:
        gate.number(message);
        seat.realm.dispatch(seat, message);
        break;
      case MessageKind.Yield:
      case MessageKind.Cancel:
        seat.realm.dispatch(seat, message);
        break;
      case MessageKind.Error:
        if (message.requestKind !== MessageKind.Invocation)
          throw unexpected(message, 'for that kind of request');
        seat.realm.dispatch(seat, message);
        break;
      case MessageKind.EventReceived:
        break;
      case MessageKind.Goodbye:
        this.#answerGoodbye(message.reason);
        break;
      case MessageKind.Abort:
        this.#end('abort', message.reason);
        this.#close('normal', '');
        break;
      default:
        throw unexpected(message, 'in an established session');
    }
  }

  #handleOpening(message: Message): void {
    switch (message.kind) {
      case MessageKind.Hello:
        if (this.#state !== State.Opening) throw unexpected(message, 'while a challenge is pending');
        this.#heardHello();
        this.#inTurn(() => {
          this.#beginHandshake(message);
        });
        break;
      case MessageKind.Authenticate: {
        const handshake = this.#handshake;
        if (handshake === undefined) throw unexpected(message, 'before HELLO');
        this.#inTurn(() => {
          this.#advance(() => handshake.authenticate(message));
        });
        break;
      }
      case MessageKind.Abort:
        this.#end('abort', message.reason);
        this.#close('normal', '');
        break;
      default:
        throw unexpected(message, 'before the session is established');
    }
  }

  #answerGoodbye(reason: string): void {
    this.#end('goodbye', reason);
    this.#sendPlain(new GoodbyeMessage(EMPTY_DICT, CloseUri.GoodbyeAndOut));
    this.#close('normal', 'the client left');
  }

  // ---- handshake -------------------------------------------------------------------------------------------------

  /** Does a step of the handshake as soon as it is its turn; the peer's input waits for that. */
  #inTurn(step: () => void): void {
    const { reception } = this.#context;
    if (!reception.isBusy) {
      reception.run(step);
      return;
    }
    this.#inbound.hold(Hold.Turn);
    reception.run(() => {
      // The peer may have left meanwhile.
      if (this.#state >= State.Established) return;
      try {
        step();
      } catch (error) {
        this.#blame(error);
      }
      this.#inbound.release(Hold.Turn);
    });
  }

  /** From here on the peer is not late any more, however long its HELLO waits for its turn. */
  #heardHello(): void {
    const { authenticationMs } = this.#context.limits;
    this.#state = State.Authenticating;
    this.#startTimer(authenticationMs, () => {
      this.refuse(ErrorUri.AuthenticationFailed, `no authentication within ${authenticationMs} ms`);
    });
  }

  #beginHandshake(message: HelloMessage): void {
    const { clock } = this.#context;
    this.#id = this.#context.takeSessionId();
    const handshake = new Handshake(this.#context, this.#id, this.#transport.info);
    this.#handshake = handshake;
    if (takesPings(message.details['agent'])) this.#transport.allowPing?.();
    this.#advance(() => handshake.hello(message, clock.now()));
  }

  /** Takes the next step of the handshake; the input waits if it is not decided at once. */
  #advance(step: () => HandshakeStep | Promise<HandshakeStep>): void {
    let next: HandshakeStep | Promise<HandshakeStep>;
    try {
      next = step();
    } catch (error) {
      if (ProtocolViolation.is(error)) throw error;
      this.#authenticatorFailed(error);
      return;
    }
    if (!isPromise(next)) {
      this.#follow(next);
      return;
    }
    this.#inbound.hold(Hold.Decision);
    next.then(
      (decided) => {
        this.#resumeHandshake(() => {
          this.#follow(decided);
        });
      },
      (error: unknown) => {
        this.#resumeHandshake(() => {
          this.#authenticatorFailed(error);
        });
      },
    );
  }

  #resumeHandshake(step: () => void): void {
    // The peer may have left meanwhile: then no session comes into being.
    if (this.#state !== State.Authenticating) return;
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
    this.#inbound.release(Hold.Decision);
  }

  #follow(step: HandshakeStep): void {
    if (step.type === 'refuse') {
      if (step.login === 'failed') this.#context.counters.loginFailures += 1;
      else if (step.login === 'limited') this.#context.counters.loginsLimited += 1;
      this.refuse(step.reason, step.message);
    } else if (step.type === 'challenge') this.#sendPlain(step.message);
    else this.#admit(step.admission);
  }

  #authenticatorFailed(error: unknown): void {
    this.#context.counters.hookFailures += 1;
    tell(this.#context.observer, (observer) => observer.hookFailed?.('authenticator', error));
    this.refuse(ErrorUri.AuthenticationFailed, 'the authentication could not be carried out');
  }

  #admit(admission: Admission): void {
    const full = this.#whatIsFull(admission);
    if (full !== undefined) {
      this.refuse(ErrorUri.LimitExceeded, full);
      return;
    }
    this.#stopTimer();
    this.#knowsDrain = admission.knowsDrain;
    admission.realm.admit(this, admission, this.#transport.info);
  }

  /** A sentence about the limit that the newcomer would break; undefined if there is room. */
  #whatIsFull({ realm, principal, replaces }: Admission): string | undefined {
    const { population, limits } = this.#context;
    // Whoever brings proof of a session takes its place.
    if (replaces !== undefined && realm.findFormer(replaces) !== undefined) return undefined;
    if (population.sessions >= limits.sessions) return 'the router has as many sessions as it takes';
    if (population.sessionsAt(this.address) >= limits.sessionsPerAddress) {
      return 'there are as many sessions from this address as the router takes';
    }
    const origin = { address: this.address, realm: realm.name, authid: principal.authid };
    if (population.sessionsOf(origin) < limits.sessionsPerIdentity) return undefined;
    return 'there are as many sessions of this identity as the router takes';
  }

  /** True while the session may still be let into a realm. */
  get isOpening(): boolean {
    return this.#state === State.Authenticating;
  }

  /** The realm has let the session in; WELCOME is the first message that it gets. */
  establish(seat: Seat, welcome: Dict): void {
    this.#state = State.Established;
    this.#handshake = undefined;
    this.#seat = seat;
    this.#gate = new RequestGate(seat, this.#context, this.#inbound);
    const { population } = this.#context;
    population.countHandshake(this.address, -1);
    population.countSession(this.#originOf(seat), 1);
    this.#sendPlain(new WelcomeMessage(seat.info.session, welcome));
    if (this.#resumption !== undefined) this.#startResumable(this.#resumption);
  }

  // ---- resuming --------------------------------------------------------------------------------------------------

  /** From WELCOME on the session may outlive its connection; to be called before it is established. */
  makeResumable(): void {
    const { clock, limits } = this.#context;
    const resumption = new Resumption(this.#transport, this, clock, limits);
    this.#resumption = resumption;
    resumption.open({
      receive: (frame) => {
        this.#take(frame);
      },
      violated: (sentence) => {
        this.#frameViolated(sentence);
      },
      drained: () => {
        this.#linkDrained();
      },
      closed: (how) => {
        this.#transportClosed(how);
      },
    });
  }

  /** Puts what was made by `makeResumable` between the session and its connection: all that follows is counted. */
  #startResumable(resumption: Resumption): void {
    this.#relay = resumption.linkReceiver();
    this.#transport = resumption;
    this.#inbound.moveTo(resumption);
    this.#outbound.moveTo(resumption);
  }

  /** Whether the client can go on with this session over the connection of a newcomer. */
  canResume(newcomer: Session, received: number): boolean {
    return this.#resumption?.canResume(newcomer.#transport, received) === true;
  }

  /**
   * Goes on over the connection of a newcomer, which is nothing but that connection from now on.
   * @param received frames of this session that have arrived, as the client says
   * @param welcomeWith makes WELCOME.Details
   */
  resumeOver(newcomer: Session, received: number, welcomeWith: (received: number) => Dict): void {
    const seat = this.#seat;
    const resumption = this.#resumption;
    if (seat === undefined || resumption === undefined) return;
    const { counters, observer } = this.#context;
    const link = newcomer.#transport;
    newcomer.#leave(State.Ended, 'replaced', '', true);
    newcomer.#sendPlain(new WelcomeMessage(seat.info.session, welcomeWith(resumption.received)));
    newcomer.#relay = resumption.takeOver(link, received);
    counters.sessionsResumed += 1;
    tell(observer, (told) => told.sessionResumed?.(seat.info, link.info));
  }

  mayDetach(): boolean {
    const { population, limits } = this.#context;
    return this.#state === State.Established && population.detached < limits.detachedSessions;
  }

  detached(sentence: string): void {
    const { population, counters, observer } = this.#context;
    const seat = this.#seat;
    population.detached += 1;
    counters.sessionsDetached += 1;
    if (seat === undefined) return;
    tell(observer, (told) => told.sessionDetached?.(seat.info, sentence));
    seat.realm.setAway(seat, true);
  }

  attached(isBack: boolean): void {
    this.#context.population.detached -= 1;
    const seat = this.#seat;
    if (isBack && seat !== undefined) seat.realm.setAway(seat, false);
  }

  confirmed(): void {
    const seat = this.#seat;
    if (seat !== undefined) seat.formerToken = undefined;
  }

  // ---- output ----------------------------------------------------------------------------------------------------

  /** Sends what dealer or broker decided; does nothing once the session has ended. */
  deliver(message: Message): void {
    if (this.#state !== State.Established) return;
    let length: number;
    try {
      length = this.#outbound.sendMessage(message);
    } catch (error) {
      if (error instanceof PayloadError) this.#undeliverable(message, error);
      else this.#transportFailed(error);
      return;
    }
    if (length > this.#transport.maxSendBytes) {
      this.#undeliverable(message, length);
      return;
    }
    if (message.kind === MessageKind.Invocation && message.request > this.#lastInvocation) {
      this.#lastInvocation = message.request;
    }
  }

  /**
   * Sends an event.
   * @param frame the event in this session's format, if it was encoded before
   * @returns the frame, for the next receiver; undefined if the event cannot be expressed in this format
   */
  deliverEvent(event: EventMessage, frame: Uint8Array | undefined): Uint8Array | undefined {
    if (this.#state !== State.Established) return frame;
    let bytes = frame;
    try {
      bytes ??= this.#transport.serializer.encode(event);
    } catch (error) {
      this.#undeliverable(event, error);
      return undefined;
    }
    if (bytes.length > this.#transport.maxSendBytes) this.#undeliverable(event, bytes.length);
    else this.#sendEvent(bytes, event);
    return bytes;
  }

  #sendEvent(frame: Uint8Array, event: EventMessage): void {
    try {
      this.#outbound.sendEvent(frame, event);
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  #sendFrame(frame: Uint8Array): void {
    try {
      this.#outbound.send(frame);
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  /** A transport that throws is treated as lost; dealer and broker, who are at work now, must not notice. */
  #transportFailed(error: unknown): void {
    const info = this.#seat?.info;
    this.#context.counters.failures += 1;
    tell(this.#context.observer, (observer) => observer.failed?.(error, info));
    this.#end('lost', 'the transport failed');
    this.#transport.terminate('the transport failed');
  }

  /** Sends a message of the session's own life: it carries no payload, so it can be neither too large nor inexpressible. */
  #sendPlain(message: Message): void {
    if (this.#isClosed) return;
    this.#sendFrame(this.#transport.serializer.encode(message));
  }

  /** @param why the error of the serializer, or the length of the frame that is too long */
  #undeliverable(message: Message, why: unknown): void {
    const seat = this.#seat;
    if (seat === undefined) return;
    const failure = notDelivered(why, this.#transport.maxSendBytes);
    if (typeof why !== 'number' && !(why instanceof PayloadError)) this.#context.counters.failures += 1;
    const isChunk = message.kind === MessageKind.Invocation && message.request <= this.#lastInvocation;
    const replacement = replacementFor(message, failure);
    if (replacement === undefined) {
      seat.realm.undeliverable(seat, message, failure, isChunk);
      return;
    }
    const frame = this.#transport.serializer.encode(replacement);
    const fits = frame.length <= this.#transport.maxSendBytes;
    this.#context.counters.answersReplaced += 1;
    tell(this.#context.observer, (observer) =>
      observer.undelivered?.(seat.info, fits ? 'answer_replaced' : 'answer_dropped', failure.sentence),
    );
    if (fits) this.#sendFrame(frame);
  }

  congestionChanged(isCongested: boolean, bufferedBytes: number): void {
    const seat = this.#seat;
    if (this.#state !== State.Established || seat === undefined) return;
    if (isCongested) this.#context.counters.congestions += 1;
    tell(this.#context.observer, (observer) => observer.congested?.(seat.info, isCongested, bufferedBytes));
    seat.realm.setCongested(seat, isCongested);
    if (isCongested) this.#inbound.hold(Hold.Congestion);
    else this.#inbound.release(Hold.Congestion);
  }

  slowPolicyOf(event: EventMessage): SlowPolicy {
    const seat = this.#seat;
    if (seat === undefined) return 'disconnect';
    return seat.broker.subscriptions.get(event.subscription)?.slowPolicy ?? seat.realm.slowPolicy;
  }

  eventDropped(policy: DropReason): void {
    const seat = this.#seat;
    if (seat === undefined) return;
    seat.realm.countDropped(policy);
    this.#losses ??= new EventLosses(this.#context, seat.info);
    this.#losses.add();
  }

  /** As many publications of this session are on their way as may be: what it sends behind them waits. */
  holdPublisher(): void {
    if (this.#state === State.Established) this.#inbound.hold(Hold.FanOut);
  }

  releasePublisher(): void {
    this.#inbound.release(Hold.FanOut);
  }

  outboundOverflowed(bufferedBytes: number): void {
    if (this.#state === State.Ended) return;
    this.#context.counters.slowSessionsCut += 1;
    const sentence = `the peer does not read: ${bufferedBytes} bytes wait for it`;
    this.#end('too_slow', sentence);
    // Nothing more can be said to a peer that does not listen.
    this.#transport.terminate(sentence);
  }

  // ---- signs of life ---------------------------------------------------------------------------------------------

  /** Whether the transport can tell if the peer is there; if not, it counts as being there. */
  get canBeProbed(): boolean {
    return this.#transport.probe !== undefined;
  }

  /**
   * Asks whether the peer is there, at transport level. If it does not answer in time the session is over, as with a
   * lost transport, before the callback comes. Asked anew while the answer is out, it waits for the same answer.
   */
  probe(timeoutMs: number, answered: (isAlive: boolean) => void): void {
    if (this.#state !== State.Established) {
      answered(false);
      return;
    }
    if (this.#probe !== undefined) {
      this.#probe.join(answered);
      return;
    }
    const probe = new LifeProbe();
    this.#probe = probe;
    probe.join((isAlive) => {
      this.#probe = undefined;
      answered(isAlive);
    });
    try {
      probe.start(this.#transport, timeoutMs, () => {
        this.#isGhost(timeoutMs);
      });
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  #answerProbe(isAlive: boolean): void {
    this.#probe?.settle(isAlive);
  }

  #isGhost(timeoutMs: number): void {
    this.#context.counters.ghostsClosed += 1;
    const sentence = `the peer did not answer a probe within ${timeoutMs} ms`;
    this.#end('lost', sentence);
    this.#transport.terminate(sentence);
  }

  // ---- the end ---------------------------------------------------------------------------------------------------

  /** The peer broke the protocol: ABORT, everything of the session goes, the transport closes. */
  violate(violation: ProtocolViolation): void {
    if (this.#state === State.Ended || this.#state === State.Closing) return;
    this.#context.counters.violations += 1;
    const info = this.#seat?.info;
    tell(this.#context.observer, (observer) => observer.violated?.(violation.code, violation.message, info));
    this.#abort(ErrorUri.ProtocolViolation, violation.message, 'violation', 'protocol_violation');
  }

  /** An error of our own: this session ends, the router lives on. */
  fail(error: unknown): void {
    const info = this.#seat?.info;
    this.#context.counters.failures += 1;
    tell(this.#context.observer, (observer) => observer.failed?.(error, info));
    this.#abort(ErrorUri.RuntimeError, 'internal error of the router', 'failure', 'policy');
  }

  /** Turns the peer away during the handshake. */
  refuse(reason: string, sentence: string): void {
    if (this.#state >= State.Established) return;
    this.#context.counters.refusals += 1;
    const { info } = this.#transport;
    tell(this.#context.observer, (observer) => observer.refused?.(reason, sentence, info));
    this.#abort(reason, sentence, 'violation', 'policy');
  }

  /**
   * The router ends the session: GOODBYE to an established one, whose answer is awaited for a while; ABORT to one that is
   * still being opened.
   * @param isSilent without `wamp.session.on_leave`
   */
  dismiss(reason: string, message: string | undefined, cause: LeaveCause, isSilent = false): void {
    if (this.#state === State.Closing || this.#state === State.Ended) return;
    if (this.#state !== State.Established) {
      this.#abort(reason, message ?? 'the router ends the session', cause, closeCauseOf(cause));
      return;
    }
    const details = message === undefined ? EMPTY_DICT : { message };
    this.#sayGoodbye(new GoodbyeMessage(details, reason), cause, message ?? reason, isSilent);
  }

  #sayGoodbye(goodbye: GoodbyeMessage, cause: LeaveCause, sentence: string, isSilent: boolean): void {
    this.#leave(State.Closing, cause, sentence, isSilent);
    this.#sendPlain(goodbye);
    this.#startTimer(this.#context.limits.goodbyeMs, () => {
      this.#close(closeCauseOf(cause), sentence);
    });
  }

  /** The router drains: from now on new calls are refused. */
  beginDrain(): void {
    this.#gate?.drain();
  }

  /** True if no call of this session runs, neither as caller nor as callee. */
  get isIdle(): boolean {
    const dealer = this.#seat?.dealer;
    return dealer === undefined || (dealer.calls.size === 0 && dealer.invocations.size === 0);
  }

  /** Ends the session because the router drains, in a way that makes the client come back; see drain.ts. */
  depart(): void {
    if (this.#state === State.Closing || this.#state === State.Ended) return;
    const sentence = 'the router restarts';
    if (this.#state !== State.Established || !this.#knowsDrain) {
      this.#end('shutdown', sentence);
      this.#close('going_away', sentence);
      return;
    }
    const details = { message: sentence, ...(this.isIdle ? { [DRAINED_KEY]: true } : {}) };
    this.#sayGoodbye(new GoodbyeMessage(details, CloseUri.SystemShutdown), 'shutdown', sentence, false);
  }

  #abort(reason: string, sentence: string, cause: LeaveCause, closeCause: CloseCause): void {
    if (this.#state === State.Ended || this.#state === State.Closing) return;
    this.#end(cause, sentence);
    this.#sendPlain(new AbortMessage({ message: sentence }, reason));
    this.#close(closeCause, sentence);
  }

  /** Disposes of everything that the session has; the transport is left alone. */
  #end(cause: LeaveCause, sentence: string): void {
    if (this.#state !== State.Ended) this.#leave(State.Ended, cause, sentence, false);
  }

  #leave(next: State, cause: LeaveCause, sentence: string, isSilent: boolean): void {
    const { population } = this.#context;
    const seat = this.#seat;
    if (seat !== undefined) population.countSession(this.#originOf(seat), -1);
    else if (this.#state < State.Established) population.countHandshake(this.address, -1);
    this.#state = next;
    this.#seat = undefined;
    this.#handshake = undefined;
    this.#gate?.drop();
    this.#gate = undefined;
    this.#stopTimer();
    this.#resumption?.seal();
    this.#inbound.clear();
    this.#losses?.end();
    this.#losses = undefined;
    this.#flushOutbound();
    const id = this.#id;
    this.#id = 0;
    if (seat !== undefined) seat.realm.leave(seat, cause, sentence, isSilent);
    else if (id !== 0) this.#context.releaseSessionId(id);
    // Behind the realm's part: who waits for this answer finds that the session's registrations are free.
    this.#answerProbe(false);
  }

  #originOf({ info }: Seat): Origin {
    return { address: this.address, realm: info.realm, authid: info.authid };
  }

  /** What waits behind events goes out; the events of a session that has ended do not. */
  #flushOutbound(): void {
    try {
      this.#outbound.end();
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  /** Flushes and closes the transport; a peer that does not take its last frames is cut off after a while. */
  #close(cause: CloseCause, sentence: string): void {
    if (this.#isClosed) return;
    this.#state = State.Ended;
    this.#startTimer(this.#context.limits.lingerMs, () => {
      this.#transport.terminate('the peer did not take its last frames');
    });
    this.#transport.close(cause, sentence);
  }

  #startTimer(delayMs: number, callback: () => void): void {
    this.#timer?.stop();
    this.#timer = this.#context.clock.startTimer(() => {
      this.#timer = undefined;
      callback();
    }, delayMs);
  }

  #stopTimer(): void {
    this.#timer?.stop();
    this.#timer = undefined;
  }
}

function closeCauseOf(cause: LeaveCause): CloseCause {
  return cause === 'shutdown' ? 'going_away' : 'normal';
}

function unexpected(message: Message, when: string): ProtocolViolation {
  return new ProtocolViolation('unexpected_message', `${kindName(message.kind)} must not be sent ${when}`);
}
