/**
 * How long calls take while a router carries publications to very many subscribers: at rest, with publications that are
 * delivered in one piece, and with such as are cut into slices.
 *
 *   node scripts/fanout-run.mjs [--subscribers 10000] [--seconds 5] [--rate 400]
 *
 * The router, the subscribers and the caller are processes of their own. The subscribers check that each of them gets
 * every publication once and in order; the next one is published when all have got the last one. They yield to the others
 * (nice 19), as if they were other machines. Calls are sent at a fixed rate, whether or not answers come, and their time
 * counts from the moment at which they should have been sent. Takes about half a minute, and gives up after three.
 */
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fail, forEach, heard, Peer, runPart, serverFolder, start, wholeNumbers } from './load-parts.mjs';
import { ensureBuilt } from './workspace.mjs';

const SCRIPT = fileURLToPath(import.meta.url);
const PATIENCE_MS = 180_000;
const TOPIC = 'com.example.big';
/** Connections that are opened at the same time. */
const CONNECTING = 200;
const SLOW_MS = 20;

const parts = {
  /** The router. */
  async router({ isWhole }) {
    const { listen, Router } = await import(pathToFileURL(join(serverFolder, 'dist', 'index.js')).href);
    const brokerLimits = isWhole ? { receiversPerSlice: Infinity, subscribersPerSlice: Infinity } : {};
    const router = new Router({ realms: { realm1: { brokerLimits } } });
    const { url } = await listen(router, { port: 0, maxConnections: 100_000, pingIntervalMs: 0 });
    process.send({ url });
  },

  /** The subscribers and their publisher. */
  async crowd({ url, subscribers }) {
    setPriority(19);
    let publication = 0;
    let reached = 0;
    let allReached = () => {};
    const check = () => {
      let last = 0;
      return ([code, , , , [number] = []]) => {
        if (code !== 36 || number !== last + 1) fail(`event ${number} came behind event ${last}`);
        last = number;
        reached += 1;
        if (reached === subscribers) allReached();
      };
    };
    await forEach(subscribers, CONNECTING, async () => {
      const peer = await Peer.join(url);
      await peer.ask([32, 1, {}, TOPIC], 33);
      peer.onMessage = check();
    });
    const publisher = await Peer.join(url);
    let isPublishing = false;
    process.on('message', async ({ publish }) => {
      isPublishing = publish;
      if (!publish) return;
      const first = publication;
      while (isPublishing) {
        publication += 1;
        reached = 0;
        const all = new Promise((resolve) => (allReached = resolve));
        publisher.send([16, publication, {}, TOPIC, [publication]]);
        await all;
      }
      process.send({ published: publication - first });
    });
    process.send({ ready: true });
  },

  /** One who calls, and one who answers. */
  async caller({ url, rate, seconds }) {
    const callee = await Peer.join(url);
    const [, registration] = await callee.ask([64, 1, {}, 'com.example.echo'], 65);
    callee.onMessage = ([, request, , , args]) => callee.send([70, request, {}, args]);
    const caller = await Peer.join(url);
    let request = 0;
    process.on('message', async () => {
      const times = [];
      const due = new Map();
      caller.onMessage = ([code, answered]) => {
        if (code !== 50 || !due.has(answered)) fail(`a call was answered with ${code}`);
        times.push(performance.now() - due.get(answered));
        due.delete(answered);
      };
      const start = performance.now();
      const calls = rate * seconds;
      for (let sent = 0; sent < calls;) {
        for (; sent < calls && start + (sent / rate) * 1000 <= performance.now(); sent += 1) {
          request += 1;
          due.set(request, start + (sent / rate) * 1000);
          caller.send([48, request, {}, 'com.example.echo', [request]]);
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      while (due.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      process.send({ times });
    });
    process.send({ registration });
  },
};

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

function row(name, times, published) {
  const sorted = times.toSorted((a, b) => a - b);
  const ms = (value) => value.toFixed(2).padStart(9);
  const slow = sorted.filter((time) => time > SLOW_MS).length;
  console.log(
    `${name.padEnd(34)}${ms(quantile(sorted, 0.5))}${ms(quantile(sorted, 0.99))}${ms(sorted.at(-1))}` +
      `${((slow / sorted.length) * 100).toFixed(1).padStart(8)} %${String(times.length).padStart(8)}${String(published).padStart(14)}`,
  );
}

/** Calls at rest and during publications, against a router of its own. */
async function measure({ subscribers, seconds, rate }, isWhole) {
  const { child: router, said } = await start(SCRIPT, 'router', { isWhole });
  const { url } = said;
  const { child: crowd } = await start(SCRIPT, 'crowd', { url, subscribers });
  const { child: caller } = await start(SCRIPT, 'caller', { url, rate, seconds });
  const calls = async () => {
    caller.send({});
    return (await heard(caller)).times;
  };
  await calls(); // warm-up
  const how = isWhole ? 'in one piece' : 'in slices';
  row(`at rest (router: ${how})`, await calls(), 0);
  crowd.send({ publish: true });
  const during = await calls();
  crowd.send({ publish: false });
  const { published } = await heard(crowd);
  row(`during publications ${how}`, during, published);
  for (const child of [caller, crowd, router]) child.kill();
}

if (!(await runPart(parts))) {
  const { values } = parseArgs({
    options: {
      subscribers: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '5' },
      rate: { type: 'string', default: '400' },
    },
  });
  const options = wholeNumbers(values);
  await ensureBuilt('packages/router-server');
  setTimeout(() => fail('gave up: it takes too long'), PATIENCE_MS).unref();
  console.log(`${options.subscribers} subscribers, ${options.rate} calls a second; milliseconds per call\n`);
  console.log(`${' '.repeat(34)}      p50      p99      max  > ${SLOW_MS} ms   calls  publications`);
  await measure(options, true);
  await measure(options, false);
}
