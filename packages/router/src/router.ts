/**
 * The router: realms, and the sessions on their way into them. Embeddable; opens no socket, whoever embeds it attaches
 * transports. Owns the set of sessions and their ids; routes nothing itself.
 */
import type { EventStore } from '@wamp/broker';
import {
  CloseUri,
  createTransportPair,
  ErrorUri,
  isValidUri,
  randomId,
  type RandomUint32,
  type Serializer,
  type Transport,
} from '@wamp/protocol';
import { verifyEd25519 } from '@wamp/protocol/auth/cryptosign';
import { secretFingerprint } from '@wamp/protocol/auth/secrets';
import { cbor } from '@wamp/protocol/cbor';
import { randomBytes } from './authenticators/random-bytes.js';
import { systemClock, systemDefer, systemRandom32, type Clock, type Defer } from './clock.js';
import { DeadlineTimer } from './deadline-timer.js';
import { Drain } from './drain.js';
import { hasRate, RatedTransport } from './input-rate.js';
import { DEFAULT_LIMITS, type RouterLimits } from './limits.js';
import { LoginLimiter } from './login-limiter.js';
import { tell, type RouterObserver } from './observer.js';
import { Realm, type RealmOptions } from './realm.js';
import { Population } from './population.js';
import { Reception } from './reception.js';
import type { RouterContext, VerifyEd25519 } from './router-context.js';
import { Session, type SessionHost } from './session.js';
import { makeCounters, type Counters, type RouterStats } from './stats.js';

export interface RouterOptions {
  /** the realms by name; a name is a URI */
  readonly realms?: Readonly<Record<string, RealmOptions>>;
  /** Makes a realm that a client asks for and that does not exist; undefined refuses. By default none is made. */
  readonly createRealm?: (name: string) => RealmOptions | undefined;
  /** the realm of clients that leave the choice to the router; by default they are refused */
  readonly defaultRealm?: string;
  /** Replaces single numbers of {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<RouterLimits>;
  /** callbacks for logs and metrics */
  readonly observer?: RouterObserver;
  /** what WELCOME names as the router's implementation; default `@wamp/router` */
  readonly agent?: string;
  /** time and timers; default: the host's */
  readonly clock?: Clock;
  /**
   * How work is put off to a later turn, so that a publication to very many subscribers lets other work pass; default:
   * `setImmediate`, or a timer where there is none
   */
  readonly defer?: Defer;
  /** cryptographically strong randomness; default: the host's */
  readonly random32?: RandomUint32;
  /**
   * Secret of the router: what peers are told that claim to be somebody who does not exist follows from it. By default it is
   * drawn anew at each start, by which one can tell them apart; routers behind one address should share it.
   */
  readonly secret?: string;
  /**
   * How signatures of `cryptosign` are checked. Default: plain JavaScript, about a millisecond each; hosts that have
   * something faster, or that does it aside, give it here.
   */
  readonly verifyEd25519?: VerifyEd25519;
}

export interface DrainOptions {
  readonly timeoutMs: number;
}

export interface DrainResult {
  /** sessions that were ended although a call of theirs was running */
  readonly interrupted: number;
}

/** A WAMP router. Source: WAMP basic and advanced profile, roles broker and dealer. */
export class Router {
  readonly #core: RouterCore;

  /**
   * @throws Error if a realm's name is no valid URI, if two realms have the same event store, or if the history that a
   * realm is to keep names no valid URI or names one twice
   */
  constructor(options: RouterOptions) {
    this.#core = new RouterCore(options);
  }

  /** Serves a peer behind a transport, from HELLO to GOODBYE. The transport must not have been opened. */
  attach(transport: Transport): void {
    this.#core.attach(transport);
  }

  /**
   * Opens a connection within the process.
   * @param serializer default `cbor()`
   * @returns the client's end; it has to be opened by the client
   */
  openTransport(serializer: Serializer = cbor()): Transport {
    const [clientEnd, routerEnd] = createTransportPair(serializer);
    this.#core.attach(routerEnd);
    return clientEnd;
  }

  /**
   * Ends all sessions: GOODBYE `wamp.close.system_shutdown` to the established ones, ABORT to those that are being
   * opened; then closes the transports. Peers that are attached from now on are turned away.
   * @returns resolves when all transports have closed, after `limits.goodbyeMs + limits.lingerMs` at the latest
   */
  close(): Promise<void> {
    return this.#core.close();
  }

  /**
   * Ends all sessions so that their clients come back by themselves, to this router after a restart or to another one: new
   * calls are refused with `wamp.error.unavailable`, running ones may finish, and each session ends as soon as none of its
   * calls runs. Peers see their transport close (WebSocket: 1012) without GOODBYE, which many clients take as a reason not to come
   * back; those that announced `x_drain` get a GOODBYE that says that what is unanswered was not routed. Peers that are
   * attached from now on are turned away.
   * @param options `timeoutMs`: how long running calls may take; then their sessions end as well
   * @returns resolves when all transports have closed, with the number of sessions that were ended although a call was running
   */
  drain(options: DrainOptions): Promise<DrainResult> {
    return this.#core.drain(options);
  }

  stats(): RouterStats {
    return this.#core.stats();
  }
}

