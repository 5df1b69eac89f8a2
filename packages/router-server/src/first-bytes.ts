/**
 * Tells by the first byte what a connection speaks, and hands it to whoever understands it: RawSocket begins with 0x7F, TLS
 * with 0x16, and everything else is left to HTTP, which answers in words. Owns the wait for that byte; once a connection is handed over nothing
 * here is on its way any more.
 */
import type { Socket } from 'node:net';
import { RAWSOCKET_MAGIC } from '@wamp/protocol';

/** The first octet of a TLS handshake record. Source: RFC 8446, section 5.1. */
const TLS_HANDSHAKE = 0x16;

/** Who takes a connection; absent for what is not spoken here. */
export interface FirstByteHandlers {
  readonly rawSocket?: ((socket: Socket, first: Buffer) => void) | undefined;
  readonly tls?: ((socket: Socket) => void) | undefined;
  readonly http?: ((socket: Socket) => void) | undefined;
}

/**
 * Waits for the first bytes of a connection and hands it over, paused and with these bytes still to be read; RawSocket
 * gets them as an argument. A connection that says nothing within the time, or what nobody understands, is closed.
 */
export function handOverByFirstByte(socket: Socket, handlers: FirstByteHandlers, timeoutMs: number): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onClose = (): void => clearTimeout(timer);
  const onError = (): void => void socket.destroy();
  socket.once('close', onClose);
  // The port leaves sockets half open: of a peer that ends without a word nothing more can come.
  socket.once('end', onError);
  socket.on('error', onError);
  socket.once('data', (first: Buffer) => {
    clearTimeout(timer);
    socket.off('close', onClose);
    socket.off('end', onError);
    socket.pause();
    handOver(socket, first, handlers);
    // Whoever has taken the connection listens for errors by now.
    if (socket.listenerCount('error') > 1) socket.off('error', onError);
  });
}

function handOver(socket: Socket, first: Buffer, handlers: FirstByteHandlers): void {
  const { rawSocket, tls, http } = handlers;
  if (first[0] === RAWSOCKET_MAGIC && rawSocket !== undefined) {
    rawSocket(socket, first);
    return;
  }
  const taker = first[0] === TLS_HANDSHAKE && tls !== undefined ? tls : http;
  if (taker === undefined) {
    socket.destroy();
    return;
  }
  socket.unshift(first);
  taker(socket);
}
