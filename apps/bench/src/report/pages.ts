/** The result as a page by itself, and as the block of results in the documentation. */
import type { Result } from '../result.js';
import type { Plot } from './plots.js';
import { asMarkdown, scenarioTables, workloadTable, type Table } from './tables.js';

const BEGIN = '<!-- results: begin -->';
const END = '<!-- results: end -->';

interface Section {
  readonly title: string;
  readonly table: Table;
}

function sections(result: Result): readonly Section[] {
  const of = (title: string, transport: string, groups: readonly string[]): Section => ({
    title,
    table: workloadTable(
      result,
      ({ workload }) => workload.transport === transport && groups.includes(workload.group),
    ),
  });
  const workloads = [
    of('Calls over WebSocket', 'websocket', ['calls']),
    of('Calls over RawSocket', 'rawsocket', ['calls']),
    of('One call at a time, WebSocket', 'websocket', ['one call at a time']),
    of('One call at a time, RawSocket', 'rawsocket', ['one call at a time']),
    of('Caller and callee with different serializers', 'websocket', ['mixed formats']),
    of('Publications to 100 subscribers', 'websocket', ['events']),
  ];
  return [...workloads, ...scenarioTables(result)].filter(({ table }) => table.length > 1);
}

function facts({ madeAt, machine, repetitions, durationMs }: Result): string {
  const pinning = machine.isPinned
    ? 'router and load generator each pinned to a processor'
    : 'nothing pinned';
  return (
    `Made ${madeAt.slice(0, 10)} at ${machine.commit}: ${machine.processor}, ${machine.processors} processors, ${machine.system}, ` +
    `Node ${machine.node}; ${repetitions} interleaved repetitions of ${durationMs} ms, medians; ${pinning}. ` +
    (machine.load > machine.processors / 2
      ? `**Other work kept the machine busy (load ${machine.load.toFixed(0)} at the beginning): take the quotients as rough.**`
      : `Load of other work at the beginning: ${machine.load.toFixed(1)}.`)
  );
}

/** Puts the results into a document between its two marks; `images` is where the pictures are, seen from there. */
export function writeIntoDocument(
  document: string,
  result: Result,
  plots: readonly Plot[],
  images: string,
): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error(`the document has no ${BEGIN} … ${END}`);
  const parts = [
    facts(result),
    ...plots.map(({ name, title }) => `![${title}](${images}/${name}.svg)`),
    ...sections(result).flatMap(({ title, table }) => [
      `### ${title.replace(/^./, (first) => first.toUpperCase())}`,
      asMarkdown(table),
    ]),
    ...(result.omitted.length === 0
      ? []
      : ['### Left out', result.omitted.map((one) => `- ${one}`).join('\n')]),
  ];
  return `${document.slice(0, begin)}${BEGIN}\n\n${parts.join('\n\n')}\n\n${document.slice(end)}`;
}

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

function htmlTable([headings, ...rows]: Table): string {
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((one) => `<${tag}>${escape(one)}</${tag}>`).join('')}</tr>`;
  return `<table>${line('th', headings!)}${rows.map((row) => line('td', row)).join('')}</table>`;
}

export function asHtml(result: Result, plots: readonly Plot[]): string {
  const style =
    'body{font:14px/1.5 system-ui;margin:2rem auto;max-width:75rem;padding:0 1rem}' +
    'table{border-collapse:collapse}th,td{padding:.15rem .7rem;border-bottom:1px solid #ddd;text-align:right}' +
    'th:first-child,td:first-child{text-align:left}';
  const pictures = plots.map(({ title, svg }) => `<h2>${escape(title)}</h2>${svg}`);
  const tables = sections(result).map(({ title, table }) => `<h2>${escape(title)}</h2>${htmlTable(table)}`);
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>wamp-router: measurements</title><style>${style}</style>` +
    `<h1>Measurements</h1><p>${escape(facts(result))}</p>${pictures.join('')}${tables.join('')}</html>`
  );
}
