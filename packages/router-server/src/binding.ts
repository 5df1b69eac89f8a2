/**
 * From an address to a listening server: TCP ports and Unix sockets. Owns what a wrong address is, and what is done about the socket
 * file that a process which was killed has left behind.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { ListenError } from './listen-error.js';

/** A TCP port on an address, or the path of a Unix socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly socketPath: string };

/** @throws ListenError if it cannot be opened; RangeError or TypeError for what is no place */
export async function bind(server: Server, place: Place): Promise<void> {
  if ('port' in place) {
    const { port } = place;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RangeError(`port must be a whole number from 0 to 65535, not ${port}`);
    }
  } else if (place.socketPath === '') throw new TypeError('socketPath must not be empty');
  try {
    await attempt(server, place);
  } catch (error) {
    const mayTryAgain = isInUse(error) && 'socketPath' in place && (await isLeftBehind(place.socketPath));
    if (!mayTryAgain) throw ListenError.from(error as NodeJS.ErrnoException, place);
    unlinkSync(place.socketPath);
    await attempt(server, place).catch((second: unknown) => {
      throw ListenError.from(second as NodeJS.ErrnoException, place);
    });
  }
}

function attempt(server: Server, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      'port' in place ? { port: place.port, host: place.host } : { path: place.socketPath },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** True for a socket file that nobody listens on: its process has not lived to remove it. */
function isLeftBehind(socketPath: string): Promise<boolean> {
  // A plain file refuses connections just the same, and is somebody's.
  if (lstatSync(socketPath, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ path: socketPath });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
