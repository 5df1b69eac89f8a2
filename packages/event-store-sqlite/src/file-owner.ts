/**
 * Sees to it that a file has one owner, in this process or any other of this machine, in containers too; and that an
 * owner that is dead is none, however it died.
 *
 * Whoever wants the file listens on a local socket of its own beside it, and then looks whether anybody else does. The
 * operating system tells that for sure, where process ids are used again and are the same in each container. Nobody ever
 * takes a name that was used before, so that a dead socket can be removed at any time; of two that come at once each sees
 * the other, at least if it comes later. Must not touch the file itself.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreFileError } from './event-store-file-error.js';

export interface FileOwner {
  /** Gives the file up. */
  release(): Promise<void>;
}

/** Longest name of a socket that every Unix takes. */
const SOCKET_NAME_BYTES = 100;
/** Two that came at once both step back, and try again after some milliseconds, by chance not the same number. */
const ATTEMPTS = 6;
const STEP_BACK_MS = 100;

/**
 * @param path absolute, with no symbolic links
 * @throws EventStoreFileError `in_use` if the file has an owner
 */
export async function ownFile(path: string): Promise<FileOwner> {
  try {
    const owner = process.platform === 'win32' ? await ownByPipe(path) : await ownBySocket(path);
    if (owner !== undefined) return owner;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EventStoreFileError('inaccessible', path, `cannot be locked: ${reason}`, error);
  }
  const sentence = 'is in use: another router has it open, and each needs a file of its own';
  throw new EventStoreFileError('in_use', path, sentence);
}

/** Windows' pipes need no file, have one owner, and vanish with it. */
async function ownByPipe(path: string): Promise<FileOwner | undefined> {
  const hash = createHash('sha256').update(path.toLowerCase()).digest('hex');
  try {
    const server = await listen(`\\\\.\\pipe\\wamp-${hash}`);
    return { release: () => end(server) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function ownBySocket(path: string): Promise<FileOwner | undefined> {
  const place = new Place(path);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const name = `${place.prefix}${randomBytes(4).toString('hex')}`;
    const server = await listen(place.addressOf(name));
    const isOwner = await isAlone(place, name);
    const release = async (): Promise<void> => {
      await end(server);
      place.close();
    };
    if (isOwner) return { release };
    await end(server);
    if (attempt < ATTEMPTS) await sleep(Math.random() * STEP_BACK_MS);
  }
  place.close();
  return undefined;
}

/** Where the sockets of a file are. */
class Place {
  /** beginning of their names */
  readonly prefix: string;
  readonly #folder: string;
  /** an open folder, if its name is too long for a socket's */
  readonly #descriptor: number | undefined;

  constructor(path: string) {
    this.prefix = `${basename(path)}.owner-`;
    this.#folder = dirname(path);
    if (Buffer.byteLength(path) + 20 > SOCKET_NAME_BYTES && process.platform === 'linux') {
      this.#descriptor = fs.openSync(this.#folder, 'r');
      this.#folder = `/proc/self/fd/${this.#descriptor}`;
    }
  }

  addressOf(name: string): string {
    return join(this.#folder, name);
  }

  /** The names of all sockets, living or dead. */
  names(): string[] {
    return fs.readdirSync(this.#folder).filter((name) => name.startsWith(this.prefix));
  }

  close(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
  }
}

/** Whether nobody else listens; who does so later will see this one. Removes what the dead have left. */
async function isAlone(place: Place, own: string): Promise<boolean> {
  const names = place.names();
  // Somebody has looked in the moment between getting the name and listening.
  if (!names.includes(own)) return false;
  for (const name of names) {
    if (name === own) continue;
    const address = place.addressOf(name);
    if (await answers(address)) return false;
    if (fs.lstatSync(address, { throwIfNoEntry: false })?.isSocket() === true)
      fs.rmSync(address, { force: true });
  }
  return true;
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    // An open store does not keep a process alive that has nothing else to do.
    server.unref();
    server.once('error', reject);
    // Else a cluster's worker would leave the listening to its primary, and have the file together with the others.
    server.listen({ path: address, exclusive: true }, () => resolve(server));
  });
}

/** Also takes the socket's name away. */
function end(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** False if nobody listens there for sure; the operating system answers, also for a process that is busy or stopped. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Anything else, a full queue or another user's socket, is somebody.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}
