/** Whether calls care how much is registered. */
import { LoadCallee, prepareCalls, startCalls } from './call-load.js';
import { Measurement, sleep, type Measured } from './measurement.js';
import { durationOf, scaled, type Row, type Scenario, type ScenarioSpec } from './scenario.js';
import { Session } from './session.js';

/** REGISTERs that wait for their answer. */
const AT_ONCE = 500;
/** Of one session; routers limit them. */
const PER_SESSION = 50_000;
const DEPTH = 64;

type Match = 'exact' | 'prefix' | 'wildcard';

/** A pattern, or procedure, of which there can be very many, and that nobody calls. */
function uriOf(match: Match, number: number): string {
  if (match === 'exact') return `com.example.many.item${number}.get`;
  return match === 'prefix' ? `com.example.many.item${number}.` : `com.example..item${number}.get`;
}

/** Registers more and more. */
class Crowd {
  readonly #spec: ScenarioSpec;
  readonly #match: Match;
  #session: Session | undefined;
  #count = 0;

  constructor(spec: ScenarioSpec, match: Match) {
    this.#spec = spec;
    this.#match = match;
  }

  async growTo(count: number): Promise<void> {
    while (this.#count < count) {
      if (this.#session === undefined || this.#count % PER_SESSION === 0) {
        this.#session = await Session.join(this.#spec.url, 'cbor');
      }
      const session = this.#session;
      const room = PER_SESSION - (this.#count % PER_SESSION);
      const size = Math.min(AT_ONCE, count - this.#count, room);
      const uris = Array.from({ length: size }, (_, at) => uriOf(this.#match, this.#count + at));
      await Promise.all(uris.map((uri) => session.register(uri, { match: this.#match })));
      this.#count += size;
    }
  }
}

function measure(measurement: Measurement, pid: number, spec: ScenarioSpec): Promise<Measured> {
  return measurement.take(pid, durationOf(500, spec), durationOf(1_500, spec));
}

function registrations(match: Match, stages: readonly number[]): Scenario {
  return async (spec, pid) => {
    const crowd = new Crowd(spec, match);
    const rows: Row[] = [];
    const procedure = 'com.example.bench.echo';
    const calls = {
      url: spec.url,
      format: 'cbor',
      shape: 'bytes',
      bytes: 16,
      callers: 1,
      callees: 1,
      depth: DEPTH,
    } as const;
    for (const stage of stages) {
      const count = scaled(stage, spec);
      await crowd.growTo(count - 1);
      const measurement = new Measurement();
      const name = `${procedure}${count}`;
      const callers = await prepareCalls(calls, measurement, name);
      startCalls(callers, DEPTH);
      const { cpuUs, perSecond, p50Us, errors } = await measure(measurement, pid, spec);
      for (const caller of callers) caller.isRunning = false;
      rows.push({ registrations: count, cpuUs, perSecond, p50Us, errors });
    }
    return rows;
  };
}

export const exactRegistrations = registrations('exact', [1, 1_000, 100_000, 1_000_000]);
export const prefixRegistrations = registrations('prefix', [1, 1_000, 100_000]);
export const wildcardRegistrations = registrations('wildcard', [1, 1_000, 100_000]);

/** What a URI costs that was never called before, against very many patterns. */
export const firstTimeUris: Scenario = async (spec, pid) => {
  const patterns = scaled(100_000, spec);
  for (const match of ['prefix', 'wildcard'] as const) await new Crowd(spec, match).growTo(patterns / 2);
  const rows: Row[] = [];
  for (const kind of ['the same URI', 'a new URI each time'] as const) {
    const measurement = new Measurement();
    const calls = {
      url: spec.url,
      format: 'cbor',
      shape: 'bytes',
      bytes: 16,
      callers: 1,
      callees: 0,
      depth: DEPTH,
    } as const;
    const callers = await prepareCalls(calls, measurement, 'com.example.first.one');
    const answering = await joinCallee(spec, measurement);
    const [caller] = callers;
    let number = 0;
    if (kind !== 'the same URI') {
      const finished = caller!.onFinished;
      caller!.onFinished = (startedAt) => {
        finished(startedAt);
        number += 1;
        caller!.procedure = `com.example.first.item${number}.get`;
      };
    }
    startCalls(callers, DEPTH);
    const { cpuUs, perSecond, p50Us, errors } = await measure(measurement, pid, spec);
    caller!.isRunning = false;
    rows.push({ patterns, call: kind, cpuUs, perSecond, p50Us, errors });
    // Calls of this kind that are still open would be refused.
    while (caller!.open > 0) await sleep(5);
    await answering.leave();
  }
  return rows;
};

/** A callee of everything below one prefix. */
async function joinCallee(spec: ScenarioSpec, measurement: Measurement): Promise<Session> {
  const session = await Session.join(spec.url, 'cbor');
  const registration = await session.register('com.example.first.', { match: 'prefix' });
  new LoadCallee(session, registration, 1, measurement);
  return session;
}
