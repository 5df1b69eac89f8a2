/**
 * A dealer with sessions around it, so that tests read like the specification's diagrams:
 * `caller.sends(call('add')); callee.gets(invocation()); callee.leaves(); caller.gets(error('wamp.error.canceled'))`.
 * Plays the host: it distributes what the dealer sends, and detaches a session that broke the protocol.
 */
import {
  IdSequence,
  InvocationMessage,
  MessageKind,
  RegisteredMessage,
  type Identity,
  type Message,
  type ProtocolViolation,
  type ViolationCode,
} from '@wamp/protocol';
import type { DealerOptions } from '../dealer-options.js';
import { Dealer } from '../dealer.js';
import type { DealerSession } from '../dealer-session.js';
import { ALL_FEATURES, announce, type Announcement } from './announcement.js';
import type { Draft, DraftContext, DraftMessage } from './drafts.js';
import { show, type Expected } from './expectations.js';
import { ManualClock } from './manual-clock.js';
import { RecordingOutbox, type OutboxEntry } from './recording-outbox.js';

export interface JoinOptions {
  /** default: everything */
  readonly features?: Announcement;
  readonly authid?: string;
  readonly authrole?: string;
  readonly trusted?: boolean;
  /** takes no answer to a call that it canceled */
  readonly forgetsCanceledCalls?: boolean;
  readonly trustLevel?: number;
}

export class DealerWorld {
  readonly clock = new ManualClock();
  readonly outbox = new RecordingOutbox<ScenarioPeer>();
  readonly dealer: Dealer<ScenarioPeer>;
  /** everything that the dealer did, in order */
  readonly history: OutboxEntry<ScenarioPeer>[] = [];
  readonly #sessionIds = new IdSequence();

  /** @param options `random` is always 0 unless given */
  constructor(options: Partial<DealerOptions> = {}) {
    this.dealer = new Dealer(this.outbox, { random: () => 0, ...options });
  }

  /** A session joins. Session ids are 1, 2, 3, … */
  joins(options: JoinOptions = {}): ScenarioPeer {
    const identity: Identity = {
      session: this.#sessionIds.next(),
      authid: options.authid ?? `peer-${this.#sessionIds.last}`,
      authrole: options.authrole ?? 'anonymous',
    };
    const features = announce(options.features ?? ALL_FEATURES);
    return new ScenarioPeer(this, (peer) =>
      this.dealer.attach(peer, {
        identity,
        features,
        trusted: options.trusted === true,
        forgetsCanceledCalls: options.forgetsCanceledCalls === true,
        ...(options.trustLevel !== undefined && { trustLevel: options.trustLevel }),
      }),
    );
  }

  /** Time passes; deadlines are served when they are due, one after the other. */
  passes(ms: number): void {
    const end = this.clock.now + ms;
    for (;;) {
      const deadline = this.dealer.nextDeadline();
      if (deadline === undefined || deadline > end) break;
      this.clock.advance(Math.max(0, deadline - this.clock.now));
      this.does((dealer, now) => dealer.expire(now));
    }
    this.clock.advance(end - this.clock.now);
  }

  /** Runs something on the dealer as a host does: then distributes what came out, and detaches who broke the protocol. */
  does<T>(action: (dealer: Dealer<ScenarioPeer>, now: number) => T): T {
    const outcome = action(this.dealer, this.clock.now);
    for (const entry of this.outbox.take()) {
      this.history.push(entry);
      if (entry.type === 'send') entry.owner.accept(entry.message);
      if (entry.type === 'abort') {
        entry.owner.violation = entry.violation;
        this.does((dealer, now) => dealer.detach(entry.owner.session, now));
      }
    }
    return outcome;
  }

  /** The registration events so far, each as `type registration by session`, for example `create 1 by 2`. */
  get events(): readonly string[] {
    return this.history.flatMap((entry) =>
      entry.type === 'event'
        ? [`${entry.event.type} ${entry.event.registration.id} by ${entry.event.session}`]
        : [],
    );
  }
}

export class ScenarioPeer implements DraftContext {
  readonly session: DealerSession<ScenarioPeer>;
  /** how this peer broke the protocol, if it did */
  violation: ProtocolViolation | undefined = undefined;
  lastCall = 0;
  lastInvocation = 0;
  lastRegistration = 0;
  readonly #world: DealerWorld;
  readonly #requests = new IdSequence();
  #inbox: Message[] = [];

  constructor(world: DealerWorld, attach: (peer: ScenarioPeer) => DealerSession<ScenarioPeer>) {
    this.#world = world;
    this.session = attach(this);
  }

  /** session id */
  get id(): number {
    return this.session.identity.session;
  }

  /** What arrived and was not looked at yet. */
  get inbox(): readonly Message[] {
    return this.#inbox;
  }

  nextRequest(): number {
    return this.#requests.next();
  }

  /** Sends a message. @returns its request id */
  sends(draft: Draft): number {
    const message = draft(this);
    if (message.kind === MessageKind.Call) this.lastCall = message.request;
    this.#world.does((dealer, now) => deliver(dealer, this.session, message, now));
    return message.request;
  }

  /**
   * The next message that arrived is as expected.
   * @returns that message
   * @throws Error if it is not, or if nothing arrived
   */
  gets<M extends Message>(expected: Expected<M>): M {
    const message = this.#inbox.shift();
    if (message === undefined) throw new Error(`nothing arrived instead of ${expected.description}`);
    const difference = expected.difference(message);
    if (difference !== undefined || !(message instanceof expected.of)) {
      const what = `${show(message)} arrived instead of ${expected.description}`;
      throw new Error(difference === undefined ? what : `${what}: ${difference}`);
    }
    return message;
  }

  /** Nothing (more) arrived. @throws Error if something did */
  getsNothing(): void {
    if (this.#inbox.length > 0) throw new Error(`unexpected messages arrived: ${show(this.#inbox)}`);
  }

  /** This peer was found to break the protocol. @throws Error if not, or in another way */
  isAborted(code: ViolationCode): void {
    const actual = this.violation?.code;
    if (actual !== code) throw new Error(`the violation is ${actual ?? 'missing'} instead of ${code}`);
  }

  /** The session ends. */
  leaves(): void {
    this.#world.does((dealer, now) => dealer.detach(this.session, now));
  }

  /** Its outbound buffer fills, or empties again. */
  isCongested(congested: boolean): void {
    this.#world.does((dealer, now) => dealer.setCongested(this.session, congested, now));
  }

  /** @internal the world delivers a message */
  accept(message: Message): void {
    if (message instanceof InvocationMessage) this.lastInvocation = message.request;
    if (message instanceof RegisteredMessage) this.lastRegistration = message.registration;
    this.#inbox.push(message);
  }
}

function deliver<Owner>(
  dealer: Dealer<Owner>,
  session: DealerSession<Owner>,
  message: DraftMessage,
  now: number,
): void {
  switch (message.kind) {
    case MessageKind.Call:
      dealer.call(session, message, now);
      break;
    case MessageKind.Cancel:
      dealer.cancel(session, message, now);
      break;
    case MessageKind.Error:
      dealer.error(session, message, now);
      break;
    case MessageKind.Register:
      dealer.register(session, message, now);
      break;
    case MessageKind.Unregister:
      dealer.unregister(session, message, now);
      break;
    case MessageKind.Yield:
      dealer.yield(session, message, now);
      break;
  }
}
