/**
 * The floor for RawSocket: TCP sockets, four bytes of length before each frame, writes batched per turn. It copies frames.
 *
 *   node net-relay.js PORT
 */
import { createServer, type Socket } from 'node:net';
import { Seats } from './seats.js';
import { batch } from './turn-batch.js';

const HEADER = 4;
const seats = new Seats<Socket>();

createServer({ noDelay: true }, (socket) => {
  let role: string | undefined = undefined;
  let rest: Buffer | undefined = undefined;
  const parts: Buffer[] = [];
  let needed = HEADER;
  let have = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < needed) return;
    const buffer = parts.length === 1 ? chunk : Buffer.concat(parts);
    let at = 0;
    needed = HEADER;
    while (buffer.length - at >= HEADER) {
      const end = at + HEADER + buffer.readUInt32BE(at);
      if (end > buffer.length) {
        needed = end - at;
        break;
      }
      role = take(buffer.subarray(at, end), role);
      at = end;
    }
    parts.length = 0;
    rest = buffer.subarray(at);
    have = rest.length;
    if (have > 0) parts.push(rest);
  });

  /** The first frame says who sits here. */
  function take(frame: Buffer, known: string | undefined): string {
    if (known === undefined) {
      const [name = '', index = '0'] = frame.toString('latin1', HEADER).split(' ');
      seats.take(name, Number(index), socket);
      socket.on('close', () => seats.leave(name, Number(index), socket));
      return name;
    }
    seats.relay(known, frame, HEADER, (to) => {
      batch(to);
      to.write(frame);
    });
    return known;
  }
}).listen(Number(process.argv[2]), '127.0.0.1');
