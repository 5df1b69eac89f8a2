/** What a session on Node learns of the connection below its transport. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { tlsInfoFrom, type ListCodec } from '@wamp/protocol';

const NO_BYTES = Buffer.alloc(0);

export function nodeTransportInfo(
  type: string,
  url: string,
  serializer: ListCodec,
  socket: Socket | undefined,
): Readonly<Record<string, unknown>> {
  const info = { type, url, subprotocol: serializer.subprotocol };
  return socket instanceof TLSSocket ? { ...info, tls: tlsInfoFrom(socket, 'client', NO_BYTES) } : info;
}
