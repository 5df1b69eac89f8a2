/** All that is written to a socket in one turn of the event loop goes out in one system call. */
import type { Socket } from 'node:net';

const corked: Socket[] = [];

/** Call it before each write. */
export function batch(socket: Socket): void {
  if (socket.writableCorked > 0) return;
  socket.cork();
  corked.push(socket);
  if (corked.length === 1) setImmediate(flush);
}

function flush(): void {
  for (const socket of corked.splice(0)) socket.uncork();
}
