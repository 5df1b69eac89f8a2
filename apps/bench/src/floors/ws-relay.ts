/**
 * The floor for WebSocket: `ws` sockets and nothing else. It copies frames, from whoever sends to whoever sits opposite.
 *
 *   node ws-relay.js PORT plain|batched
 */
import type { Socket } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Seats } from './seats.js';
import { batch } from './turn-batch.js';

const [port, mode] = process.argv.slice(2);
const isBatched = mode === 'batched';
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(port),
  perMessageDeflate: false,
  maxPayload: 64 * 1024 * 1024,
});
const seats = new Seats<{ readonly socket: WebSocket; readonly wire: Socket }>();

server.on('connection', (socket, request) => {
  const [, role = '', index = '0'] = (request.url ?? '').split('/');
  request.socket.setNoDelay(true);
  const place = { socket, wire: request.socket };
  seats.take(role, Number(index), place);
  socket.on('close', () => seats.leave(role, Number(index), place));
  socket.on('error', () => undefined);
  socket.on('message', (frame: Buffer, isBinary: boolean) => {
    seats.relay(role, frame, 0, (to) => {
      if (isBatched) batch(to.wire);
      to.socket.send(frame, { binary: isBinary });
    });
  });
});
