/**
 * The connections of one endpoint, whatever they speak: how many there may be in all and from one address, keepalive, write batching and
 * the orderly end. Owns the set of them; accepts and refuses nothing itself, the listeners ask.
 */
import { isIPv6 } from 'node:net';
import type { Transport } from '@wamp/protocol';
import { Keepalive, type Watched } from './keepalive.js';
import type { ListenerLimits } from './limits.js';
import { isLocalAddress, unmapped } from './peer-address.js';
import { WriteBatch } from './write-batch.js';

/** One connection after its handshake. */
export type Connection = Transport & Watched;

/** Why one more connection is not taken. */
export type Refusal = 'shutting_down' | 'too_many' | 'too_many_from_address';

export class Connections {
  /** for all of them, so that one event-loop turn has one end */
  readonly batch = new WriteBatch();
  readonly #limits: ListenerLimits;
  readonly #keepalive: Keepalive;
  /** the network that each one comes from */
  readonly #origins = new Map<Connection, string | undefined>();
  readonly #perNetwork = new Map<string, number>();
  #accepting = true;
  #closed: Promise<void> | undefined = undefined;
  /** called when the last connection is gone, while `close` waits for it */
  #onEmpty: (() => void) | undefined = undefined;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
    this.#keepalive = new Keepalive(limits.pingIntervalMs, limits.pingTimeoutMs);
  }

  /** Connections that are open or closing. */
  get size(): number {
    return this.#origins.size;
  }

  /** @param address of the peer; undefined for a Unix socket */
  refusalFor(address: string | undefined): Refusal | undefined {
    if (!this.#accepting) return 'shutting_down';
    if (this.size >= this.#limits.maxConnections) return 'too_many';
    const network = networkOf(address);
    if (network === undefined) return undefined;
    const known = this.#perNetwork.get(network) ?? 0;
    return known >= this.#limits.maxConnectionsPerAddress ? 'too_many_from_address' : undefined;
  }

  add(connection: Connection, address: string | undefined): void {
    const network = networkOf(address);
    this.#origins.set(connection, network);
    if (network !== undefined) this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    this.#keepalive.watch(connection);
  }

  remove(connection: Connection): void {
    const network = this.#origins.get(connection);
    if (!this.#origins.delete(connection)) return;
    this.#keepalive.unwatch(connection);
    if (network !== undefined) this.#leave(network);
    if (this.size === 0) this.#onEmpty?.();
  }

  #leave(network: string): void {
    const left = (this.#perNetwork.get(network) ?? 1) - 1;
    if (left === 0) this.#perNetwork.delete(network);
    else this.#perNetwork.set(network, left);
  }

  /** From now on refuses new connections. Those that stand stay. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /**
   * Closes all connections and cuts those that are not gone after `graceMs`.
   * @returns when the last one is gone
   */
  close(graceMs: number): Promise<void> {
    return (this.#closed ??= this.#close(graceMs));
  }

  async #close(graceMs: number): Promise<void> {
    this.stopAccepting();
    if (this.size === 0) return;
    const gone = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    for (const connection of this.#origins.keys()) connection.close('going_away', SHUTTING_DOWN);
    const timer = setTimeout(() => {
      for (const connection of this.#origins.keys()) connection.terminate(SHUTTING_DOWN);
    }, graceMs);
    await gone;
    clearTimeout(timer);
  }
}

const SHUTTING_DOWN = 'the router is shutting down';

/**
 * What counts as one address: an IPv4 address, or 64 bits of an IPv6 address, which is what one customer gets. Undefined for this
 * machine itself, where proxies run and nobody has to be kept out.
 */
export function networkOf(address: string | undefined): string | undefined {
  if (address === undefined || isLocalAddress(address)) return undefined;
  const plain = unmapped(address);
  return isIPv6(plain) ? prefix64(plain) : plain;
}

/** The first four groups of an IPv6 address, written out. */
function prefix64(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Math.max(0, 8 - groups.length - last.length);
  const all = tail === undefined ? groups : [...groups, ...new Array<string>(zeros).fill('0'), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
