/**
 * How many peers there are, by how far they got, by address and by identity. Counts; the limits are those of whoever asks.
 */

/** Counts by key; what is counted to nothing takes no room. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string | undefined): number {
    return key === undefined ? 0 : (this.#counts.get(key) ?? 0);
  }

  add(key: string | undefined, change: 1 | -1): void {
    if (key === undefined) return;
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

/** Where a session comes from and whose it is. */
export interface Origin {
  /** undefined where there is no address */
  readonly address: string | undefined;
  readonly realm: string;
  readonly authid: string;
}

export class Population {
  handshakes = 0;
  sessions = 0;
  /** sessions between two connections of their clients */
  detached = 0;
  readonly #handshakesByAddress = new Tally();
  readonly #sessionsByAddress = new Tally();
  readonly #sessionsByIdentity = new Tally();

  handshakesOf(address: string | undefined): number {
    return this.#handshakesByAddress.of(address);
  }

  sessionsAt(address: string | undefined): number {
    return this.#sessionsByAddress.of(address);
  }

  sessionsOf(origin: Origin): number {
    return this.#sessionsByIdentity.of(identityOf(origin));
  }

  /** A peer has been attached (1), or has joined or gone (-1). */
  countHandshake(address: string | undefined, change: 1 | -1): void {
    this.handshakes += change;
    this.#handshakesByAddress.add(address, change);
  }

  /** A session is established (1), or has ended (-1). */
  countSession(origin: Origin, change: 1 | -1): void {
    this.sessions += change;
    this.#sessionsByAddress.add(origin.address, change);
    this.#sessionsByIdentity.add(identityOf(origin), change);
  }
}

function identityOf({ realm, authid }: Origin): string {
  return `${realm} ${authid}`;
}
