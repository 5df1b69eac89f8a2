/** What a run has found, as it is written to a file. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, type as systemType } from 'node:os';
import type { Measured } from './load/measurement.js';
import type { Row } from './load/scenario.js';
import type { Workload } from './workload.js';

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly system: string;
  readonly node: string;
  readonly commit: string;
  readonly isPinned: boolean;
  /** processes that wanted a processor when it began, of the minute before */
  readonly load: number;
}

export interface WorkloadResult {
  readonly workload: Workload;
  /** by the name of the subject, one for each repetition */
  readonly measured: Readonly<Record<string, readonly Measured[]>>;
}

export interface ScenarioResult {
  readonly name: string;
  readonly subject: string;
  readonly rows: readonly Row[];
}

export interface Result {
  readonly madeAt: string;
  readonly machine: Machine;
  readonly repetitions: number;
  readonly durationMs: number;
  readonly subjects: readonly string[];
  readonly workloads: readonly WorkloadResult[];
  readonly scenarios: readonly ScenarioResult[];
  /** what was asked for and could not be measured, with the reason */
  readonly omitted: readonly string[];
}

export function describeMachine(isPinned: boolean): Machine {
  const [first, ...rest] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown',
    processors: rest.length + 1,
    system: `${systemType()} ${release()}`,
    node: process.version,
    commit: commit(),
    isPinned,
    load: loadavg()[0]!,
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** The middle one; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of one figure over the repetitions; NaN if the subject was not measured. */
export function figure(
  result: WorkloadResult,
  subject: string,
  name: 'cpuUs' | 'perSecond' | 'p50Us' | 'p99Us' | 'generatorLoad' | 'routerLoad',
): number {
  return median((result.measured[subject] ?? []).map((one) => one[name]));
}

/** Median of the quotients within each repetition: what happens to the machine meanwhile happens to both. */
export function ratio(
  result: WorkloadResult,
  subject: string,
  base: string,
  name: 'cpuUs' | 'p50Us' = 'cpuUs',
): number {
  const [ours, theirs] = [result.measured[subject] ?? [], result.measured[base] ?? []];
  return median(ours.map((one, at) => one[name] / (theirs[at]?.[name] ?? NaN)));
}
