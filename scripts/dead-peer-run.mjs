/**
 * How long the router takes to notice that a peer is dead, with its defaults: the promise is 40 s. The peers are `@wamp/client`, which says
 * so in HELLO and therefore gets PING over RawSocket, too. Peers that do not say what they are, and Autobahn|Python, are watched there
 * by TCP keepalive, which notices a lost machine or link (30 s), and not a process that stands still.
 *
 *   node scripts/dead-peer-run.mjs [--limit 40]
 *
 * Two ways to be dead, over WebSocket and over RawSocket, all at the same time: the peer's process is stopped (SIGSTOP), so that its
 * kernel still answers and the program does not; and the link goes silent, without a packet that says so (a relay in between
 * stops relaying and keeps both connections open). Ends with 1 if one of them was not noticed within the limit (seconds).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './workspace.mjs';

const distOf = (name) => pathToFileURL(join(root, 'packages', name, 'dist', 'index.js')).href;
const { values } = parseArgs({
  options: { limit: { type: 'string', default: '40' }, peer: { type: 'string' } },
});
const limitSeconds = Number(values.limit);
if (!(limitSeconds > 0)) {
  console.error('--limit takes a number of seconds');
  process.exit(2);
}

/** The process of a peer: joins, says its session, and does nothing. */
async function bePeer(url) {
  const { connect } = await import(distOf('client'));
  const client = await connect(url, { realm: 'realm1' });
  process.stdout.write(`${client.sessionId}\n`);
}

/** @returns the process and its session */
async function startPeer(url) {
  const file = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, [file, '--peer', url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, session: Number(String(line)) };
}

/** Passes on what comes, until it is silenced; then both ends wait for the other. */
async function startRelay(port) {
  const pairs = [];
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    pairs.push([near, far]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const silence = () => {
    for (const [near, far] of pairs) {
      near.unpipe(far);
      far.unpipe(near);
    }
  };
  const end = () => {
    server.close();
    for (const socket of pairs.flat()) socket.destroy();
  };
  return { port: server.address().port, silence, end };
}

/** One peer and one way to die. @returns seconds until its session was gone, and the reason in the log */
async function runCase(urlOf, way, left) {
  const relay = await startRelay(urlOf.port);
  const { child, session } = await startPeer(urlOf.url(way === 'silent link' ? relay.port : urlOf.port));
  const since = performance.now();
  if (way === 'silent link') relay.silence();
  else child.kill('SIGSTOP');
  let timer;
  const timeUp = new Promise((resolve) => (timer = setTimeout(resolve, limitSeconds * 1_000)));
  const reason = await Promise.race([left(session), timeUp]);
  clearTimeout(timer);
  const seconds = (performance.now() - since) / 1_000;
  child.kill('SIGKILL');
  relay.end();
  return { seconds, reason };
}

async function main() {
  await ensureBuilt('packages/router-server');
  await ensureBuilt('packages/client');
  const { listen, Router } = await import(distOf('router-server'));
  const waiting = new Map();
  const router = new Router({
    realms: { realm1: {} },
    observer: {
      sessionLeft: ({ session }, cause, sentence) => waiting.get(session)?.(`${cause}: ${sentence}`),
    },
  });
  const left = (session) => new Promise((resolve) => waiting.set(session, resolve));
  const server = await listen(router, { port: 0 });
  const urls = {
    WebSocket: { port: server.port, url: (port) => `ws://127.0.0.1:${port}/ws` },
    RawSocket: { port: server.port, url: (port) => `rs://127.0.0.1:${port}` },
  };
  const cases = Object.keys(urls).flatMap((kind) =>
    ['stopped process', 'silent link'].map((way) => [kind, way]),
  );
  const results = await Promise.all(cases.map(([kind, way]) => runCase(urls[kind], way, left)));
  let missed = 0;
  for (const [i, { seconds, reason }] of results.entries()) {
    const [kind, way] = cases[i];
    if (reason === undefined) missed += 1;
    console.log(
      `${kind}, ${way}: ${reason === undefined ? 'not noticed' : 'noticed'} after ${seconds.toFixed(1)} s  ${reason ?? ''}`,
    );
  }
  await server.close({ drainMs: 0 });
  return missed === 0 ? 0 : 1;
}

if (values.peer !== undefined) await bePeer(values.peer);
else process.exit(await main());
