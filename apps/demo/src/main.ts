/** The director: starts every part as a process of its own, lets the clerk play, checks that all went as it should. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromDirector, ToDirector } from './backstage.js';
import type { Member, Seen } from './contract.js';
import * as stage from './stage.js';

/** In order of entry: the order of registration decides whom `roundrobin` and `last` name. */
const cast: readonly Member[] = [
  { name: 'supervisor', part: 'supervisor', serialization: 'json' },
  { name: 'goods', part: 'goods', serialization: 'msgpack' },
  { name: 'picker-1', part: 'picker', serialization: 'json' },
  { name: 'picker-2', part: 'picker', serialization: 'cbor' },
  { name: 'picker-3', part: 'picker', serialization: 'msgpack' },
  { name: 'printer-old', part: 'printer', serialization: 'json' },
  { name: 'printer-new', part: 'printer', serialization: 'msgpack' },
  { name: 'clerk', part: 'clerk', serialization: 'cbor' },
];

/** Five registrations with eight callees in them; one callee is killed, and another one still holds that registration. */
const EXPECTED: Seen = { create: 5, register: 8, unregister: 1, delete: 0 };

/** No step waits for anything slow; a demo that hangs is a demo that failed. */
const PATIENCE_MS = 20_000;

const processes = new Map<string, ChildProcess>();
let failures = 0;

function start(part: string, args: readonly string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(`./${part}.js`, import.meta.url)), args, { execArgv: [] });
  processes.set(args[1] ?? part, child);
  return child;
}

function order(name: string, message: FromDirector): void {
  processes.get(name)?.send(message);
}

/** The next message of that type; fails if the process ends before. */
function hears<T extends ToDirector['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<ToDirector, { type: T }>> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: ToDirector) => {
      if (message.type === type) resolve(message as Extract<ToDirector, { type: T }>);
    });
    child.once('exit', (code) => reject(new Error(`a process ended early (status ${String(code)})`)));
  });
}

async function enterAll(): Promise<void> {
  const { url } = await hears(start('router', []), 'listening');
  stage.title('A warehouse on WAMP', `router at ${url} · every part is its own process`);
  stage.act('The cast');
  for (const { name, part, serialization } of cast) {
    const { note } = await hears(start(part, [url, name, serialization]), 'ready');
    stage.member(name, serialization, note);
  }
}

/** The new printer says that it works on a long label; that is the moment to kill it. */
function killThePrinterAtWork(): void {
  const printer = processes.get('printer-new');
  printer?.on('message', (message: ToDirector) => {
    if (message.type !== 'working') return;
    stage.remark(`printer-new works on ${message.on} … its process is killed (SIGKILL)`);
    printer.kill('SIGKILL');
  });
}

async function play(): Promise<void> {
  const clerk = processes.get('clerk')!;
  killThePrinterAtWork();
  clerk.on('message', (message: ToDirector) => {
    if (message.type === 'act') stage.act(message.title);
    if (message.type !== 'step') return;
    stage.step(message.step);
    if (!message.step.ok) failures++;
  });
  const finished = hears(clerk, 'finished');
  order('clerk', { type: 'begin' });
  await finished;
}

async function askTheSupervisor(): Promise<void> {
  stage.act('What the supervisor saw');
  const report = hears(processes.get('supervisor')!, 'seen');
  order('supervisor', { type: 'report' });
  const { seen } = await report;
  for (const key of ['create', 'register', 'unregister', 'delete'] as const) {
    const ok = seen[key] === EXPECTED[key];
    if (!ok) failures++;
    stage.check(
      `wamp.registration.on_${key.padEnd(10)} × ${seen[key]}${ok ? '' : `, expected ${EXPECTED[key]}`}`,
      ok,
    );
  }
}

/** Ends every process; they say GOODBYE when their channel closes. */
async function leaveAll(): Promise<void> {
  const living = [...processes.values()]
    .reverse()
    .filter((child) => child.exitCode === null && child.signalCode === null);
  for (const child of living) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.removeAllListeners('message');
    if (child.connected) child.disconnect();
    await gone;
  }
}

const impatience = setTimeout(() => {
  stage.curtain(false, `Nothing happened for ${PATIENCE_MS / 1000} seconds: the demo has failed.`);
  for (const child of processes.values()) child.kill('SIGKILL');
  process.exit(1);
}, PATIENCE_MS);

try {
  await enterAll();
  await play();
  await askTheSupervisor();
  await leaveAll();
} catch (error) {
  failures++;
  stage.remark(error instanceof Error ? error.message : String(error));
  for (const child of processes.values()) child.kill('SIGKILL');
}
clearTimeout(impatience);
if (failures === 0) stage.curtain(true, 'Everything went as it should.');
else stage.curtain(false, `${failures} ${failures === 1 ? 'thing' : 'things'} went wrong.`);
process.exit(failures === 0 ? 0 : 1);
