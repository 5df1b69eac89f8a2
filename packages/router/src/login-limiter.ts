/**
 * How often one may try to log in. Three things count failures:
 *
 * - an address with one identity: full, it is refused;
 * - an address with all identities together: full, it is refused, except with identities that have logged in from there
 *   before, so that one bad machine does not shut out its neighbours behind the same address;
 * - an identity from all addresses together: full, those who have not logged in from their address before have to wait a
 *   moment for each answer. They are not refused: otherwise strangers could lock somebody out by trying often enough.
 *
 * Identities that do not exist count like others. Peers without an address (in memory, over Unix sockets) are not limited.
 * All tables are bounded. Decides; refuses and waits for nobody itself.
 */
import { FailureTable } from './failure-table.js';

export interface LoginLimits {
  /** failed logins with one identity from one address, within `loginWindowMs` */
  readonly loginFailuresPerIdentity: number;
  /** failed logins from one address, within `loginWindowMs` */
  readonly loginFailuresPerAddress: number;
  /** failed logins with one identity from all addresses, within `loginWindowMs`, beyond which strangers have to wait */
  readonly loginFailuresBeforeDelay: number;
  /** milliseconds for which they have to wait */
  readonly loginDelayMs: number;
  /** milliseconds in which the above numbers of failures are forgiven */
  readonly loginWindowMs: number;
  /** entries of each table of failures and of known logins */
  readonly loginTableSize: number;
}

/** One login on its way. */
export interface LoginAttempt {
  /**
   * Milliseconds until it may go on; 0 if it may now. To be asked again when it has been judged, and counts more than the
   * judgement: so it is no way around the limits to make many attempts at once.
   */
  blockedMs(): number;
  /** Milliseconds that it has to wait before it is judged. */
  delayMs(): number;
  failed(): void;
  succeeded(): void;
}

/** Of a peer that is not limited. */
export const UNLIMITED: LoginAttempt = Object.freeze({
  blockedMs: () => 0,
  delayMs: () => 0,
  failed: () => undefined,
  succeeded: () => undefined,
});

export class LoginLimiter {
  readonly #limits: LoginLimits;
  readonly #now: () => number;
  readonly #pairs: FailureTable;
  readonly #addresses: FailureTable;
  readonly #identities: FailureTable;
  /** addresses and identities that have logged in, the latest last */
  readonly #known = new Set<string>();

  /** @param now milliseconds since the epoch */
  constructor(limits: LoginLimits, now: () => number) {
    const { loginWindowMs: windowMs, loginTableSize: size } = limits;
    this.#limits = limits;
    this.#now = now;
    this.#pairs = new FailureTable(limits.loginFailuresPerIdentity, windowMs, size);
    this.#addresses = new FailureTable(limits.loginFailuresPerAddress, windowMs, size);
    this.#identities = new FailureTable(limits.loginFailuresBeforeDelay, windowMs, size);
  }

  /**
   * @param address undefined where there is none
   * @param authid undefined if the peer names none
   */
  attempt(address: string | undefined, realm: string, authid: string | undefined): LoginAttempt {
    if (address === undefined) return UNLIMITED;
    const identity = JSON.stringify([realm, authid]);
    const pair = `${address} ${identity}`;
    const isKnown = authid !== undefined && this.#known.has(pair);
    return {
      blockedMs: () => {
        const now = this.#now();
        const ofAddress = isKnown ? 0 : this.#addresses.waitMs(address, now);
        // Without an authid the pair is the address.
        return Math.max(ofAddress, authid === undefined ? 0 : this.#pairs.waitMs(pair, now));
      },
      delayMs: () => {
        if (isKnown || authid === undefined) return 0;
        return this.#identities.waitMs(identity, this.#now()) === 0 ? 0 : this.#limits.loginDelayMs;
      },
      failed: () => {
        const now = this.#now();
        this.#pairs.add(pair, now);
        this.#addresses.add(address, now);
        if (!isKnown) this.#identities.add(identity, now);
      },
      succeeded: () => {
        this.#pairs.forget(pair);
        if (authid !== undefined) this.#remember(pair);
      },
    };
  }

  #remember(pair: string): void {
    this.#known.delete(pair);
    this.#known.add(pair);
    if (this.#known.size <= this.#limits.loginTableSize) return;
    const oldest = this.#known.keys().next();
    if (oldest.done !== true) this.#known.delete(oldest.value);
  }
}