/** What sessions and realms see of the router; not for embedders. */
class RouterCore implements RouterContext, SessionHost {
  readonly clock: Clock;
  readonly defer: Defer;
  readonly random32: RandomUint32;
  readonly limits: RouterLimits;
  readonly observer: RouterObserver;
  readonly agent: string;
  readonly nameLength: number;
  readonly defaultRealm: string | undefined;
  readonly counters: Counters = makeCounters();
  readonly population = new Population();
  readonly logins: LoginLimiter;
  readonly reception: Reception;
  readonly deadlines: DeadlineTimer;
  readonly verifyEd25519: VerifyEd25519;
  readonly #realms = new Map<string, Realm>();
  /** undefined until it is needed */
  #secret: Uint8Array | undefined;
  readonly #createRealm: (name: string) => RealmOptions | undefined;
  /** every attached peer whose transport has not closed */
  readonly #sessions = new Set<Session>();
  readonly #ids = new Set<number>();
  readonly #eventStores = new WeakSet<EventStore>();
  #closing: Promise<void> | undefined = undefined;
  #draining: Promise<DrainResult> | undefined = undefined;
  #allClosed: (() => void) | undefined = undefined;

  constructor(options: RouterOptions) {
    this.clock = options.clock ?? systemClock;
    this.defer = options.defer ?? systemDefer;
    this.deadlines = new DeadlineTimer(this.clock);
    this.random32 = options.random32 ?? systemRandom32();
    this.#secret = options.secret === undefined ? undefined : secretFingerprint(options.secret);
    this.verifyEd25519 = options.verifyEd25519 ?? verifyEd25519;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.reception = new Reception(this.defer, () => this.clock.now(), this.limits.handshakeTurnMs);
    this.logins = new LoginLimiter(this.limits, () => this.clock.now());
    this.observer = options.observer ?? {};
    this.agent = options.agent ?? '@wamp/router';
    this.nameLength = this.limits.nameLength;
    this.defaultRealm = options.defaultRealm;
    this.#createRealm = options.createRealm ?? (() => undefined);
    for (const [name, realm] of Object.entries(options.realms ?? {})) {
      if (!isValidUri(name, 'exact', 'loose')) throw new Error(`the realm's name ${name} is no valid URI`);
      this.#addRealm(name, realm);
    }
  }

  get secret(): Uint8Array {
    this.#secret ??= randomBytes(this.random32, 32);
    return this.#secret;
  }

  attach(transport: Transport): void {
    const session = new Session(this.#rated(transport), this, this);
    this.#sessions.add(session);
    const isFull =
      this.population.handshakes >= this.limits.handshakes ||
      this.population.handshakesOf(session.address) >= this.limits.handshakesPerAddress;
    session.open();
    if (this.#draining !== undefined) session.depart();
    else if (this.#closing !== undefined) session.refuse(CloseUri.SystemShutdown, 'the router shuts down');
    else if (isFull) session.refuse(ErrorUri.LimitExceeded, 'too many peers are joining at the moment');
  }

  /** Where no rate is set, nothing stands between a transport and its session. */
  #rated(transport: Transport): Transport {
    if (!hasRate(this.limits)) return transport;
    return new RatedTransport(transport, this.limits, this.clock, () => {
      this.counters.ratePauses += 1;
    });
  }

  findRealm(name: string): Realm | undefined {
    const known = this.#realms.get(name);
    if (known !== undefined || this.#realms.size >= this.limits.realms) return known;
    try {
      const options = this.#createRealm(name);
      if (options === undefined) return undefined;
      return this.#addRealm(name, options);
    } catch (error) {
      this.counters.failures += 1;
      tell(this.observer, (observer) => observer.failed?.(error, undefined));
      return undefined;
    }
  }

  #addRealm(name: string, options: RealmOptions): Realm {
    const { eventStore } = options;
    if (eventStore !== undefined && this.#eventStores.has(eventStore)) {
      throw new Error(
        `the event store of the realm ${name} belongs to another realm, whose events would show`,
      );
    }
    const realm = new Realm(name, options, this);
    if (eventStore !== undefined) this.#eventStores.add(eventStore);
    this.#realms.set(name, realm);
    return realm;
  }

  takeSessionId(): number {
    // With 2^53 ids a second try is already a rarity; many are a broken source, which must not hang the router.
    for (let tries = 0; tries < 100; tries += 1) {
      const id = randomId(this.random32);
      if (this.#ids.has(id)) continue;
      this.#ids.add(id);
      return id;
    }
    throw new Error('the source of randomness repeats itself');
  }

  releaseSessionId(id: number): void {
    this.#ids.delete(id);
  }

  sessionClosed(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#allClosed?.();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      this.#allClosed = resolve;
      for (const session of [...this.#sessions]) {
        session.dismiss(CloseUri.SystemShutdown, 'the router shuts down', 'shutdown');
      }
      if (this.#sessions.size === 0) resolve();
    }).then(() => {
      this.deadlines.stop();
    });
    return this.#closing;
  }

  drain({ timeoutMs }: DrainOptions): Promise<DrainResult> {
    this.#draining ??= new Promise<DrainResult>((resolve) => {
      const drain = new Drain([...this.#sessions], this.clock, timeoutMs);
      drain.start(() => {
        void this.close().then(() => resolve({ interrupted: drain.interrupted }));
      });
    });
    return this.#draining;
  }

  stats(): RouterStats {
    return {
      sessions: this.population.sessions,
      handshakes: this.population.handshakes,
      detached: this.population.detached,
      totals: { ...this.counters },
      realms: new Map([...this.#realms].map(([name, realm]) => [name, realm.stats()])),
    };
  }
}
