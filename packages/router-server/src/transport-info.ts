/** What the router learns of the connection below a transport, the same for every kind. */
import { TLSSocket } from 'node:tls';
import { tlsInfoFrom, type Serializer } from '@wamp/protocol';
import { peerOf, type Addressed } from './peer-address.js';

const NO_BYTES = Buffer.alloc(0);

/** @param type `websocket`, `rawsocket` or `longpoll` */
export function transportInfo(
  type: string,
  serializer: Serializer,
  socket: Addressed,
): Readonly<Record<string, unknown>> {
  const info = { type, protocol: serializer.subprotocol, peer: peerOf(socket) };
  return socket instanceof TLSSocket ? { ...info, tls: tlsInfoFrom(socket, 'server', NO_BYTES) } : info;
}
