/** Where a peer is, for limits, policies, logs and session details. */
import { BlockList, isIP } from 'node:net';

/** A byte stream; a socket knows its peer's address. */
export interface Addressed {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** Address and port as in a URL; `unknown` for a Unix socket and for one that is closed. */
export function peerOf({ remoteAddress, remotePort }: Addressed): string {
  if (remoteAddress === undefined) return 'unknown';
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort ?? 0}`;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True for an address of this machine's own, and for a Unix socket, which has none. */
export function isLocalAddress(address: string | undefined): boolean {
  if (address === undefined) return true;
  const plain = unmapped(address);
  const family = isIP(plain);
  return family !== 0 && LOOPBACK.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

export function isLocal({ remoteAddress }: Addressed): boolean {
  return isLocalAddress(remoteAddress);
}

/** An IPv4 address as such, also where it came over an IPv6 socket. */
export function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
