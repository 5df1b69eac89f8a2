/** Runs the workloads against the subjects, interleaved, each in processes of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job } from './load/job.js';
import type { Measured } from './load/measurement.js';
import type { Row, ScenarioName } from './load/scenario.js';
import type { ScenarioResult, WorkloadResult } from './result.js';
import { pinned, PROCESSORS, start, type Running, type Subject } from './routers/subject.js';
import { floorKey, type Workload } from './workload.js';

export interface RunSettings {
  readonly repetitions: number;
  readonly warmMs: number;
  readonly durationMs: number;
  readonly isPinned: boolean;
  /** 1 for the real thing */
  readonly scale: number;
  readonly say: (line: string) => void;
}

const GENERATOR = fileURLToPath(new URL('./load/main.js', import.meta.url));
/** Longer than any job takes. */
const JOB_MS = 10 * 60_000;

async function perform<Outcome>(job: Job, { isPinned }: RunSettings): Promise<Outcome> {
  const command = [process.execPath, GENERATOR, JSON.stringify(job)];
  const [program, args] = pinned(command, PROCESSORS.generator, isPinned);
  const { stdout } = await promisify(execFile)(program, args, {
    timeout: JOB_MS,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Outcome;
}

function jobOf(workload: Workload, subject: Subject, { pid, urls }: Running, settings: RunSettings): Job {
  const { warmMs, durationMs } = settings;
  const url = urls[workload.transport]!;
  const { format, shape, bytes, callers, callees, subscribers, depth, calleeFormat } = workload;
  const timed = { pid, warmMs, durationMs };
  const isText = format === 'json' && workload.transport === 'websocket';
  if (subscribers > 0) {
    const spec = { url, format, shape, bytes, subscribers, depth };
    return subject.kind === 'router'
      ? { ...timed, kind: 'events', spec }
      : { ...timed, kind: 'relayed events', spec: { ...spec, isText } };
  }
  return subject.kind === 'router'
    ? {
        ...timed,
        kind: 'calls',
        spec: {
          url,
          format,
          shape,
          bytes,
          callers,
          callees,
          depth,
          ...(calleeFormat !== undefined && { calleeFormat }),
        },
      }
    : { ...timed, kind: 'relayed calls', spec: { url, isText, bytes, callers, callees, depth } };
}

function fits(workload: Workload, subject: Subject): boolean {
  if (!subject.transports.includes(workload.transport)) return false;
  if (subject.kind === 'floor') return true;
  return [workload.format, workload.calleeFormat ?? workload.format].every((one) =>
    subject.formats.includes(one),
  );
}

/** The subjects' processes during one repetition, each started when it is needed first. */
class Processes {
  readonly #settings: RunSettings;
  readonly #running = new Map<string, Running>();

  constructor(settings: RunSettings) {
    this.#settings = settings;
  }

  /** @throws if a subject cannot be started, or gives a wrong answer; it is started anew the next time */
  async measure(workload: Workload, subject: Subject): Promise<Measured> {
    const { name } = subject;
    const running = this.#running.get(name) ?? (await start(subject, this.#settings.isPinned));
    this.#running.set(name, running);
    try {
      const measured = await perform<Measured>(
        jobOf(workload, subject, running, this.#settings),
        this.#settings,
      );
      if (measured.errors > 0) throw new Error(`${name}, ${workload.name}: ${measured.faults.join('; ')}`);
      if (measured.done === 0) throw new Error(`${name}, ${workload.name}: nothing was finished`);
      return measured;
    } catch (error) {
      this.#running.delete(name);
      await running.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].map((one) => one.stop()));
  }
}

/** What cannot be measured, or is answered wrongly, does not end the run; it is left out, and told. */
export async function runWorkloads(
  workloads: readonly Workload[],
  subjects: readonly Subject[],
  settings: RunSettings,
  omitted: string[],
): Promise<WorkloadResult[]> {
  const results = workloads.map((workload) => {
    const measured: Record<string, Measured[]> = {};
    return { workload, measured };
  });
  for (let repetition = 1; repetition <= settings.repetitions; repetition += 1) {
    const processes = new Processes(settings);
    const floors = new Map<string, Measured>();
    const measure = async (workload: Workload, subject: Subject): Promise<Measured | undefined> => {
      const key = `${subject.name} ${floorKey(workload)}`;
      try {
        const one = floors.get(key) ?? (await processes.measure(workload, subject));
        if (subject.kind === 'floor') floors.set(key, one);
        return one;
      } catch (error) {
        omitted.push(`${workload.name}, ${subject.name}: ${reasonOf(error)}`);
        return undefined;
      }
    };
    try {
      for (const { workload, measured } of results) {
        for (const subject of subjects.filter((one) => fits(workload, one))) {
          const one = await measure(workload, subject);
          if (one !== undefined) (measured[subject.name] ??= []).push(one);
        }
        settings.say(lineOf(repetition, workload, measured));
      }
    } finally {
      await processes.stop();
    }
  }
  return results;
}

/** In a sentence: what a process said at its end, or what we say. */
export function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  const said = /^(?:\w*Error): .*$/m.exec(stderr ?? '')?.[0];
  return (said ?? message ?? String(error)).split('\n')[0]!.slice(0, 300);
}

function lineOf(
  repetition: number,
  workload: Workload,
  measured: Readonly<Record<string, Measured[]>>,
): string {
  const figures = Object.entries(measured).map(([name, all]) => {
    const last = all.at(-1)!;
    return `${name} ${last.cpuUs.toFixed(1)} µs, ${Math.round(last.perSecond)}/s, generator ${last.generatorLoad.toFixed(2)}`;
  });
  return `${repetition}  ${workload.name}: ${figures.join(' | ')}`;
}

/** The process of one subject for several scenarios; each gets a fresh one, or, in an instant, all the same. */
export class ScenarioProcess {
  readonly #subject: Subject;
  readonly #settings: RunSettings;
  #running: Running | undefined;

  constructor(subject: Subject, settings: RunSettings) {
    this.#subject = subject;
    this.#settings = settings;
  }

  async run(name: ScenarioName): Promise<ScenarioResult> {
    const { name: subject } = this.#subject;
    const { scale, say } = this.#settings;
    const running = (this.#running ??= await start(this.#subject, this.#settings.isPinned));
    try {
      const spec = { url: running.urls.websocket!, scale };
      const rows = await perform<readonly Row[]>(
        { kind: 'scenario', name, pid: running.pid, spec },
        this.#settings,
      );
      say(`${name}, ${subject}: ${JSON.stringify(rows)}`);
      return { name, subject, rows };
    } finally {
      if (scale === 1) await this.stop();
    }
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }
}
