/**
 * What it costs to keep an event: the store's own work per publication, in memory and in a file, for each durability.
 *
 *   node scripts/publish-cost.mjs [--events 20000] [--bytes 1000]
 *
 * Runs the built packages. Each event is retained and recorded in one history of 10,000, so that from the middle on one is
 * forgotten for each that comes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MemoryEventStore } from '@wamp/broker';
import { openSqliteEventStore } from '../dist/index.js';

const { values } = parseArgs({
  options: { events: { type: 'string', default: '20000' }, bytes: { type: 'string', default: '1000' } },
});
const events = Number(values.events);
const bytes = Number(values.bytes);
const PLACEMENT = {
  retention: { restrictedPerTopic: 8, bytesPerTopic: 1024 ** 2, maxAgeMs: Number.MAX_SAFE_INTEGER },
  histories: [
    {
      uri: 'a.',
      match: 'prefix',
      limits: { events: 10_000, bytes: 1024 ** 3, maxAgeMs: Number.MAX_SAFE_INTEGER },
    },
  ],
};

const eventOf = (id) => ({
  publication: id,
  topic: `a.${id % 1_000}`,
  publishedAt: Date.now(),
  publisher: undefined,
  excludedSession: 1,
  audience: undefined,
  passthru: {},
  payload: { format: 'cbor', bytes: new Uint8Array(bytes), elements: 1, isOpaque: false },
  size: 600 + bytes,
});

function measure(name, store, count) {
  const times = new Float64Array(count);
  for (let id = 0; id < count; id += 1) {
    const event = eventOf(id);
    const start = performance.now();
    store.append(event, PLACEMENT);
    times[id] = performance.now() - start;
  }
  const mean = times.reduce((sum, time) => sum + time, 0) / count;
  times.sort();
  const at = (part) => `${(times[Math.floor(count * part)] * 1000).toFixed(0)} µs`;
  console.log(
    `${name.padEnd(24)} mean ${(mean * 1000).toFixed(1)} µs, p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(0.999999)}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'wamp-cost-'));
try {
  measure('in memory', new MemoryEventStore(), events);
  for (const survives of ['process-crash', 'power-loss']) {
    const path = join(folder, `${survives}.db`);
    const store = await openSqliteEventStore(path, { survives });
    measure(`SQLite, ${survives}`, store, survives === 'power-loss' ? Math.ceil(events / 10) : events);
    await store.close();
    const start = performance.now();
    const again = await openSqliteEventStore(path, { survives });
    console.log(`  opened again in ${(performance.now() - start).toFixed(0)} ms`);
    await again.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
