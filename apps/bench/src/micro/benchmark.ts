/** A benchmark within the process, and how long it took. */
import { measure } from 'mitata';

export interface Benchmark {
  readonly name: string;
  /** once */
  readonly run: () => unknown;
}

export interface MicroResult {
  readonly name: string;
  readonly p50Ns: number;
  readonly p99Ns: number;
}

/** Nanoseconds of processor time for each, and samples at least. */
const LONG = { min_cpu_time: 300e6, min_samples: 20 };
const INSTANT = { min_cpu_time: 1e6, min_samples: 2 };

export async function runBenchmark({ name, run }: Benchmark, isInstant: boolean): Promise<MicroResult> {
  const { p50, p99 } = await measure(run, isInstant ? INSTANT : LONG);
  return { name, p50Ns: p50, p99Ns: p99 };
}
