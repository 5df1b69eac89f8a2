/**
 * Which peers count as one because they have the same address. Owns the reading of addresses as transports write them.
 */

/**
 * The address that limits go by, out of a transport's `peer`: an IPv4 address, or the first 64 bits of an IPv6 one, which
 * is what one household or one machine gets.
 * @returns undefined where there is no address: in memory, over a Unix socket
 */
export function addressGroupOf(transport: Readonly<Record<string, unknown>>): string | undefined {
  const { peer } = transport;
  if (typeof peer !== 'string') return undefined;
  const bracketed = /^\[([0-9a-fA-F:.]+)(?:%[^\]]*)?\](?::\d+)?$/.exec(peer)?.[1];
  if (bracketed !== undefined) return groupOfIpv6(bracketed.toLowerCase());
  return /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?$/.exec(peer)?.[1];
}

function groupOfIpv6(address: string): string {
  // An IPv4 peer of a socket for both.
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted part at the end stands for two groups; the first four are what counts.
  const missing = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: missing }, () => '0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
