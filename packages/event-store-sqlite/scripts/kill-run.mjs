/**
 * Publishes to a router in a process of its own, kills that with SIGKILL at any moment, also while it makes its file, and
 * looks into the file afterwards: nothing that was acknowledged may be missing, and the file must open.
 *
 *   node scripts/kill-run.mjs [--rounds 50] [--seed 1] [--survives process-crash|power-loss] [--json]
 *
 * Runs the built packages. Publisher and router speak WAMP in JSON, one message a line, over a pipe.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { json } from '@wamp/protocol/json';
import { Router } from '@wamp/router';
import { openSqliteEventStore } from '../dist/index.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    survives: { type: 'string', default: 'process-crash' },
    json: { type: 'boolean', default: false },
    router: { type: 'string' },
  },
});
const HISTORY = { uri: 'kill.', match: 'prefix' };
const LIMITS = { events: 1_000_000, bytes: 1024 ** 3, maxAgeMs: 24 * 60 * 60 * 1000 };
/** Publications that wait for their acknowledgement. */
const IN_FLIGHT = 32;
const TOPICS = 40;
/** After so many rounds a new file is begun, so that killing hits its creation again. */
const ROUNDS_PER_FILE = 4;

/** The process that is killed. */
async function runRouter(path) {
  const eventStore = await openSqliteEventStore(path, { survives: values.survives });
  const realm1 = { eventStore, history: [{ ...HISTORY, limits: LIMITS }] };
  const observer = { storeFailed: (_realm, failure) => console.error(failure) };
  const transport = new Router({ realms: { realm1 }, observer }).openTransport(json());
  transport.open({
    receive: (frame) => process.stdout.write(`${Buffer.from(frame).toString('utf8')}\n`),
    violated: () => undefined,
    drained: () => undefined,
    closed: () => process.exit(1),
  });
  createInterface({ input: process.stdin }).on('line', (line) =>
    transport.send(new Uint8Array(Buffer.from(line))),
  );
}

function dice(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** One life of the router: publishes until it is killed. Adds to `file` what was published and acknowledged. */
function runRound(path, file, roll) {
  return new Promise((resolve, reject) => {
    const args = ['--router', path, '--survives', values.survives];
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const waiting = new Map();
    let acknowledgements = 1 + roll(400);
    let request = 0;
    const send = (...message) => child.stdin.write(`${JSON.stringify(message)}\n`);
    const publish = () => {
      file.published += 1;
      const number = file.published;
      waiting.set((request += 1), number);
      const size = roll(8) === 0 ? 20_000 : roll(600);
      const options = { acknowledge: true, retain: true };
      send(16, request, options, `kill.${number % TOPICS}`, [number, 'x'.repeat(size)]);
    };
    // In half of the rounds the end comes at some time, which may be long before the router is ready.
    if (roll(2) === 0) setTimeout(() => child.kill('SIGKILL'), roll(600));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      let message;
      try {
        message = JSON.parse(line);
      } catch {
        return; // The last line, cut in the middle.
      }
      if (message[0] === 2) for (let i = 0; i < IN_FLIGHT; i += 1) publish();
      else if (message[0] === 17) {
        file.acknowledged.set(message[2], waiting.get(message[1]));
        acknowledgements -= 1;
        if (acknowledgements === 0) child.kill('SIGKILL');
        publish();
      } else reject(new Error(`the router said: ${line}`));
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the router ended by itself: ${code}`));
    });
    send(1, 'realm1', { roles: { publisher: {} } });
  });
}

/** How many acknowledged events are not in the file. */
async function countLost(path, file) {
  const store = await openSqliteEventStore(path);
  const all = {
    firstPosition: Number.MIN_SAFE_INTEGER,
    lastPosition: Number.MAX_SAFE_INTEGER,
    firstTime: Number.MIN_SAFE_INTEGER,
    lastTime: Number.MAX_SAFE_INTEGER,
    topic: undefined,
    isReverse: false,
  };
  const numberOf = ({ payload }) => JSON.parse(`[${Buffer.from(payload.bytes).toString('utf8')}]`)[0][0];
  const found = new Map();
  for (const event of store.history(HISTORY, all)) found.set(event.publication, numberOf(event));
  const retained = new Map();
  for (const event of store.retained('kill.', 'prefix', 0)) retained.set(event.topic, numberOf(event));
  await store.close();
  let lost = 0;
  for (const [publication, number] of file.acknowledged) {
    const isRecorded = found.get(publication) === number;
    const isRetained = (retained.get(`kill.${number % TOPICS}`) ?? 0) >= number;
    if (!isRecorded || !isRetained) lost += 1;
  }
  return lost;
}

async function main() {
  const rounds = Number(values.rounds);
  const seed = Number(values.seed);
  const roll = dice(seed);
  const folder = mkdtempSync(join(tmpdir(), 'wamp-kill-'));
  const tally = { rounds, seed, files: 0, published: 0, acknowledged: 0, lost: 0, unopenable: 0 };
  let file;
  try {
    for (let round = 0; round < rounds; round += 1) {
      if (round % ROUNDS_PER_FILE === 0) {
        tally.files += 1;
        tally.published += file?.published ?? 0;
        tally.acknowledged += file?.acknowledged.size ?? 0;
        file = { published: 0, acknowledged: new Map() };
      }
      const path = join(folder, `events-${tally.files}.db`);
      await runRound(path, file, roll);
      try {
        const lost = await countLost(path, file);
        if (lost > 0) console.error(`round ${round}: ${lost} lost; ${readdirSync(folder).join(' ')}`);
        tally.lost += lost;
      } catch (error) {
        console.error(`round ${round}: ${error}`);
        tally.unopenable += 1;
      }
    }
    tally.published += file.published;
    tally.acknowledged += file.acknowledged.size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (values.json) console.log(JSON.stringify(tally));
  else for (const [name, value] of Object.entries(tally)) console.log(`${name.padEnd(13)} ${value}`);
  process.exitCode = tally.lost + tally.unopenable === 0 ? 0 : 1;
}

if (values.router === undefined) await main();
else await runRouter(values.router);
