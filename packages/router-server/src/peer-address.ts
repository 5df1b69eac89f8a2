/** How a peer is named in logs and session details. */

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
