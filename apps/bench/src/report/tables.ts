/** The result as tables, for a terminal and for Markdown. */
import { figure, ratio, type Result, type WorkloadResult } from '../result.js';

export type Table = readonly (readonly string[])[];

const GENERATOR_IS_BUSY = 0.95;

export function digits(value: number, places = 1): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : places);
}

/** The floor that belongs to a workload. */
export function floorOf({ workload, measured }: WorkloadResult): string | undefined {
  const wanted =
    workload.transport === 'rawsocket'
      ? 'net relay, batched'
      : workload.group === 'one call at a time'
        ? 'ws relay, plain'
        : 'ws relay, batched';
  return measured[wanted] === undefined ? undefined : wanted;
}

/** First row: headings. One row for each workload that `chosen` takes. */
export function workloadTable(result: Result, chosen: (one: WorkloadResult) => boolean): Table {
  const [ours, ...others] = result.subjects.filter((name) => !name.includes('relay'));
  const headings = [
    'workload',
    'CPU per call',
    'of the floor',
    'calls/s',
    'p50',
    'p99',
    'router busy',
    'generator busy',
    ...others.map((name) => `${name} ÷ ours`),
  ];
  const rows = result.workloads.filter(chosen).map((one) => {
    const floor = floorOf(one);
    const busy = figure(one, ours!, 'generatorLoad');
    return [
      one.workload.name,
      `${digits(figure(one, ours!, 'cpuUs'))} µs`,
      floor === undefined
        ? '–'
        : `${digits(ratio(one, ours!, floor), 2)} × ${digits(figure(one, floor, 'cpuUs'))} µs`,
      digits(figure(one, ours!, 'perSecond')),
      `${digits(figure(one, ours!, 'p50Us'), 0)} µs`,
      `${digits(figure(one, ours!, 'p99Us'), 0)} µs`,
      digits(figure(one, ours!, 'routerLoad'), 2),
      digits(busy, 2) + (busy >= GENERATOR_IS_BUSY ? ' (!)' : ''),
      ...others.map((name) => digits(ratio(one, name, ours!), 2)),
    ];
  });
  return [headings, ...rows];
}

/** A scenario's rows, of all subjects. */
export function scenarioTables(result: Result): readonly { readonly title: string; readonly table: Table }[] {
  const names = [...new Set(result.scenarios.map(({ name }) => name))];
  return names.map((name) => {
    const runs = result.scenarios.filter((one) => one.name === name);
    const keys = [...new Set(runs.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row))))];
    const rows = runs.flatMap(({ subject, rows }) =>
      rows.map((row) => [subject, ...keys.map((key) => cell(row[key]))]),
    );
    return { title: name, table: [['', ...keys.map(heading)], ...rows] };
  });
}

function cell(value: number | string | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? digits(value, Number.isInteger(value) ? 0 : 2) : value;
}

/** `kibPerSession` is "KiB per session". */
function heading(key: string): string {
  return key
    .replace(/([A-Z])/g, ' $1')
    .toLowerCase()
    .replace('kib', 'KiB')
    .replace('cpu', 'CPU')
    .replace(/ us$/, ' (µs)');
}

export function asText(table: Table): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

export function asMarkdown([headings, ...rows]: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = headings!.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(headings!), line(rule), ...rows.map(line)].join('\n');
}
