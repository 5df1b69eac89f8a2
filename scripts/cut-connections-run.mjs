/**
 * Cuts connections under load: a router on a port, a proxy in front of it that cuts wires, and clients with `reconnect` behind
 * the proxy that call each other and publish. No call may fail or be executed twice, every event has to arrive once and in
 * order, and the clients keep their sessions.
 *
 *   node scripts/cut-connections-run.mjs [--cuts 100] [--seed 1]
 *
 * Runs the built packages, over WebSocket and RawSocket. The exit status is 1 if anything of that is not so.
 */
import { connect as connectTcp, createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from './workspace.mjs';

const { values } = parseArgs({
  options: { cuts: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const cuts = Number(values.cuts);
let state = Number(values.seed);
if (!Number.isSafeInteger(cuts) || cuts < 1 || !Number.isSafeInteger(state)) {
  console.error('--cuts and --seed take whole numbers');
  process.exit(2);
}

await ensureBuilt('packages/router-server');
await ensureBuilt('packages/client');
const load = (path) => import(pathToFileURL(join(root, 'packages', path)).href);
const { Router, listen } = await load('router-server/dist/index.js');
const { connect } = await load('client/dist/index.js');
const { cbor } = await load('client/dist/serializers/cbor.js');

/** 0 up to, not including, `n`. */
function below(n) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}

/** A port in front of another one, whose connections can be cut in the middle of what they carry. */
class Proxy {
  pairs = new Set();

  static async to(port) {
    const proxy = new Proxy();
    proxy.server = createServer((near) => {
      const far = connectTcp(port, '127.0.0.1');
      const pair = [near, far];
      proxy.pairs.add(pair);
      for (const [one, other] of [pair, [far, near]]) {
        one.on('data', (chunk) => other.write(chunk));
        one.on('end', () => other.end());
        one.on('error', () => other.destroy());
        one.on('close', () => {
          proxy.pairs.delete(pair);
          other.destroy();
        });
      }
    });
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  /** Cuts one connection: both ends see a reset, what is on its way is lost. @returns false if there is none */
  cut() {
    const pair = [...this.pairs][below(this.pairs.size)];
    if (pair === undefined) return false;
    // One end may notice before the other, or much later.
    const first = below(2);
    pair[first].resetAndDestroy();
    return true;
  }

  close() {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    this.server.close();
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

async function runOver(name, urlOf, serializers) {
  const router = new Router({ realms: { realm1: {} } });
  const server = await listen(router, { port: 0 });
  const proxy = await Proxy.to(server.port);
  const join = () =>
    connect(urlOf(proxy.port), {
      realm: 'realm1',
      serializers,
      reconnect: { minDelayMs: 5, maxDelayMs: 50 },
    });
  const [worker, boss] = [await join(), await join()];
  const sessions = [worker.sessionId, boss.sessionId];
  const executed = new Map();
  const heard = [];
  await worker.register('work', async ([n]) => {
    executed.set(n, (executed.get(n) ?? 0) + 1);
    if (n % 7 === 0) await turn();
    return n;
  });
  await worker.subscribe('news', ([n]) => void heard.push(n));
  let [calls, failed, wrong, done, published] = [0, 0, 0, 0, 0];
  let open = 0;
  const cutAll = { made: 0 };
  const startedAt = performance.now();
  let nextCutAt = startedAt;
  while (cutAll.made < cuts || open > 0) {
    if (cutAll.made < cuts) {
      for (let burst = 0; burst < 20 && open < 500; burst += 1) {
        const n = (calls += 1);
        open += 1;
        boss
          .call('work', [n])
          .then(
            (result) => (result === n ? (done += 1) : (wrong += 1)),
            (error) => {
              failed += 1;
              if (failed <= 5) console.log(`  call ${n} failed: ${error}`);
            },
          )
          .finally(() => (open -= 1));
        void boss.publish('news', [(published += 1)]).catch(() => undefined);
      }
      if (performance.now() >= nextCutAt && proxy.cut()) {
        cutAll.made += 1;
        nextCutAt = performance.now() + below(60);
      }
    }
    await turn();
  }
  const until = performance.now() + 20_000;
  while (heard.length < published && performance.now() < until) await turn();
  const inOrder = heard.every((n, at) => n === at + 1);
  const twice = [...executed.values()].filter((count) => count > 1).length;
  const kept = worker.sessionId === sessions[0] && boss.sessionId === sessions[1];
  const { totals } = router.stats();
  await Promise.all([worker.close(), boss.close()]);
  proxy.close();
  await router.close();
  await server.close();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${name}: ${cutAll.made} cuts in ${seconds} s, ${totals.sessionsResumed} times resumed\n` +
      `  calls: ${calls}, answered: ${done}, failed: ${failed}, wrong: ${wrong}, executed twice: ${twice}\n` +
      `  events: ${published}, arrived: ${heard.length}, ${inOrder ? 'each once and in order' : 'NOT once and in order'}\n` +
      `  sessions: ${kept ? 'the same ones' : 'NOT the same ones'}, errors of the router: ${totals.failures}`,
  );
  const isComplete = heard.length === published && done === calls && executed.size === calls;
  return isComplete && inOrder && twice === 0 && kept && totals.failures === 0;
}

const results = [
  await runOver('WebSocket, JSON', (port) => `ws://127.0.0.1:${port}/ws`),
  await runOver('RawSocket, CBOR', (port) => `rs://127.0.0.1:${port}`, [cbor()]),
];
process.exit(results.every(Boolean) ? 0 : 1);
