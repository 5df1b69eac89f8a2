/**
 * One realm: its dealer, its broker, its sessions and its meta peer. Nothing ever crosses from one realm to another.
 * Owns the dispatch, one switch over the message kind, and everything that has to wait until a dispatch is over. Must not
 * know transports or serialization.
 */
import {
  CancelMessage,
  CloseUri,
  EMPTY_DICT,
  ErrorMessage,
  InterruptMessage,
  MessageKind,
  Payload,
  type CallMessage,
  type Dict,
  type Identity,
  type Message,
  type PublishMessage,
  type RandomUint32,
  type RegisterMessage,
  type SubscribeMessage,
  type UnregisterMessage,
  type UnsubscribeMessage,
  type UriRule,
  type YieldMessage,
} from '@wamp/protocol';
import {
  Broker,
  type BrokerOptions,
  type EventStore,
  type HistoryConfiguration,
  type SlowPolicy,
  type StoreFailure,
  type SubscriptionEvent,
} from '@wamp/broker';
import { Dealer, type DealerOptions, type Disclosure, type RegistrationEvent } from '@wamp/dealer';
import type { AuthOptions } from './auth-options.js';
import type { Authenticator } from './authentication.js';
import { isPromise, type Authorizer } from './authorization.js';
import type { DeadlineWatch } from './deadline-timer.js';
import { routerRoles } from './feature-announcement.js';
import type { Admission } from './handshake.js';
import { LocalPeer, type LocalPeerHost } from './local-peer.js';
import { MetaApi } from './meta-api.js';
import { tell, type LeaveCause } from './observer.js';
import { forgetsCanceledCalls } from './peer-quirks.js';
import { RealmAccess, type AccessHost } from './realm-access.js';
import { Outbox, type OutboxHost } from './outbox.js';
import { PAYLOAD_CODECS } from './payload-codecs.js';
import type { RoleOptions } from './role-options.js';
import { RequestIds } from './request-ids.js';
import type { RouterContext } from './router-context.js';
import { Seat, type Member } from './seat.js';
import type { SessionInfo } from './session-info.js';
import { isSameToken, makeToken, RESUME_KEY, TOKEN_KEY, type Replacement } from './session-token.js';
import type { Session } from './session.js';
import type { DropReason, RealmStats } from './stats.js';
import { permittedTestaments, publishTestaments } from './testament-execution.js';
import type { Testament } from './testaments.js';
import { TrustLevels, type TrustLevelOf } from './trust-levels.js';
import { callError, type DeliveryFailure } from './undeliverable.js';

/** Longer than any work that somebody waits for over one connection; what waits longer waits for something that is gone. */
export const DEFAULT_MAX_TIMEOUT_MS: number = 24 * 60 * 60 * 1000;

