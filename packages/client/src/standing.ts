/**
 * Registrations and subscriptions: what a client wants of every session that it has, one after the other.
 * Owns which of them belong to which id, their restoration, and when a subscription's last handler leaves; runs no handlers.
 */
import type { MatchPolicy, RevocationDetails } from '@wamp/protocol';
import type { Connection } from './connection.js';
import { REGISTER } from './message-codes.js';
import { ask } from './request.js';
import { NO_SUCH_REGISTRATION, PROCEDURE_ALREADY_EXISTS } from './uris.js';
import { ConnectionLostError, WampError } from './wamp-error.js';

/** One registration, or one handler's subscription. */
export interface Standing {
  /** REGISTERED.Registration or SUBSCRIBED.Subscription; another one after reconnecting */
  id: number;
  /** false after it was given back or revoked, and while there is no session */
  isActive: boolean;
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly wire: Readonly<Record<string, unknown>>;
  readonly options: { readonly onRevoked?: (reason: string | undefined) => void };
  /** it is gone for good */
  readonly ended?: () => void;
}

/** Those of one id: of a registration there is only one in a session, a subscription may have several handlers. */
interface Group<S> {
  readonly key: string;
  readonly members: Set<S>;
}

export class StandingTable<S extends Standing> {
  readonly #connection: Connection;
  /** code of the message that asks; the one that gives back is two more */
  readonly #kind: number;
  readonly #isRegistration: boolean;
  readonly #groups = new Map<number, Group<S>>();
  /** those that each session shall have */
  readonly #wanted = new Set<S>();
  /** requests without an answer, by URI and match policy */
  readonly #asked = new Map<string, number>();

  constructor(connection: Connection, kind: number) {
    this.#connection = connection;
    this.#kind = kind;
    this.#isRegistration = kind === REGISTER;
  }

  /** those that each session shall have */
  get wanted(): ReadonlySet<S> {
    return this.#wanted;
  }

  /** Those that the router means by this id. */
  membersOf(id: number): ReadonlySet<S> | undefined {
    return this.#groups.get(id)?.members;
  }

  /** Asks the router for it. What comes about all the same after the signal was aborted is given back. */
  ask<T>(one: S, signal: AbortSignal | undefined, shown: T): Promise<T> {
    const { uri, match, wire } = one;
    // URIs contain no spaces.
    const key = `${match} ${uri}`;
    const isRestored = this.#wanted.has(one);
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
    const giveBack = (): void => {
      this.giveBack(one).catch(() => undefined);
      // Nobody expects its handler to run any more, so invocations that come until it is gone find none.
      this.#remove(one);
    };
    return ask(
      this.#connection.session,
      [this.#kind, 0, wire, uri],
      (id) => {
        this.#answered(key);
        const group = this.#groups.get(id) ?? { key, members: new Set() };
        if (this.#isRegistration && group.members.size > 0) {
          throw new WampError(PROCEDURE_ALREADY_EXISTS, ['this session has registered it already']);
        }
        this.#groups.set(id, group);
        group.members.add(one);
        one.id = id;
        one.isActive = true;
        if (isRestored && !this.#wanted.has(one)) giveBack();
        else this.#wanted.add(one);
        return shown;
      },
      signal,
      () => {
        this.#answered(key);
        // The last handler may have left while this request was out, and have left the subscription to it.
        for (const [id, group] of this.#groups) {
          if (group.key === key) this.#dropWhenUnused(id, group)?.catch(() => undefined);
        }
      },
      giveBack,
    );
  }

  /** There is a new session: what was had in the former one is asked for again. */
  restore(): void {
    for (const one of this.#wanted) {
      this.ask(one, undefined, one).catch((error: unknown) => {
        // With this session lost too, the next one is asked; and what was given up nobody misses.
        if (error instanceof ConnectionLostError || !this.#wanted.delete(one)) return;
        one.ended?.();
        this.#connection.report(error, this.#isRegistration ? 'registration' : 'subscription', one.uri);
      });
    }
  }

  /**
   * Gives it back. A registration is served until the router has confirmed; no event reaches a handler from here on. The broker
   * does not count handlers: one UNSUBSCRIBE ends the subscription for the session. So it is sent by the last handler, and
   * not while a SUBSCRIBE of the same topic is out, which it would undo.
   */
  async giveBack(one: S): Promise<void> {
    const { id } = one;
    const isWanted = this.#wanted.delete(one);
    const group = this.#groups.get(id);
    if (!this.#isRegistration) {
      one.isActive = false;
      one.ended?.();
      if (group?.members.delete(one)) await this.#dropWhenUnused(id, group);
    } else if (one.isActive) {
      await this.#askBack(id, (error) => {
        if (error === undefined || error.uri === NO_SUCH_REGISTRATION) this.#remove(one);
        else if (isWanted && !(error instanceof ConnectionLostError)) this.#wanted.add(one);
      });
    }
  }

  /** Source: advanced profile, "Registration Revocation", "Subscription Revocation". */
  revoked(id = 0, { reason }: RevocationDetails): void {
    const members = this.#groups.get(id)?.members;
    if (members === undefined) this.#connection.ignore(`the revocation of ${id}, which is unknown`);
    for (const one of members ?? []) {
      this.#wanted.delete(one);
      this.#remove(one);
      one.ended?.();
      try {
        one.options.onRevoked?.(reason);
      } catch (error) {
        this.#connection.report(error, 'revocation', one.uri);
      }
    }
  }

  sessionEnded(): void {
    for (const { members } of this.#groups.values()) for (const one of members) one.isActive = false;
    this.#groups.clear();
    this.#asked.clear();
  }

  #remove(one: S): void {
    one.isActive = false;
    const group = this.#groups.get(one.id);
    if (group?.members.delete(one) && group.members.size === 0) this.#groups.delete(one.id);
  }

  #answered(key: string): void {
    const left = (this.#asked.get(key) ?? 0) - 1;
    if (left > 0) this.#asked.set(key, left);
    else this.#asked.delete(key);
  }

  #dropWhenUnused(id: number, { key, members }: Group<S>): Promise<void> | undefined {
    if (members.size > 0 || this.#asked.has(key)) return undefined;
    this.#groups.delete(id);
    return this.#askBack(id);
  }

  #askBack(id: number, settled?: (error?: WampError) => void): Promise<void> {
    return ask(this.#connection.session, [this.#kind + 2, 0, id], () => settled?.(), undefined, settled);
  }
}
