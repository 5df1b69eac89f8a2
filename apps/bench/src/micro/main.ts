/** `pnpm bench:micro [--instant] [--only TEXT]`: parts of the router within one process. */
import { parseArgs } from 'node:util';
import { asText } from '../report/tables.js';
import { runBenchmark } from './benchmark.js';
import { codecBenchmarks } from './codec-benchmarks.js';
import { dealerBenchmarks } from './dealer-benchmarks.js';
import { uriTableBenchmarks } from './uri-table-benchmarks.js';

const { values } = parseArgs({
  options: { instant: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const most = values.instant ? 100 : 100_000;
const rows = [['benchmark', 'p50', 'p99']];
for (const benchmark of [...codecBenchmarks(), ...uriTableBenchmarks(most), ...dealerBenchmarks()]) {
  if (!benchmark.name.includes(values.only)) continue;
  const { name, p50Ns, p99Ns } = await runBenchmark(benchmark, values.instant);
  rows.push([name, nanoseconds(p50Ns), nanoseconds(p99Ns)]);
}
process.stdout.write(`${asText(rows)}\n`);

function nanoseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(0)} ns` : `${(value / 1_000).toFixed(value < 10_000 ? 2 : 1)} µs`;
}
