/**
 * Everything at once, for as long as one likes: a router process; client processes that call, stream, cancel, publish and
 * subscribe, over WebSocket and RawSocket; and what goes wrong in life: processes are killed (SIGKILL) and stopped (SIGSTOP), wires
 * are cut, and there are subscribers that do not read.
 *
 *   node scripts/soak-run.mjs [--seconds 60] [--workers 6] [--seed 1]
 *
 * Prints sessions, calls, errors and the router's memory over time. Ends with 1 if an answer was wrong, an event of one publisher came
 * twice or out of order, the router reported an error or ended, or anything is left in it when everybody has gone.
 */
/* global AbortSignal, clearInterval, setInterval */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './workspace.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    workers: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    worker: { type: 'string' },
  },
});
const [seconds, workerCount, seed] = [Number(values.seconds), Number(values.workers), Number(values.seed)];
if (!(seconds > 0) || !(workerCount > 0) || !Number.isSafeInteger(seed)) {
  console.error('--seconds, --workers and --seed take numbers');
  process.exit(2);
}

/** How long the router keeps the sessions of clients that are gone. */
const RESUME_MS = 2_000;

function randomFrom(start) {
  let state = start;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ---- a client process ------------------------------------------------------------------------------------------------

const tally = { answered: 0, streams: 0, canceled: 0, events: 0, wrong: [], errors: {} };

function failed(error) {
  const name = error?.uri ?? error?.name ?? String(error);
  tally.errors[name] = (tally.errors[name] ?? 0) + 1;
}

/** Events of one publisher have to come in order and once; a gap is what a session that was lost has missed. */
function eventChecker() {
  const last = new Map();
  return ([publisher, n]) => {
    tally.events += 1;
    if (n <= (last.get(publisher) ?? 0))
      tally.wrong.push(`event ${n} of ${publisher} behind ${last.get(publisher)}`);
    last.set(publisher, n);
  };
}

const WORK = [
  async (client, n) => {
    const value = { n, text: 'x'.repeat(n % 2_000) };
    const result = await client.call('soak.echo', [value], { timeoutMs: 15_000 });
    if (result.n !== n || result.text.length !== n % 2_000) tally.wrong.push(`echo ${n}: ${result.n}`);
    tally.answered += 1;
  },
  async (client, n) => {
    let next = 0;
    const most = n % 50;
    for await (const value of client.stream('soak.count', [most], { timeoutMs: 15_000 })) {
      if (value !== next) tally.wrong.push(`stream: ${value} instead of ${next}`);
      next += 1;
    }
    if (next !== most) tally.wrong.push(`stream: ended after ${next} of ${most}`);
    tally.streams += 1;
  },
  async (client) => {
    const signal = AbortSignal.timeout(20);
    await client.call('soak.wait', [], { signal }).then(
      () => tally.wrong.push('a call that never ends was answered'),
      (error) => (signal.aborted ? (tally.canceled += 1) : failed(error)),
    );
  },
];

async function beWorker(url) {
  const { connect } = await import(pathToFileURL(join(root, 'packages/client/dist/index.js')).href);
  const { cbor } = await import(pathToFileURL(join(root, 'packages/client/dist/serializers/cbor.js')).href);
  const random = randomFrom(process.pid);
  const dial = () =>
    connect(url, {
      realm: 'realm1',
      serializers: [cbor()],
      reconnect: { minDelayMs: 20, maxDelayMs: 500 },
      onError: (error) => failed(error),
    });
  let client;
  // The first connection may be cut as any other.
  while (client === undefined) client = await dial().catch(failed);
  await client.register('soak.echo', ([value]) => value, { invoke: 'roundrobin' });
  await client.register(
    'soak.count',
    async function* ([most]) {
      for (let n = 0; n < most; n += 1) yield n;
    },
    { invoke: 'roundrobin' },
  );
  await client.register('soak.wait', () => new Promise(() => undefined), { invoke: 'random' });
  await client.subscribe('soak.news', eventChecker());
  let isOver = false;
  process.on('message', () => (isOver = true));
  const report = setInterval(() => process.send(tally), 200);
  let published = 0;
  const lane = async () => {
    while (!isOver) {
      const n = random(1_000_000);
      await WORK[random(10) < 7 ? 0 : 1 + random(2)](client, n).catch(failed);
      if (random(4) === 0) await client.publish('soak.news', [process.pid, (published += 1)]).catch(failed);
      if (random(20) === 0) await pause(random(20));
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  clearInterval(report);
  await client.close();
  process.send(tally, () => process.exit(0));
}

// ---- what goes wrong -------------------------------------------------------------------------------------------------

/** Passes bytes on, on connections that can be cut. */
async function startProxy(port) {
  const pairs = new Set();
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    const pair = [near, far];
    pairs.add(pair);
    near.pipe(far).pipe(near);
    for (const [at, socket] of pair.entries()) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pairs.delete(pair);
        pair[1 - at].destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, pairs, port: server.address().port };
}

/** A subscriber that takes the first answers and reads nothing more, in RawSocket and JSON. */
function startSlowReader(port) {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(Uint8Array.of(0x7f, 0xf1, 0, 0));
  for (const message of [
    [1, 'realm1', { roles: { subscriber: {} } }],
    [32, 1, {}, 'soak.news'],
  ]) {
    const frame = Buffer.from(JSON.stringify(message));
    socket.write(Buffer.concat([Buffer.from([0, 0, frame.length >> 8, frame.length & 0xff]), frame]));
  }
  socket.pause();
  return socket;
}

// ---- the whole -------------------------------------------------------------------------------------------------------

async function startRouter(folder) {
  const config = join(folder, 'router.yaml');
  writeFileSync(config, `realms:\n  - name: realm1\nlimits:\n  resume_ms: ${RESUME_MS}\n`);
  const cli = join(root, 'packages/router-server/dist/cli.js');
  const flags = ['--config', config, '--port', '0', '--log-format', 'json', '--log-level', 'info'];
  const child = spawn(process.execPath, [cli, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const errors = [];
  const port = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the router ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line);
      const url = /ws:\/\/[\d.]+:(\d+)/.exec(line);
      if (url !== null) resolve(Number(url[1]));
      if (entry.level === 'error' || entry.level === 'fatal' || entry.level >= 50) errors.push(line);
    });
  });
  return { child, port, errors };
}

function memoryOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return NaN; // only Linux tells
  }
}

const sum = (of) => Object.values(of).reduce((total, each) => total + each, 0);

function added(tallies) {
  const all = { answered: 0, streams: 0, canceled: 0, events: 0, wrong: [], errors: {} };
  for (const each of tallies) {
    for (const key of ['answered', 'streams', 'canceled', 'events']) all[key] += each[key];
    all.wrong.push(...each.wrong);
    for (const [name, count] of Object.entries(each.errors))
      all.errors[name] = (all.errors[name] ?? 0) + count;
  }
  return all;
}

async function soak() {
  await ensureBuilt('packages/router-server');
  await ensureBuilt('packages/client');
  const { connect } = await import(pathToFileURL(join(root, 'packages/client/dist/index.js')).href);
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const router = await startRouter(folder);
  let isRouterGone = false;
  router.child.on('exit', () => (isRouterGone = true));
  const proxy = await startProxy(router.port);
  const random = randomFrom(seed);
  const tallies = new Map();
  const workers = new Set();
  const crashes = [];
  const harm = { kills: 0, stops: 0, cuts: 0 };
  let isEnding = false;

  const startWorker = () => {
    const scheme = random(2) === 0 ? `ws://127.0.0.1:${proxy.port}/ws` : `rs://127.0.0.1:${proxy.port}`;
    const child = fork(fileURLToPath(import.meta.url), ['--worker', scheme]);
    workers.add(child);
    child.on('message', (told) => tallies.set(child.pid, told));
    child.on('exit', (code) => {
      workers.delete(child);
      if (code !== null && code !== 0) crashes.push(`a client process ended with ${code}`);
      if (!isEnding && crashes.length < 10) startWorker();
    });
  };
  for (let count = 0; count < workerCount; count += 1) startWorker();
  let slow = startSlowReader(router.port);

  const doHarm = async () => {
    const victim = [...workers][random(workers.size)];
    const kind = random(10);
    if (kind === 0) {
      harm.kills += 1;
      victim?.kill('SIGKILL');
    } else if (kind < 3) {
      harm.stops += 1;
      victim?.kill('SIGSTOP');
      setTimeout(() => victim?.kill('SIGCONT'), 100 + random(2_500));
    } else {
      const pair = [...proxy.pairs][random(proxy.pairs.size)];
      harm.cuts += pair === undefined ? 0 : 1;
      pair?.[random(2)].resetAndDestroy();
    }
    if (slow.destroyed) slow = startSlowReader(router.port);
  };

  const observer = await connect(`ws://127.0.0.1:${router.port}/ws`, { realm: 'realm1' });
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1_000;
  console.log('   time  sessions  answered  streams  canceled   events  errors  kills  stops  cuts  memory');
  const line = async () => {
    const sessions = await observer.call('wamp.session.count', [], { timeoutMs: 20_000 });
    const all = added(tallies.values());
    const cells = [
      [`${elapsed().toFixed(0)} s`, 7],
      [sessions, 10],
      [all.answered, 10],
      [all.streams, 9],
      [all.canceled, 10],
      [all.events, 9],
      [sum(all.errors), 8],
      [harm.kills, 7],
      [harm.stops, 7],
      [harm.cuts, 6],
      [`${memoryOf(router.child.pid).toFixed(0)} MiB`, 10],
    ];
    console.log(cells.map(([value, width]) => String(value).padStart(width)).join(''));
    return sessions;
  };
  let nextLineAt = 0;
  while (elapsed() < seconds && !isRouterGone) {
    if (elapsed() >= nextLineAt) {
      await line();
      nextLineAt += Math.max(1, seconds / 12);
    }
    await pause(50 + random(300));
    await doHarm();
  }

  isEnding = true;
  slow.destroy();
  for (const child of workers) {
    child.kill('SIGCONT');
    child.send('end');
  }
  const until = performance.now() + 60_000;
  while (workers.size > 0 && performance.now() < until) await pause(50);
  const isStuck = workers.size > 0;
  for (const child of workers) child.kill('SIGKILL');
  let left = Infinity;
  while (!isRouterGone && left > 1 && performance.now() < until) {
    left = await observer.call('wamp.session.count');
    await pause(100);
  }
  await line();
  const registrations = await observer.call('wamp.registration.match', ['soak.echo']);
  await observer.close();
  proxy.server.close();
  const survived = !isRouterGone;
  router.child.kill('SIGTERM');
  if (survived) await once(router.child, 'exit');
  rmSync(folder, { recursive: true });

  const all = added(tallies.values());
  for (const [name, count] of Object.entries(all.errors)) console.log(`  ${name}: ${count}`);
  const faults = [
    ...all.wrong.slice(0, 10),
    ...router.errors.slice(0, 10),
    ...crashes,
    ...(survived ? [] : ['the router ended']),
    ...(left === 1 ? [] : [`${left} sessions are left`]),
    ...(registrations === null ? [] : ['a registration is left']),
    ...(isStuck ? ['client processes did not end'] : []),
    ...(all.answered > 0 ? [] : ['no call was answered']),
  ];
  for (const fault of faults) console.log(`  WRONG: ${fault}`);
  console.log(faults.length === 0 ? 'nothing wrong' : `${faults.length} things wrong`);
  return faults.length === 0;
}

if (values.worker !== undefined) await beWorker(values.worker);
else process.exit((await soak()) ? 0 : 1);
