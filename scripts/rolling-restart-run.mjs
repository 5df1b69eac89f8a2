/**
 * Restarts routers under load and counts what becomes of the calls. Two set-ups, one after the other:
 *
 * - one router on one port: it is told to end (SIGTERM) and started anew;
 * - two routers behind one address that leads to those whose /readyz says 200; each is restarted in turn. Callees are connected
 *   to both.
 *
 *   node scripts/rolling-restart-run.mjs [--restarts 3] [--callers 16]
 *
 * The calls are such as may be repeated, and are repeated when the router says that it did not route them (`wamp.error.unavailable`
 * while it drains, `no_such_procedure` before the callee is back) or when their connection ends. Prints how often that was; ends
 * with 1 if a call failed, or if one was executed more often than answered, which is what a drain is there to prevent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './workspace.mjs';

const { values } = parseArgs({
  options: { restarts: { type: 'string', default: '3' }, callers: { type: 'string', default: '16' } },
});
const restarts = Number(values.restarts);
const callers = Number(values.callers);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const directory = mkdtempSync(join(tmpdir(), 'wamp-restart-'));

/** A `wamp-router` process on a port that stays the same. */
class RouterChild {
  constructor(port) {
    this.port = port;
    this.file = join(directory, `${port}.json`);
    const endpoint = { type: 'tcp', port };
    writeFileSync(this.file, JSON.stringify({ transports: [{ type: 'websocket', endpoint }] }));
  }

  get url() {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  async isReady() {
    const answer = await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  }

  async start() {
    const bin = join(root, 'packages', 'router-server', 'bin', 'wamp-router.js');
    const args = [bin, '--config', this.file, '--log-level', 'silent'];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.ended = once(this.child, 'exit');
    while (!(await this.isReady())) await wait(20);
  }

  /** @returns the exit code */
  async end() {
    this.child.kill('SIGTERM');
    return (await this.ended)[0];
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** One address before several routers, as a load balancer has it: new connections go to a router that is ready. */
async function openAddress(routers) {
  const sockets = new Set();
  const server = createServer(async (near) => {
    near.on('error', () => undefined);
    const ready = [];
    for (const router of routers) if (await router.isReady()) ready.push(router);
    const chosen = ready[Math.floor(Math.random() * ready.length)];
    if (chosen === undefined) return void near.destroy();
    const far = connectTcp(chosen.port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `ws://127.0.0.1:${server.address().port}/ws`, close };
}

/** Calls without a pause, each until it is answered, for as long as `isOver` says no. */
class Load {
  answered = 0;
  failed = 0;
  repeats = new Map();
  longestMs = 0;
  isOver = false;

  async run(client) {
    while (!this.isOver) {
      const since = performance.now();
      await this.#call(client, this.answered);
      this.longestMs = Math.max(this.longestMs, performance.now() - since);
    }
  }

  async #call(client, number) {
    const deadline = performance.now() + 30_000;
    for (;;) {
      try {
        if ((await client.call('com.example.twice', [number])) !== 2 * number)
          throw new Error('a wrong answer');
        this.answered += 1;
        return;
      } catch (error) {
        const reason = String(error.uri ?? error.message);
        this.repeats.set(reason, (this.repeats.get(reason) ?? 0) + 1);
        if (performance.now() > deadline || error.uri === undefined) {
          console.error(error);
          this.failed += 1;
          return;
        }
        await wait(20);
      }
    }
  }

  print(title) {
    const repeats = [...this.repeats].map(([reason, count]) => `${reason} ${count}`).join(', ');
    console.log(
      `${title}: ${this.answered} calls answered, ${this.failed} failed; longest ${Math.round(this.longestMs)} ms; repeated: ${repeats || 'none'}`,
    );
  }
}

async function runScene(title, routers, callerUrl, restart) {
  const { connect } = await import(pathToFileURL(join(root, 'packages', 'client', 'dist', 'index.js')).href);
  const options = { realm: 'realm1', reconnect: { minDelayMs: 20, maxDelayMs: 250 } };
  let executed = 0;
  const callees = await Promise.all(routers.map(({ url }) => connect(url, options)));
  for (const callee of callees) {
    await callee.register('com.example.twice', async ([number]) => {
      executed += 1;
      await wait(5);
      return 2 * number;
    });
  }
  const load = new Load();
  const clients = await Promise.all(Array.from({ length: callers }, () => connect(callerUrl, options)));
  const running = clients.map((client) => load.run(client));
  await wait(500);
  for (let round = 0; round < restarts; round += 1) await restart(callees);
  await wait(500);
  load.isOver = true;
  await Promise.all(running);
  load.print(title);
  console.log(
    `  executed: ${executed}, so that ${executed - load.answered} ran without their caller getting the result`,
  );
  for (const client of [...clients, ...callees]) await client.close();
  return load.failed + executed - load.answered;
}

/** Until the callee is offered again by the router that has come back. */
async function isOfferedAt({ url }, connect) {
  const client = await connect(url, { realm: 'realm1' });
  while ((await client.call('wamp.registration.lookup', ['com.example.twice'])) === null) await wait(20);
  await client.close();
}

async function restartOf(router, connect) {
  const code = await router.end();
  if (code !== 0) throw new Error(`the router ended with ${code}`);
  await router.start();
  await isOfferedAt(router, connect);
}

async function main() {
  await ensureBuilt('packages/router-server');
  await ensureBuilt('packages/client');
  const { connect } = await import(pathToFileURL(join(root, 'packages', 'client', 'dist', 'index.js')).href);
  const routers = [new RouterChild(await freePort()), new RouterChild(await freePort())];
  for (const router of routers) await router.start();
  const [only] = routers;
  let faults = await runScene(`one router, ${restarts} restarts`, [only], only.url, () =>
    restartOf(only, connect),
  );
  const address = await openAddress(routers);
  faults += await runScene(`two routers, ${restarts} rolling restarts`, routers, address.url, async () => {
    for (const router of routers) await restartOf(router, connect);
  });
  address.close();
  for (const router of routers) await router.end();
  return faults === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(directory, { recursive: true });
}
