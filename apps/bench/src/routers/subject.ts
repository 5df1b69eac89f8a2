/** Something that is measured: how its process is started, and where it listens then. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FormatName } from '../wire/format.js';

export type TransportName = 'websocket' | 'rawsocket';

export interface Subject {
  readonly name: string;
  /** a floor knows nothing of WAMP */
  readonly kind: 'router' | 'floor';
  readonly transports: readonly TransportName[];
  readonly formats: readonly FormatName[];
  /** How to start it on these ports; files are written into a folder of its own before. */
  command(ports: Ports, folder: string): Command;
}

export interface Ports {
  readonly websocket: number;
  readonly rawsocket: number;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly urls: Partial<Readonly<Record<TransportName, string>>>;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Running {
  readonly pid: number;
  readonly urls: Command['urls'];
  stop(): Promise<void>;
}

const START_MS = 20_000;
/** Processors for the subject and for the load generator, if there are two and the system can say so. */
export const PROCESSORS = { subject: 0, generator: 1 } as const;

/** `taskset` in front of a command. */
export function pinned(
  command: readonly string[],
  processor: number,
  isPinned: boolean,
): readonly [string, string[]] {
  const [program, ...args] = isPinned ? ['taskset', '-c', String(processor), ...command] : command;
  return [program!, args];
}

export function canPin(): boolean {
  return process.platform === 'linux' && spawnSync('taskset', ['-c', '1', 'true']).status === 0;
}

export async function start(subject: Subject, isPinned: boolean): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-bench-'));
  const ports = { websocket: await freePort(), rawsocket: await freePort() };
  const { program, args, urls, files = {} } = subject.command(ports, folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const [first, rest] = pinned([program, ...args], PROCESSORS.subject, isPinned);
  const child = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder });
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${String(chunk)}`.slice(-2_000)));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const url of Object.values(urls)) await untilListening(Number(new URL(url).port), child);
  } catch (error) {
    await stop();
    throw new Error(`${subject.name} does not start: ${String(error)}\n${said}`, { cause: error });
  }
  return { pid: child.pid!, urls, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const end = performance.now() + START_MS;
  while (performance.now() < end) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}`);
}
