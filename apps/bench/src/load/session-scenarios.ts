/** What sessions cost: standing idle, coming, going, and all at once. */
import { residentKib } from '../wire/cpu-time.js';
import type { LoadCaller } from './call-load.js';
import { prepareCalls } from './call-load.js';
import { Latencies } from './latencies.js';
import { Measurement, sleep } from './measurement.js';
import { joinRelay } from './relay-load.js';
import { durationOf, scaled, type Scenario } from './scenario.js';
import { Session } from './session.js';

const AT_ONCE = 100;

async function many<T>(count: number, open: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) {
    const size = Math.min(AT_ONCE, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: size }, (_, at) => open(all.length + at)))));
  }
  return all;
}

function idle(open: (url: string, index: number) => Promise<unknown>): Scenario {
  return async (spec, pid) => {
    const count = scaled(10_000, spec, 20);
    // What is allocated once, for the first of them, does not count.
    await many(Math.min(100, count), (index) => open(spec.url, index));
    await sleep(durationOf(2_000, spec));
    const before = residentKib(pid);
    await many(count, (index) => open(spec.url, 100 + index));
    await sleep(durationOf(4_000, spec));
    const after = residentKib(pid);
    return [{ sessions: count, kibPerSession: (after - before) / count, totalKib: after }];
  };
}

export const idleSessions = idle((url) => Session.join(url, 'cbor'));
export const idleSockets = idle((url, index) => joinRelay(url, 'callee', index, false));

/** Repeats something in parallel, and measures it. */
function cycles(parallel: number, prepare: (url: string) => Promise<() => Promise<void>>): Scenario {
  return async (spec, pid) => {
    const measurement = new Measurement();
    let isOver = false;
    const runs = Array.from({ length: parallel }, async () => {
      const cycle = await prepare(spec.url);
      while (!isOver) {
        const startedAt = performance.now();
        await cycle();
        measurement.finished(startedAt);
      }
    });
    const { cpuUs, perSecond, p50Us } = await measurement.take(
      pid,
      durationOf(500, spec),
      durationOf(2_000, spec),
    );
    isOver = true;
    await Promise.all(runs);
    return [{ cpuUs, perSecond, p50Us }];
  };
}

let procedures = 0;
export const registerAndUnregister = cycles(32, async (url) => {
  const session = await Session.join(url, 'json');
  const procedure = `com.example.cycle${(procedures += 1)}`;
  return async () => {
    const registration = await session.register(procedure);
    await session.unregister(registration);
  };
});

export const connectAndLeave = cycles(32, (url) =>
  Promise.resolve(async () => {
    const session = await Session.join(url, 'json');
    await session.leave();
  }),
);

/** Whether those who stay notice that very many leave within a second. */
export const sessionsLeaving: Scenario = async (spec) => {
  const count = scaled(10_000, spec, 20);
  const leaving = await many(count, () => Session.join(spec.url, 'cbor'));
  const measurement = new Measurement();
  const calls = {
    url: spec.url,
    format: 'cbor',
    shape: 'bytes',
    bytes: 16,
    callers: 1,
    callees: 1,
    depth: 1,
  } as const;
  const [caller] = await prepareCalls(calls, measurement, 'com.example.bench.stays');
  const rest = await steadily(caller!, durationOf(3_000, spec));
  const slices = 20;
  const cutting = (async () => {
    for (let slice = 0; slice < slices; slice += 1) {
      for (const session of leaving.splice(0, Math.ceil(count / slices))) session.channel.cut();
      await sleep(durationOf(1_000, spec) / slices);
    }
  })();
  const during = await steadily(caller!, durationOf(1_500, spec));
  await cutting;
  const [restP99Us, duringP99Us] = [rest.quantile(0.99), during.quantile(0.99)];
  return [
    { sessions: count, restP99Us, duringP99Us, ratio: duringP99Us / restP99Us, errors: measurement.errors },
  ];
};

/** A thousand calls a second; the time of each counts from when it was to be made. */
async function steadily(caller: LoadCaller, ms: number): Promise<Latencies> {
  const latencies = new Latencies();
  caller.onFinished = (startedAt) => latencies.add(performance.now() - startedAt);
  const start = performance.now();
  for (let due = start; due < start + ms;) {
    while (due <= performance.now() && due < start + ms) {
      caller.call(due);
      due += 1;
    }
    await sleep(1);
  }
  while (caller.open > 0) await sleep(5);
  return latencies;
}