/** What can be set for a realm. Everything has a default. */
export interface RealmOptions {
  /** How URIs of requests are checked; default `loose`. */
  readonly uriRule?: UriRule;
  /**
   * `unused`, the default: a request id must not belong to an open request. `strict`: the sequence 1, 2, 3, … of the
   * specification, over all kinds of requests; any gap ends the session.
   */
  readonly requestIds?: 'unused' | 'strict';
  /** Who learns the identity of callers and publishers; default `on_request`. */
  readonly disclosure?: Disclosure;
  /** Role of anonymous sessions; default `anonymous`. Without effect if `auth` or `authenticators` is given. */
  readonly authrole?: string;
  /** Ways to get in; default is `anonymous` alone. */
  readonly auth?: AuthOptions;
  /** Ways to get in that the embedding program makes itself; they come before those of `auth`. */
  readonly authenticators?: readonly Authenticator[];
  /** Who may do what, by role: what no permission allows is denied. By default everybody may do everything. */
  readonly roles?: readonly RoleOptions[];
  /**
   * How far a session is trusted, decided by the embedding program when it joins; what it does not decide (undefined) its
   * role does, see {@link RoleOptions.trustLevel}. Default none.
   */
  readonly trustLevelOf?: TrustLevelOf;
  /** Who may do what, decided by the embedding program; instead of `roles`. */
  readonly authorizer?: Authorizer;
  /** Roles that may use the meta procedures that kill sessions and remove callees and subscribers; default none. */
  readonly adminRoles?: readonly string[];
  /** Timeout in milliseconds of calls that ask for none; default 0, none. */
  readonly defaultTimeoutMs?: number;
  /**
   * Longest time in milliseconds that a call waits for its next answer, also one that asks for no timeout: by default 24
   * hours, so that no call waits for ever; 0 is no maximum.
   */
  readonly maxTimeoutMs?: number;
  /** Whether `wamp.error.unavailable` of a callee makes the dealer try the next one; default false. */
  readonly reroute?: boolean;
  /**
   * Milliseconds that the holders of a registration have to show that they are there, when somebody else's REGISTER
   * would be refused because of them; those that do not are closed. Default 2000; 0 turns it off.
   */
  readonly probeMs?: number;
  /**
   * What is done with events for a subscriber that reads more slowly than they come, unless its SUBSCRIBE chooses with the
   * option `x_slow_policy`: `disconnect`, the default, loses no event and cuts a session that falls too far behind;
   * `drop-oldest`, `drop-newest` and `latest` (of each topic) lose events, and nothing else.
   */
  readonly slowSubscribers?: SlowPolicy;
  /** Limits of the dealer. */
  readonly dealerLimits?: DealerOptions['limits'];
  /** Limits of the broker. */
  readonly brokerLimits?: BrokerOptions['limits'];
  /**
   * Which subscriptions keep their history, for `wamp.subscription.get_events`. Each exists from the beginning, without
   * subscribers, and never ends. Default none.
   */
  readonly history?: readonly HistoryConfiguration[];
  /** How much is retained of one topic; replaces single numbers. */
  readonly retention?: BrokerOptions['retention'];
  /** Where retained events and history are kept: a store that no other realm has. Default in memory. */
  readonly eventStore?: EventStore;
}

/** A round trip over a bad mobile line, twice; a client that reconnects is willing to wait as long. */
export const DEFAULT_PROBE_MS = 2_000;

/** The messages that a realm routes. */
export type RoutedMessage =
  | CallMessage
  | CancelMessage
  | YieldMessage
  | ErrorMessage
  | RegisterMessage
  | UnregisterMessage
  | PublishMessage
  | SubscribeMessage
  | UnsubscribeMessage;

