/** What the router learns of the connection below a transport, the same for every kind. */
import { TLSSocket } from 'node:tls';
import { tlsInfoFrom } from '@wamp/protocol';
import { peerOf, type Addressed } from './peer-address.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * @param type `websocket`, `rawsocket` or `longpoll`
 * @param protocol for example `wamp.2.json`
 */
export function transportInfo(
  type: string,
  protocol: string,
  socket: Addressed,
): Readonly<Record<string, unknown>> {
  const info = { type, protocol, peer: peerOf(socket) };
  return socket instanceof TLSSocket ? { ...info, tls: tlsInfoFrom(socket, 'server', NO_BYTES) } : info;
}
