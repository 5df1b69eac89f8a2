/**
 * Restarts routers under load and counts what becomes of the calls. Two set-ups, one after the other:
 *
 * - one router on one port: it is told to end (SIGTERM) and started anew;
 * - two routers, whose addresses the callers know both; each is restarted in turn. A callee is connected to each.
 *
 *   node scripts/rolling-restart-run.mjs [--restarts 3] [--callers 16]
 *
 * The callers use what the client has, and nothing else: `reconnect` sends again what a draining router did not route, `offline: 'wait'` lets
 * calls wait for a session. With one router a caller may be back before the callee is; there `retry()` asks again after
 * `no_such_procedure`, which was not executed either. Ends with 1 if a call failed, or if one was executed twice or for nobody.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
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

/** Calls without a pause, each of which has to be answered, for as long as `isOver` says no. */
class Load {
  calls = 0;
  answered = 0;
  failed = 0;
  executed = 0;
  /** calls that came before their callee had come back */
  early = 0;
  longestMs = 0;
  isOver = false;

  async run(client) {
    while (!this.isOver) {
      const since = performance.now();
      this.calls += 1;
      const number = this.calls;
      try {
        const result = await client.call('com.example.twice', [number], { idempotent: true });
        if (result !== 2 * number) throw new Error(`a wrong answer: ${result}`);
        this.answered += 1;
      } catch (error) {
        console.error(error);
        this.failed += 1;
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - since);
    }
  }

  print(title) {
    console.log(
      `${title}: ${this.calls} calls, ${this.answered} answered, ${this.failed} failed, ${this.executed} executed; ` +
        `longest ${Math.round(this.longestMs)} ms; before the callee was back: ${this.early}`,
    );
  }

  get isClean() {
    return this.failed === 0 && this.answered === this.calls && this.executed === this.calls;
  }
}

/** @param isAlone true if there is no second router: then callers may be back before the callee is */
async function runScene(title, routers, { connect, retry, isAlone }, restart) {
  const options = { realm: 'realm1', reconnect: { minDelayMs: 20, maxDelayMs: 250, offline: 'wait' } };
  const load = new Load();
  const callees = await Promise.all(routers.map(({ url }) => connect(url, options)));
  for (const callee of callees) {
    await callee.register('com.example.twice', async ([number]) => {
      load.executed += 1;
      await wait(5);
      return 2 * number;
    });
  }
  const isTransient = (error) => {
    const isEarly = error.uri === 'wamp.error.no_such_procedure';
    if (isEarly) load.early += 1;
    return isEarly;
  };
  const asking = retry({ attempts: 1_000, minDelayMs: 20, maxDelayMs: 250, isTransient });
  const middleware = isAlone ? [asking] : [];
  const urls = routers.map(({ url }) => url);
  const clients = await Promise.all(
    Array.from({ length: callers }, (_, i) =>
      connect(i % 2 === 0 ? urls : [...urls].reverse(), { ...options, middleware }),
    ),
  );
  const running = clients.map((client) => load.run(client));
  await wait(500);
  for (let round = 0; round < restarts; round += 1) await restart();
  await wait(500);
  load.isOver = true;
  await Promise.all(running);
  load.print(title);
  for (const client of [...clients, ...callees]) await client.close();
  return load.isClean;
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
  const { connect } = await importBuilt('index.js');
  const { retry } = await importBuilt('standard-middleware.js');
  const routers = [new RouterChild(await freePort()), new RouterChild(await freePort())];
  for (const router of routers) await router.start();
  const [only] = routers;
  const one = await runScene(
    `one router, ${restarts} restarts`,
    [only],
    { connect, retry, isAlone: true },
    () => restartOf(only, connect),
  );
  const two = await runScene(
    `two routers, ${restarts} rolling restarts`,
    routers,
    { connect, retry, isAlone: false },
    async () => {
      for (const router of routers) await restartOf(router, connect);
    },
  );
  for (const router of routers) await router.end();
  return one && two ? 0 : 1;
}

function importBuilt(file) {
  return import(pathToFileURL(join(root, 'packages', 'client', 'dist', file)).href);
}

try {
  process.exitCode = await main();
} finally {
  rmSync(directory, { recursive: true });
}