export class Realm implements OutboxHost, LocalPeerHost {
  readonly name: string;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer | undefined;
  readonly adminRoles: ReadonlySet<string>;
  readonly dealer: Dealer<Member>;
  readonly broker: Broker<Member>;
  readonly uriRule: UriRule;
  readonly disclosure: Disclosure;
  /** see {@link RealmOptions.slowSubscribers} */
  readonly slowPolicy: SlowPolicy;
  readonly #eventsDropped: Record<DropReason, number> = {
    unsendable: 0,
    'drop-oldest': 0,
    'drop-newest': 0,
    latest: 0,
  };
  /** see {@link RealmOptions.probeMs} */
  readonly probeMs: number;
  readonly #context: RouterContext;
  readonly #outbox: Outbox;
  readonly #deadlines: DeadlineWatch;
  readonly #roles: Dict;
  readonly #hasStrictIds: boolean;
  readonly #trustLevels: TrustLevels;
  readonly #seats = new Map<number, Seat>();
  readonly #metaApi: MetaApi;
  readonly #access: RealmAccess;
  /** calls procedures on the router's own behalf; undefined as long as it never did */
  #caller: LocalPeer | undefined = undefined;
  /** milliseconds since the epoch, of the current or last dispatch */
  now: number;
  /** what is to be done when neither dealer nor broker is at work, in this order */
  #tasks: (() => void)[] = [];
  #isBusy = false;

  constructor(name: string, options: RealmOptions, context: RouterContext) {
    this.name = name;
    this.#access = new RealmAccess(options, this.#accessHost(context));
    this.authenticators = this.#access.authenticators;
    this.authorizer = this.#access.authorizer;
    this.adminRoles = new Set(options.adminRoles);
    this.uriRule = options.uriRule ?? 'loose';
    this.disclosure = options.disclosure ?? 'on_request';
    this.slowPolicy = options.slowSubscribers ?? 'disconnect';
    this.probeMs = options.probeMs ?? DEFAULT_PROBE_MS;
    this.now = context.clock.now();
    this.#context = context;
    this.#outbox = new Outbox(this);
    this.dealer = new Dealer<Member>(this.#outbox, dealerOptions(options, context.random32));
    this.broker = new Broker<Member>(this.#outbox, {
      ...brokerOptions(options, context.random32, this.now),
      later: (work) => {
        context.defer(() => {
          this.enqueue(work);
        });
      },
    });
    this.#deadlines = context.deadlines.watch(() => {
      this.#expire();
    });
    this.#trustLevels = new TrustLevels(options);
    this.#roles = routerRoles({
      reroutes: options.reroute === true,
      keepsHistory: options.history !== undefined && options.history.length > 0,
      assignsTrust: !this.#trustLevels.isIdle,
    });
    this.#hasStrictIds = options.requestIds === 'strict';
    const metaPeer = new LocalPeer(this, this.#localIdentity('wamp.meta'));
    this.#metaApi = new MetaApi(this, metaPeer, context);
  }

  // ---- routing ---------------------------------------------------------------------------------------------------

  /** Routes a message of an established session. Never throws. */
  dispatch(seat: Seat, message: RoutedMessage): void {
    if (this.#isBusy) {
      // Only a transport that delivers from within `send` brings this about.
      if ('payload' in message) message.payload.detach();
      this.#tasks.push(() => {
        this.#route(seat, message);
      });
      return;
    }
    this.#isBusy = true;
    this.now = this.#context.clock.now();
    this.#route(seat, message);
    this.#settle();
  }

  #route(seat: Seat, message: RoutedMessage): void {
    try {
      switch (message.kind) {
        case MessageKind.Call:
          this.dealer.call(seat.dealer, message, this.now);
          break;
        case MessageKind.Yield:
          this.dealer.yield(seat.dealer, message, this.now);
          break;
        case MessageKind.Publish:
          this.broker.publish(seat.broker, message, this.now);
          break;
        case MessageKind.Error:
          this.dealer.error(seat.dealer, message, this.now);
          break;
        case MessageKind.Cancel:
          this.dealer.cancel(seat.dealer, message, this.now);
          break;
        case MessageKind.Register:
          this.dealer.register(seat.dealer, message, this.now);
          break;
        case MessageKind.Unregister:
          this.dealer.unregister(seat.dealer, message, this.now);
          break;
        case MessageKind.Subscribe:
          this.broker.subscribe(seat.broker, message, this.now);
          break;
        case MessageKind.Unsubscribe:
          this.broker.unsubscribe(seat.broker, message, this.now);
          break;
      }
    } catch (error) {
      seat.session.fail(error);
    }
  }

  /** Does something when neither dealer nor broker is at work: at once, or after what is going on. */
  enqueue(task: () => void): void {
    this.#tasks.push(task);
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.now = this.#context.clock.now();
    this.#settle();
  }

  /** Does something in a later turn, outside of any dispatch. */
  defer(task: () => void): void {
    this.#context.defer(task);
  }

  /** Works off what has been noted down; tasks may add tasks. */
  #settle(): void {
    if (this.#tasks.length > 0) this.#runTasks();
    this.#isBusy = false;
    this.#deadlines.update(this.dealer.nextDeadline());
  }

  #runTasks(): void {
    for (let next = 0; next < this.#tasks.length; next += 1) {
      try {
        this.#tasks[next]!();
      } catch (error) {
        this.failed(error);
      }
    }
    this.#tasks = [];
  }

  #expire(): void {
    this.enqueue(() => {
      this.dealer.expire(this.now);
    });
  }

  // ---- sessions --------------------------------------------------------------------------------------------------

  /** Lets a session in: the one that it replaces ends, WELCOME, then the meta event. */
  admit(session: Session, admission: Admission, transport: Readonly<Record<string, unknown>>): void {
    this.enqueue(() => {
      if (!session.isOpening) return;
      if (this.#resume(session, admission)) return;
      const info = sessionInfo(this, admission, transport);
      if (admission.replaces === undefined) {
        this.#join(session, info, admission);
        return;
      }
      this.#replace(info, admission.replaces);
      // Behind the end of the former session, so that all its registrations are free.
      this.enqueue(() => {
        this.#join(session, info, admission);
      });
    });
  }

  /** Lets a client go on with the session that it had, over its new connection. @returns false if that cannot be */
  #resume(session: Session, { replaces, resumes, principal }: Admission): boolean {
    if (replaces === undefined || typeof resumes !== 'number') return false;
    const former = this.findFormer(replaces);
    if (former?.info.authid !== principal.authid || former.info.authrole !== principal.authrole) return false;
    if (!former.session.canResume(session, resumes)) {
      this.#context.counters.resumesRefused += 1;
      return false;
    }
    // Until the client is heard over its new connection it may know only the token that it has just used.
    former.formerToken = replaces.token;
    former.token = makeToken(this.#context.random32);
    former.session.resumeOver(session, resumes, (received) => this.#welcome(former, received));
    return true;
  }

  #welcome(seat: Seat, received: number | undefined): Dict {
    return welcomeDetails(seat, this.#roles, this.#context, received);
  }

  #join(session: Session, info: SessionInfo, admission: Admission): void {
    if (!session.isOpening) return;
    const seat = this.#makeSeat(session, info, admission);
    this.#seats.set(info.session, seat);
    try {
      if (seat.isResumable) session.makeResumable();
      session.establish(seat, this.#welcome(seat, undefined));
    } catch (error) {
      session.fail(error);
      return;
    }
    this.#context.counters.sessionsJoined += 1;
    tell(this.#context.observer, (observer) => observer.sessionJoined?.(info));
    this.#metaApi.joined(info);
  }

  /** The established session whose token this is; undefined if there is none, or the token is wrong. */
  findFormer({ session, token }: Replacement): Seat | undefined {
    const seat = this.#seats.get(session);
    if (seat?.token === undefined) return undefined;
    const isLast = isSameToken(seat.token, token);
    const isFormer = seat.formerToken !== undefined && isSameToken(seat.formerToken, token);
    return isLast || isFormer ? seat : undefined;
  }

  /** Ends the session that the newcomer has had; a newcomer that cannot prove that it had it joins as any other. */
  #replace(newcomer: SessionInfo, replaces: Replacement): void {
    const { counters, observer } = this.#context;
    const former = this.findFormer(replaces);
    if (former?.info.authid === newcomer.authid) {
      counters.sessionsReplaced += 1;
      former.session.dismiss(CloseUri.Killed, 'replaced by a new session of the same client', 'replaced');
      return;
    }
    const named = this.#seats.get(replaces.session);
    // Usually it is just gone already.
    if (named === undefined) return;
    counters.replacementsRefused += 1;
    tell(observer, (told) => told.replacementRefused?.(newcomer, named.info));
  }

  #makeSeat(session: Session, info: SessionInfo, admission: Admission): Seat {
    const { agent, features, wantsToken, resumes } = admission;
    const identity: Identity = { session: info.session, authid: info.authid, authrole: info.authrole };
    const trust = this.#trustOf(info);
    const dealer = this.dealer.attach(session, {
      identity,
      features,
      ...trust,
      forgetsCanceledCalls: forgetsCanceledCalls(agent, features),
    });
    const broker = this.broker.attach(session, { identity, features, ...trust });
    const requestIds = this.#hasStrictIds ? new RequestIds() : undefined;
    const token = wantsToken ? makeToken(this.#context.random32) : undefined;
    const isResumable = wantsToken && resumes !== undefined && this.#context.limits.resumeMs > 0;
    return new Seat(session, this, info, dealer, broker, requestIds, token, isResumable, features);
  }

  #trustOf(info: SessionInfo): { trustLevel?: number } {
    try {
      const trustLevel = this.#trustLevels.of(info);
      return trustLevel === undefined ? {} : { trustLevel };
    } catch (error) {
      // Less trust than it might have, but no session is lost for it.
      this.failed(error);
      return {};
    }
  }

  /**
   * A session has ended. Its registrations go, then its subscriptions, each with its meta events; then its testaments are
   * published; `on_leave` comes last.
   * @param isSilent without testaments and `on_leave`
   */
  leave(seat: Seat, cause: LeaveCause, sentence: string, isSilent: boolean): void {
    this.#seats.delete(seat.info.session);
    this.enqueue(() => {
      try {
        this.dealer.detach(seat.dealer, this.now);
      } catch (error) {
        this.failed(error);
      }
      try {
        this.broker.detach(seat.broker, this.now);
      } catch (error) {
        this.failed(error);
      }
      if (isSilent || seat.testaments === undefined) this.#left(seat, cause, sentence, isSilent);
      else this.#execute(seat, cause, sentence);
    });
  }

  /** Publishes the session's testaments, behind the events of its registrations and subscriptions. */
  #execute(seat: Seat, cause: LeaveCause, sentence: string): void {
    const finish = (testaments: readonly Testament[]): void => {
      this.enqueue(() => {
        try {
          publishTestaments(this.broker, seat, testaments, this.#metaApi.publisher, this.now);
        } catch (error) {
          this.failed(error);
        }
        this.#left(seat, cause, sentence, false);
      });
    };
    const permitted = permittedTestaments(this.#context, this.authorizer, seat);
    if (isPromise(permitted)) void permitted.then(finish);
    else finish(permitted);
  }

  #left({ info, broker }: Seat, cause: LeaveCause, sentence: string, isSilent: boolean): void {
    this.#context.releaseSessionId(info.session);
    this.#context.counters.sessionsLeft += 1;
    if (!isSilent) this.#metaApi.left(info, broker);
    tell(this.#context.observer, (observer) => observer.sessionLeft?.(info, cause, sentence));
  }

  /** How many sessions there are; the router's own peers do not count. */
  get size(): number {
    return this.#seats.size;
  }

  /** The established sessions, in the order in which they joined. */
  seats(): IterableIterator<Seat> {
    return this.#seats.values();
  }

  findSeat(session: number): Seat | undefined {
    return this.#seats.get(session);
  }

  /** The session's outbound buffer passed the low mark, or was drained. */
  setCongested(seat: Seat, isCongested: boolean): void {
    this.enqueue(() => {
      this.dealer.setCongested(seat.dealer, isCongested, this.now);
    });
  }

  /** The session's client has lost its connection and may come back, or is back. */
  setAway(seat: Seat, isAway: boolean): void {
    this.enqueue(() => {
      this.dealer.setAway(seat.dealer, isAway, this.now);
    });
  }

  /**
   * A message could not be sent to the session, and more is to be done than to replace it.
   * @param isChunk whether it is an INVOCATION that continues one that the session has got
   */
  undeliverable(seat: Seat, message: Message, failure: DeliveryFailure, isChunk: boolean): void {
    const { counters, observer } = this.#context;
    const isEvent = message.kind === MessageKind.Event;
    if (isEvent) this.countDropped('unsendable');
    else counters.callsUndeliverable += 1;
    tell(observer, (told) =>
      told.undelivered?.(seat.info, isEvent ? 'event_dropped' : 'call_failed', failure.sentence),
    );
    if (message.kind === MessageKind.Invocation) {
      this.enqueue(() => {
        this.#failInvocation(seat, message.request, failure, isChunk);
      });
    } else if (message.kind === MessageKind.Result) {
      this.enqueue(() => {
        this.#failCall(seat, message.request, failure);
      });
    }
  }

  countDropped(reason: DropReason): void {
    this.#context.counters.eventsDropped += 1;
    this.#eventsDropped[reason] += 1;
  }

  /** Answers an invocation in the place of a callee that has not got it. */
  #failInvocation(seat: Seat, request: number, failure: DeliveryFailure, isChunk: boolean): void {
    if (isChunk && seat.dealer.invocations.has(request) && seat.dealer.canBeInterrupted) {
      seat.session.deliver(new InterruptMessage(request, { mode: 'killnowait' }));
    }
    const { uri, sentence } = failure;
    const answer = new ErrorMessage(MessageKind.Invocation, request, EMPTY_DICT, uri, Payload.of([sentence]));
    this.dealer.error(seat.dealer, answer, this.now);
  }

  /** Ends a call whose caller cannot be given one of its progressive results. */
  #failCall(seat: Seat, request: number, failure: DeliveryFailure): void {
    this.#outbox.substitute = { session: seat.session, request, make: () => callError(request, failure) };
    try {
      this.dealer.cancel(seat.dealer, new CancelMessage(request, { mode: 'killnowait' }), this.now);
    } finally {
      this.#outbox.substitute = undefined;
    }
  }

  // ---- meta ------------------------------------------------------------------------------------------------------

  registrationEvent(event: RegistrationEvent): void {
    this.#access.registrationChanged(event.registration.uri);
    this.#metaApi.registrationChanged(event);
  }

  subscriptionEvent(event: SubscriptionEvent): void {
    this.#metaApi.subscriptionChanged(event);
  }

  storeFailed(failure: StoreFailure): void {
    this.#context.counters.storeFailures += 1;
    tell(this.#context.observer, (observer) => observer.storeFailed?.(this.name, failure));
  }

  /** An error of our own that no session is to blame for. */
  failed(error: unknown): void {
    this.#context.counters.failures += 1;
    tell(this.#context.observer, (observer) => observer.failed?.(error, undefined));
  }

  stats(): RealmStats {
    const { registrations, openCalls, queuedCalls } = this.dealer.stats();
    return {
      sessions: this.#seats.size,
      registrations,
      subscriptions: this.broker.subscriptions.size,
      openCalls,
      queuedCalls,
      pendingPublications: this.broker.stats().pendingPublications,
      eventsDropped: { ...this.#eventsDropped },
    };
  }

  #localIdentity(authid: string): Identity {
    return { session: this.#context.takeSessionId(), authid, authrole: 'trusted' };
  }

  // ---- access ----------------------------------------------------------------------------------------------------

  /** Calls a procedure of this realm on the router's behalf. Rejects with CallFailed. */
  callProcedure(procedure: string, args: readonly unknown[], timeoutMs: number): Promise<readonly unknown[]> {
    this.#caller ??= new LocalPeer(this, this.#localIdentity('wamp.router'));
    return this.#caller.call(procedure, args, timeoutMs);
  }

  #accessHost(context: RouterContext): AccessHost {
    const { limits } = context;
    return {
      get secret() {
        return context.secret;
      },
      decisionLimits: limits,
      now: () => context.clock.now(),
      verifyEd25519: (signature, message, publicKey) => context.verifyEd25519(signature, message, publicKey),
      callAuthenticator: (realm, procedure, args) => {
        const callee = realm === this.name ? this : context.findRealm(realm);
        if (callee === undefined) throw new Error(`there is no realm ${realm} for the authenticator`);
        return callee.callProcedure(procedure, args, limits.authenticationMs);
      },
      callAuthorizer: (procedure, args) => this.callProcedure(procedure, args, limits.authorizationMs),
    };
  }
}

function dealerOptions(options: RealmOptions, random32: RandomUint32): DealerOptions {
  return {
    random: () => (random32() >>> 0) / 2 ** 32,
    uriRule: options.uriRule ?? 'loose',
    disclosure: options.disclosure ?? 'on_request',
    defaultTimeoutMs: options.defaultTimeoutMs ?? 0,
    maxTimeoutMs: options.maxTimeoutMs ?? DEFAULT_MAX_TIMEOUT_MS,
    reroute: options.reroute ?? false,
    limits: options.dealerLimits ?? {},
  };
}

function brokerOptions(options: RealmOptions, random32: RandomUint32, startedAt: number): BrokerOptions {
  return {
    random32,
    uriRule: options.uriRule ?? 'loose',
    disclosure: options.disclosure ?? 'on_request',
    limits: options.brokerLimits ?? {},
    codecs: PAYLOAD_CODECS,
    retention: options.retention ?? {},
    history: options.history ?? [],
    startedAt,
    ...(options.eventStore !== undefined && { store: options.eventStore }),
  };
}

function sessionInfo(
  realm: Realm,
  admission: Admission,
  transport: Readonly<Record<string, unknown>>,
): SessionInfo {
  const { principal } = admission;
  return {
    session: admission.session,
    realm: realm.name,
    authid: principal.authid,
    authrole: principal.authrole,
    authmethod: admission.authmethod,
    authprovider: principal.authprovider,
    authextra: principal.authextra ?? EMPTY_DICT,
    agent: admission.agent,
    transport,
    joinedAt: realm.now,
  };
}

/** @param received frames of the client that have arrived, if it comes back to its session */
function welcomeDetails(
  { info, token, isResumable }: Seat,
  roles: Dict,
  { agent, limits }: RouterContext,
  received: number | undefined,
): Dict {
  const { realm, authid, authrole, authmethod, authprovider, authextra } = info;
  return {
    ...{ roles, agent, realm, authid, authrole, authmethod, authprovider },
    ...(Object.keys(authextra).length > 0 && { authextra }),
    ...(token !== undefined && { [TOKEN_KEY]: token }),
    ...(isResumable && {
      [RESUME_KEY]: { window_ms: limits.resumeMs, ...(received !== undefined && { received }) },
    }),
  };
}
