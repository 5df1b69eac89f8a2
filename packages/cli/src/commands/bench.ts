/** `wamp bench`: many calls of one procedure, and how long they took. */
import type { Client } from '@wamp/client';
import { Command, Option } from 'commander';
import { withClient, withConnectionOptions, type ConnectionOptions } from '../connection.js';
import { Output } from '../output.js';
import type { Terminal } from '../terminal.js';
import { countFrom, keywordInto, valueFrom } from '../values.js';

interface BenchOptions extends ConnectionOptions {
  readonly calls: number;
  readonly inFlight: number;
  readonly keyword?: Readonly<Record<string, unknown>>;
}

/** What was measured; times in milliseconds. */
export interface BenchReport {
  readonly calls: number;
  readonly errors: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly ms: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
}

export function benchCommand(terminal: Terminal): Command {
  const command = new Command('bench')
    .description('call a procedure many times and print throughput and latency')
    .argument('<procedure>', 'URI of the procedure')
    .argument('[args...]', 'arguments: JSON, or text')
    .addOption(
      new Option('-k, --keyword <name=value>', 'a keyword argument; repeatable').argParser(keywordInto),
    )
    .addOption(new Option('-n, --calls <n>', 'how many calls').argParser(countFrom).default(10_000))
    .addOption(new Option('-f, --in-flight <n>', 'how many at a time').argParser(countFrom).default(64));
  return withConnectionOptions(command).action(
    async (procedure: string, args: readonly string[], options: BenchOptions) => {
      await withClient(options, terminal, async (client) => {
        const report = await measure(client, procedure, args.map(valueFrom), options, terminal.interrupted);
        new Output(terminal, false).value(report);
      });
    },
  );
}

async function measure(
  client: Client,
  procedure: string,
  args: readonly unknown[],
  { calls, inFlight, keyword: kwargs = {} }: BenchOptions,
  signal: AbortSignal,
): Promise<BenchReport> {
  const times: number[] = [];
  let begun = 0;
  let errors = 0;
  let first: unknown;
  const worker = async (): Promise<void> => {
    while (begun < calls && !signal.aborted) {
      begun += 1;
      const from = performance.now();
      try {
        await client.call(procedure, args, { kwargs, signal });
        times.push(performance.now() - from);
      } catch (error) {
        errors += 1;
        first ??= error;
      }
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: Math.max(1, inFlight) }, worker));
  const seconds = (performance.now() - from) / 1000;
  // Figures without a single answer would be about nothing.
  if (times.length === 0 && first instanceof Error) throw first;
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    rounded(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return {
    calls: times.length,
    errors,
    seconds: rounded(seconds),
    callsPerSecond: Math.round(times.length / seconds),
    ms: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
  };
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
