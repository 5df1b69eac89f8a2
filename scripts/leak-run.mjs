/**
 * Looks for leaks: very many calls through a real router, ended in every way there is, by sessions that come and go.
 * Afterwards every table has to be empty and the heap as large as it was after a warm-up.
 *
 *   node scripts/leak-run.mjs [--calls 200000] [--seed 1]
 *
 * Runs the built packages; the traffic is the one of packages/router-server/test/leak-traffic.fixture.ts.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { toJavaScript } from './readme-examples.mjs';
import { ensureBuilt, root, run } from './workspace.mjs';

/** What the heap may be larger than after the warm-up: caches and the compiler's work, not one byte per call. */
const MARGIN_BYTES = 2 * 1024 * 1024;
const WARM_UP_CALLS = 20_000;

const { values } = parseArgs({
  options: { calls: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
});
const calls = Number(values.calls);
const seed = Number(values.seed);
if (!Number.isSafeInteger(calls) || calls < 1 || !Number.isSafeInteger(seed)) {
  console.error('--calls and --seed take whole numbers');
  process.exit(2);
}

/** Loads a fixture as JavaScript, from a file in the package, so that its imports are found. */
async function load(fixture) {
  const folder = join(root, 'packages', 'router-server', 'test');
  const file = join(folder, `.${fixture}.${process.pid}.mjs`);
  writeFileSync(file, toJavaScript(readFileSync(join(folder, `${fixture}.ts`), 'utf8')));
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file);
  }
}

async function heapUsed() {
  // What a finished turn still holds (frames, timers) goes with the next ones.
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

const mebibytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(2)} MiB`;

function print(tally, ms) {
  const errors = [...tally.errors].sort().map(([uri, count]) => `    ${uri}: ${count}`);
  console.log(
    `${tally.calls} calls in ${(ms / 1000).toFixed(1)} s, ${Math.round((tally.calls / ms) * 1000)} a second`,
  );
  console.log(
    `  results: ${tally.results}, progressive results: ${tally.progress}, INTERRUPTs: ${tally.interrupts}`,
  );
  console.log(`  errors:\n${errors.join('\n')}`);
  console.log(`  open when their caller left: ${tally.abandoned}`);
  console.log(`  sessions: ${tally.goodbyes} left with GOODBYE, ${tally.cuts} were cut`);
}

async function main() {
  const { runTraffic, leftovers } = await load('leak-traffic.fixture');
  const { Router } = await import(pathToFileURL(join(root, 'packages', 'router', 'dist', 'index.js')).href);
  const router = new Router({ realms: { realm1: { dealerLimits: { queuedCallsPerRegistration: 20 } } } });
  const { registrations } = router.stats().realms.get('realm1');
  await runTraffic(router, WARM_UP_CALLS, seed);
  const before = await heapUsed();
  const start = performance.now();
  const tally = await runTraffic(router, calls, seed + 1);
  print(tally, performance.now() - start);
  const faults = [...tally.faults, ...leftovers(router)];
  const stayed = router.stats().realms.get('realm1').registrations - registrations;
  if (stayed !== 0) faults.push(`${stayed} registrations`);
  const after = await heapUsed();
  const growth = after - before;
  console.log(`  tables: ${faults.length === 0 ? 'empty' : faults.join('; ')}`);
  console.log(
    `  heap: ${mebibytes(before)} after the warm-up of ${WARM_UP_CALLS} calls, ${mebibytes(after)} at the end`,
  );
  console.log(`  growth: ${mebibytes(growth)}, allowed: ${mebibytes(MARGIN_BYTES)}`);
  await router.close();
  return faults.length === 0 && growth <= MARGIN_BYTES ? 0 : 1;
}

if (globalThis.gc === undefined) {
  // The garbage collector can be called in a process that was started for it.
  process.exitCode = await run(process.execPath, ['--expose-gc', ...process.argv.slice(1)]);
} else {
  await ensureBuilt('packages/router-server');
  process.exitCode = await main();
}
