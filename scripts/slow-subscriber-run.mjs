/**
 * One subscriber of many stops reading: what it loses under each policy, what the others get, and how much memory it
 * takes the router.
 *
 *   node scripts/slow-subscriber-run.mjs [--subscribers 1000] [--events 480] [--bytes 16384] [--policy latest]
 *
 * Router and subscribers are processes of their own. While the slow one does not read, the publisher goes on as soon as
 * all others have got an event, or nearly so. Then the slow one reads on: what it gets and what the router has counted as dropped have
 * to add up to what was published. Under `disconnect` it is cut, and everybody else gets everything. Fails if anything
 * of this does not hold, or if a policy takes longer than ten minutes. The router's marks are low, so that little has to be sent to pass them.
 */
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fail, forEach, heard, Peer, runPart, serverFolder, start, wholeNumbers } from './load-parts.mjs';
import { ensureBuilt } from './workspace.mjs';

const SCRIPT = fileURLToPath(import.meta.url);
/** For one policy: gigabytes go to the readers, and the machine may have other things to do. */
const PATIENCE_MS = 600_000;
const POLICIES = ['drop-oldest', 'drop-newest', 'latest', 'disconnect'];
const LIMITS = {
  outboundEventBytes: 128 * 1024,
  keptEventBytes: 256 * 1024,
  outboundLowBytes: 512 * 1024,
  outboundHighBytes: 1024 * 1024,
};
/** What the router may need on top of its limits: the garbage that the collector leaves lying. */
const RSS_MARGIN_MIB = 150;
const TOPIC = 'com.example.news';
const CONNECTING = 100;
/** Publications on their way to the readers at the same time. */
const WINDOW = 8;
const READ_SLICE_MS = 20;

const mebibytes = (bytes) => Math.round(bytes / 1024 / 1024);

const parts = {
  /** The router; tells what it has counted. */
  async router({ policy }) {
    const { listen, Router } = await import(pathToFileURL(join(serverFolder, 'dist', 'index.js')).href);
    const router = new Router({ realms: { realm1: { slowSubscribers: policy } }, limits: LIMITS });
    const { url } = await listen(router, { port: 0, pingIntervalMs: 0 });
    let peak = 0;
    setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), READ_SLICE_MS);
    process.on('message', ({ reset }) => {
      if (reset) peak = process.memoryUsage.rss();
      const { realms, totals } = router.stats();
      process.send({ dropped: realms.get('realm1').eventsDropped, cut: totals.slowSessionsCut, peak });
    });
    process.send({ url });
  },

  /** The subscribers, one of which is slow, and their publisher. */
  async crowd({ url, subscribers, events, bytes }) {
    const readers = subscribers - 1;
    const arrived = new Uint32Array(events + 2);
    let complete = 0;
    let progress = () => undefined;
    await forEach(readers, CONNECTING, async () => {
      const peer = await Peer.join(url);
      await peer.ask([32, 1, {}, TOPIC], 33);
      let last = 0;
      peer.onMessage = ([code, , , , [number] = []]) => {
        if (code !== 36 || number !== last + 1) fail(`a reader got event ${number} behind event ${last}`);
        last = number;
        arrived[number] += 1;
        if (arrived[number] === readers) {
          complete = number;
          progress();
        }
      };
    });
    const slow = await Peer.join(url);
    await slow.ask([32, 1, {}, TOPIC], 33);
    const got = [];
    let isLost = false;
    slow.onMessage = ([, , , , [number]]) => got.push(number);
    slow.onLost = () => (isLost = true);
    slow.stopReading();
    const publisher = await Peer.join(url);
    const text = 'x'.repeat(bytes);
    const publish = async (first, last) => {
      for (let number = first; number <= last; number += 1) {
        publisher.send([16, number, {}, TOPIC, [number, text]]);
        while (number - complete >= WINDOW) await new Promise((resolve) => (progress = resolve));
      }
      while (complete < last) await new Promise((resolve) => (progress = resolve));
    };
    process.on('message', async ({ task }) => {
      if (task === 'publish') await publish(1, events);
      else {
        slow.readOn();
        // What waited has come when nothing more comes; the event behind it shows that the way is free again.
        for (let before = -1; !isLost && before !== got.length;) {
          before = got.length;
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
        await publish(events + 1, events + 1);
        const deadline = Date.now() + 15_000;
        while (!isLost && got.at(-1) !== events + 1 && Date.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, READ_SLICE_MS));
        }
      }
      process.send({ got, isLost, complete });
    });
    process.send({ ready: true });
  },
};

async function ask(child, question) {
  child.send(question);
  return heard(child);
}

async function run(policy, options) {
  const patience = setTimeout(() => fail(`gave up ${policy}: it takes too long`), PATIENCE_MS);
  const { child: router, said } = await start(SCRIPT, 'router', { policy });
  const { child: crowd } = await start(SCRIPT, 'crowd', { ...options, url: said.url });
  const { peak: rest } = await ask(router, { reset: true });
  await ask(crowd, { task: 'publish' });
  const { peak } = await ask(router, {});
  const { got, isLost, complete } = await ask(crowd, { task: 'read on' });
  const { dropped, cut } = await ask(router, {});
  for (const child of [crowd, router]) child.kill();
  clearTimeout(patience);
  const published = options.events + 1;
  const lost = dropped['drop-oldest'] + dropped['drop-newest'] + dropped.latest;
  const faults = [];
  if (complete !== published) faults.push(`the readers have got ${complete} of ${published}`);
  if (got.some((number, at) => at > 0 && number <= got[at - 1])) faults.push('events out of order');
  if (policy === 'disconnect') {
    if (!isLost || cut !== 1) faults.push('the slow one was not cut');
  } else {
    if (got.length + lost !== published) faults.push(`${published - got.length - lost} events are missing`);
    if (isLost || lost === 0) faults.push('the slow one was not slow');
  }
  const growth = mebibytes(peak - rest);
  if (growth > RSS_MARGIN_MIB) faults.push(`${growth} MiB more memory`);
  const cells = [
    published,
    `${complete} each`,
    got.length,
    lost,
    isLost ? 'cut' : 'stays',
    mebibytes(rest),
    mebibytes(peak),
  ];
  console.log(policy.padEnd(12) + cells.map((cell) => String(cell).padStart(12)).join(''));
  for (const fault of faults) console.log(`  FAULT: ${fault}`);
  return faults.length === 0;
}

if (!(await runPart(parts))) {
  const { values } = parseArgs({
    options: {
      subscribers: { type: 'string', default: '1000' },
      events: { type: 'string', default: '480' },
      bytes: { type: 'string', default: '16384' },
      policy: { type: 'string' },
    },
  });
  const { policy: only, ...numbers } = values;
  const options = wholeNumbers(numbers);
  await ensureBuilt('packages/router-server');
  console.log(
    `${options.subscribers} subscribers, one does not read; ${options.events} events of ${options.bytes} bytes\n`,
  );
  const head = ['published', 'others', 'slow got', 'dropped', 'session', 'RSS before', 'RSS peak'];
  console.log('policy'.padEnd(12) + head.map((cell) => cell.padStart(12)).join(''));
  let isGood = true;
  const policies = only === undefined ? POLICIES : [only];
  for (const policy of policies) isGood = (await run(policy, options)) && isGood;
  process.exitCode = isGood ? 0 : 1;
}
