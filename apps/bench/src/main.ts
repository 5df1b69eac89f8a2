/**
 * `pnpm bench`: measures, prints a table, and writes JSON, SVG and HTML. `pnpm bench compare` adds other routers.
 *
 *   [compare] [--instant] [--only TEXT] [--no-workloads] [--scenario TEXT] [--no-scenarios] [--repetitions N] [--duration MS] [--out FOLDER] [--write-docs]
 *   --from RESULT.json makes the page of a result that is there
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawPlots } from './report/plots.js';
import { asHtml, writeIntoDocument } from './report/pages.js';
import { asText, scenarioTables, workloadTable } from './report/tables.js';
import { describeMachine, type Result } from './result.js';
import { crossbar } from './routers/crossbar.js';
import { batchedRelay, netRelay, plainRelay } from './routers/floors.js';
import { foxWamp } from './routers/fox-wamp.js';
import { nexus } from './routers/nexus.js';
import { ours } from './routers/ours.js';
import { canPin, type Subject } from './routers/subject.js';
import { xconn } from './routers/xconn.js';
import { runWorkloads, type RunSettings } from './runner.js';
import { runScenarios } from './scenario-run.js';
import { WORKLOADS } from './workload.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    instant: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    scenario: { type: 'string', default: '' },
    'no-scenarios': { type: 'boolean', default: false },
    'no-workloads': { type: 'boolean', default: false },
    repetitions: { type: 'string', default: '3' },
    duration: { type: 'string', default: '1000' },
    out: { type: 'string', default: 'bench-results' },
    from: { type: 'string' },
    'write-docs': { type: 'boolean', default: false },
  },
});
const OTHERS: readonly Subject[] = [nexus, xconn, crossbar, foxWamp];
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** In an instant: one workload of each kind, to see that it works. */
function chosenWorkloads(): typeof WORKLOADS {
  const chosen = WORKLOADS.filter(({ name }) => name.includes(values.only));
  if (!values.instant) return chosen;
  const seen = new Set<string>();
  return chosen.filter(({ group, transport, format }) => {
    const kind = `${group} ${transport} ${group === 'calls' ? format : ''}`;
    return seen.size < seen.add(kind).size;
  });
}

function others(omitted: string[]): readonly Subject[] {
  if (!positionals.includes('compare')) return [];
  return OTHERS.filter((subject) => {
    const { program } = subject.command({ websocket: 1, rawsocket: 2 }, '.');
    const isThere = spawnSync(process.platform === 'win32' ? 'where' : 'which', [program]).status === 0;
    if (!isThere) omitted.push(`${subject.name}: there is no command ${program}`);
    return isThere;
  });
}

async function measure(): Promise<Result> {
  const isPinned = !values.instant && canPin();
  const settings: RunSettings = {
    repetitions: values.instant ? 1 : Number(values.repetitions),
    warmMs: values.instant ? 20 : 300,
    durationMs: values.instant ? 60 : Number(values.duration),
    isPinned,
    scale: values.instant ? 0.001 : 1,
    say: (line) => process.stderr.write(`${line}\n`),
  };
  const omitted: string[] = [];
  // Before there is any load of our own.
  const machine = describeMachine(isPinned);
  const subjects = [ours, ...others(omitted), plainRelay, batchedRelay, netRelay];
  const chosen = values['no-workloads'] ? [] : chosenWorkloads();
  const workloads = await runWorkloads(chosen, subjects, settings, omitted);
  const scenarios = values['no-scenarios']
    ? []
    : await runScenarios(subjects, settings, omitted, values.scenario);
  return {
    madeAt: new Date().toISOString(),
    machine,
    repetitions: settings.repetitions,
    durationMs: settings.durationMs,
    subjects: subjects.map(({ name }) => name),
    workloads,
    scenarios,
    omitted,
  };
}

async function report(result: Result): Promise<void> {
  process.stdout.write(`${asText(workloadTable(result, () => true))}\n`);
  for (const { title, table } of scenarioTables(result))
    process.stdout.write(`\n${title}\n${asText(table)}\n`);
  for (const one of result.omitted) process.stdout.write(`\nleft out: ${one}`);
  const plots = await drawPlots(result);
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'result.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(values.out, 'index.html'), asHtml(result, plots));
  for (const { name, svg } of plots) writeFileSync(join(values.out, `${name}.svg`), svg);
  process.stdout.write(`\nwritten to ${values.out}: result.json, index.html, ${plots.length} pictures\n`);
  if (values['write-docs']) {
    const images = join(ROOT, 'docs', 'performance');
    mkdirSync(images, { recursive: true });
    for (const { name, svg } of plots) writeFileSync(join(images, `${name}.svg`), svg);
    const page = join(ROOT, 'docs', 'performance.md');
    writeFileSync(page, writeIntoDocument(readFileSync(page, 'utf8'), result, plots, 'performance'));
  }
}

const result =
  values.from === undefined ? await measure() : (JSON.parse(readFileSync(values.from, 'utf8')) as Result);
await report(result);
// What is measured here has to work; others may not be installed.
if (result.omitted.some((one) => one.includes(ours.name) || one.includes('relay'))) process.exitCode = 1;
