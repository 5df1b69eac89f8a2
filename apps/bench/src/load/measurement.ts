/** One measurement: from when to when, what the router's process and this one needed, and what went wrong. */
import { cpuSeconds } from '../wire/cpu-time.js';
import { Latencies } from './latencies.js';

export interface Measured {
  /** finished calls, publications or cycles in the time that counts */
  readonly done: number;
  readonly perSecond: number;
  /** microseconds of processor time of the router's process for each of them */
  readonly cpuUs: number;
  /** processors that the router's process kept busy */
  readonly routerLoad: number;
  /** processors that this process kept busy; near 1 it may be what limits the number of calls */
  readonly generatorLoad: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** answers that differ in their bytes and were compared by value */
  readonly comparedByValue: number;
  readonly errors: number;
  /** the first few */
  readonly faults: readonly string[];
}

const MOST_FAULTS = 5;
/** So many calls make the subject's code warm, if they come within so many times the time for it. */
const WARM_CALLS = 5_000;
const WARM_TIMES = 6;
const BUSY_TIMES = 4;
/** How long the first thing to be finished is waited for. */
const MOST_MS = 15_000;

export class Measurement {
  latencies = new Latencies();
  comparedByValue = 0;
  errors = 0;
  readonly faults: string[] = [];
  #warm = 0;
  #done = 0;
  #isCounting = false;

  fault(sentence: string): void {
    this.errors += 1;
    if (this.faults.length < MOST_FAULTS) this.faults.push(sentence);
  }

  /** Something was finished that was begun then, by `performance.now()`. */
  finished(startedAt: number): void {
    if (!this.#isCounting) {
      this.#warm += 1;
      return;
    }
    this.#done += 1;
    this.latencies.add(performance.now() - startedAt);
  }

  /**
   * Lets it run until the compilers have seen enough of it, counts for a while, and says what was. On a busy machine both
   * take longer: the subject shall have had half of the time for itself.
   */
  async take(pid: number, warmMs: number, durationMs: number): Promise<Measured> {
    const begun = performance.now();
    await sleep(warmMs);
    while (this.#warm < WARM_CALLS && performance.now() - begun < warmMs * WARM_TIMES) await sleep(10);
    this.#isCounting = true;
    const [wall, cpu, own] = [performance.now(), cpuSeconds(pid), process.cpuUsage()];
    await sleep(durationMs);
    const most = wall + durationMs * BUSY_TIMES;
    while ((cpuSeconds(pid) - cpu) * 1000 < durationMs / 2 && performance.now() < most) await sleep(10);
    // An instant may be too short for anything to be finished on a busy machine.
    while (this.#done === 0 && performance.now() - wall < MOST_MS) await sleep(10);
    this.#isCounting = false;
    const seconds = (performance.now() - wall) / 1000;
    const used = cpuSeconds(pid) - cpu;
    const mine = process.cpuUsage(own);
    return {
      done: this.#done,
      perSecond: this.#done / seconds,
      cpuUs: (used / this.#done) * 1e6,
      routerLoad: used / seconds,
      generatorLoad: (mine.user + mine.system) / 1e6 / seconds,
      p50Us: this.latencies.quantile(0.5),
      p99Us: this.latencies.quantile(0.99),
      comparedByValue: this.comparedByValue,
      errors: this.errors,
      faults: this.faults,
    };
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
