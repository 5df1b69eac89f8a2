/**
 * A session's transport that outlives its connections: how long it waits for the client to come back, and what that means
 * to others meanwhile. Owns the window of time; what is sent again, and what counts as arrived, is the business of
 * `ResumableTransport`. Must not know messages, realms or tokens.
 */
import {
  ResumableTransport,
  type SentFramesLimits,
  type LinkKeeper,
} from '@wamp/protocol/resumable-transport';
import type { Transport, TransportClosed } from '@wamp/protocol';
import type { Clock, Timer } from './clock.js';

/** The session, as far as its changing connections concern it. */
export interface ResumptionHost {
  /** Whether it is worth while to wait for the client. */
  mayDetach(): boolean;
  /** The connection is lost; the session goes on without one. */
  detached(sentence: string): void;
  /** The wait is over: the client is back, or the session is about to end. */
  attached(isBack: boolean): void;
  /** The client has got what it was told when it came back. */
  confirmed(): void;
}

export interface ResumptionLimits extends SentFramesLimits {
  readonly resumeMs: number;
}

const settled = Promise.resolve();

interface Asker {
  readonly timer: Timer;
  readonly answered: (isAlive: boolean) => void;
}

export class Resumption extends ResumableTransport {
  readonly #host: ResumptionHost;
  readonly #clock: Clock;
  readonly #windowMs: number;
  /** the connection that stands; undefined while there is none */
  #link: Transport | undefined;
  #window: Timer | undefined = undefined;
  /** who asked for a sign of life while there was no connection */
  #askers: Asker[] = [];

  constructor(link: Transport, host: ResumptionHost, clock: Clock, limits: ResumptionLimits) {
    const keeper: LinkKeeper = {
      linkLost: (how) => this.#linkLost(how),
      linkConfirmed: () => {
        host.confirmed();
      },
    };
    super(link, keeper, limits);
    this.#host = host;
    this.#clock = clock;
    this.#windowMs = limits.resumeMs;
    this.#link = link;
  }

  /** The client comes back over this connection. As `takeOver`. */
  override takeOver(link: Transport, count: number): ReturnType<ResumableTransport['takeOver']> {
    this.#link = link;
    this.#stopWaiting(true);
    return super.takeOver(link, count);
  }

  override end(reason: string): void {
    this.#stopWaiting(false);
    super.end(reason);
  }

  /**
   * As every transport's. Without a connection, whoever comes back in time is alive; a connection that cannot be asked is
   * taken as a sign of life.
   */
  probe(timeoutMs: number, answered: (isAlive: boolean) => void): void {
    const link = this.#link;
    if (link === undefined) this.#await(timeoutMs, answered);
    else if (link.probe === undefined) void settled.then(() => answered(true));
    else {
      link.probe(timeoutMs, (isAlive) => {
        // A connection that ends answers for itself, not for the client.
        if (isAlive || this.#link === link) answered(isAlive);
        else if (this.#link === undefined) this.#await(timeoutMs, answered);
        else answered(true);
      });
    }
  }

  #await(timeoutMs: number, answered: (isAlive: boolean) => void): void {
    const timer = this.#clock.startTimer(() => {
      this.#askers = this.#askers.filter((asker) => asker.timer !== timer);
      answered(false);
    }, timeoutMs);
    this.#askers.push({ timer, answered });
  }

  #linkLost({ reason }: TransportClosed): boolean {
    this.#link = undefined;
    if (!this.#host.mayDetach()) return false;
    const sentence = reason === '' ? 'the transport closed' : reason;
    this.#window = this.#clock.startTimer(() => {
      this.end(`${sentence}; the client has not come back within ${this.#windowMs} ms`);
    }, this.#windowMs);
    this.#host.detached(sentence);
    return true;
  }

  #stopWaiting(isBack: boolean): void {
    const wasWaiting = this.#window !== undefined;
    this.#window?.stop();
    this.#window = undefined;
    const askers = this.#askers;
    this.#askers = [];
    for (const { timer, answered } of askers) {
      timer.stop();
      // The end of the session answers for it, once its registrations are gone.
      if (isBack) answered(true);
    }
    if (wasWaiting) this.#host.attached(isBack);
  }
}
