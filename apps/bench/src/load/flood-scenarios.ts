/** Whether every call is answered when there are too many. */
import { residentKib } from '../wire/cpu-time.js';
import { prepareCalls, startCalls, type LoadCaller } from './call-load.js';
import { Measurement, sleep } from './measurement.js';
import { durationOf, scaled, type Scenario, type ScenarioSpec } from './scenario.js';

const CALLERS = 64;
const CALLEES = 8;
const PATIENCE_MS = 60_000;

const callsOf = ({ url }: ScenarioSpec) =>
  ({ url, format: 'json', shape: 'text', bytes: 16, callers: CALLERS, callees: CALLEES, depth: 1 }) as const;

async function untilAnswered(callers: readonly LoadCaller[]): Promise<number> {
  const open = (): number => callers.reduce((sum, caller) => sum + caller.open, 0);
  const end = performance.now() + PATIENCE_MS;
  while (open() > 0 && performance.now() < end) await sleep(10);
  return open();
}

/** 4,096 calls in flight all the time. */
export const callsInFlight: Scenario = async (spec, pid) => {
  const depth = scaled(64, spec, 8);
  const measurement = new Measurement();
  const callers = await prepareCalls(callsOf(spec), measurement, 'com.example.bench.flood');
  startCalls(callers, depth);
  const { done, perSecond, cpuUs, p99Us } = await measurement.take(
    pid,
    durationOf(500, spec),
    durationOf(2_000, spec),
  );
  for (const caller of callers) caller.isRunning = false;
  const unanswered = await untilAnswered(callers);
  return [
    {
      inFlight: depth * CALLERS,
      answered: done,
      unanswered,
      errors: measurement.errors,
      perSecond,
      cpuUs,
      p99Us,
    },
  ];
};

/** Half as many calls again as the router can take, whatever becomes of those before. */
export const overload: Scenario = async (spec, pid) => {
  const measurement = new Measurement();
  const callers = await prepareCalls(callsOf(spec), measurement, 'com.example.bench.overload');
  startCalls(callers, 16);
  const capacity = await measurement.take(pid, durationOf(500, spec), durationOf(1_500, spec));
  for (const caller of callers) caller.isRunning = false;
  await untilAnswered(callers);

  const rate = capacity.perSecond * 1.5;
  const ms = durationOf(3_000, spec);
  const start = performance.now();
  let offered = 0;
  let answered = 0;
  let peakKib = 0;
  for (const caller of callers) caller.onFinished = () => (answered += 1);
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    const due = Math.floor((elapsed / 1000) * rate);
    for (; offered < due; offered += 1) callers[offered % CALLERS]!.call();
    peakKib = Math.max(peakKib, residentKib(pid));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const unanswered = await untilAnswered(callers);
  peakKib = Math.max(peakKib, residentKib(pid));
  return [
    {
      capacity: capacity.perSecond,
      offeredPerSecond: offered / (ms / 1000),
      offered,
      answered,
      unanswered,
      errors: measurement.errors,
      peakKib,
    },
  ];
};
