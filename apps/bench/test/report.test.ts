import { describe, expect, it } from 'vitest';
import type { Measured } from '../src/load/measurement.js';
import { drawPlots } from '../src/report/plots.js';
import { asHtml, writeIntoDocument } from '../src/report/pages.js';
import { asText, workloadTable } from '../src/report/tables.js';
import { median, ratio, type Result } from '../src/result.js';
import { WORKLOADS } from '../src/workload.js';

const measured = (cpuUs: number, generatorLoad = 0.3): Measured => ({
  done: 1_000,
  perSecond: 1_000,
  cpuUs,
  routerLoad: 0.5,
  generatorLoad,
  p50Us: 10,
  p99Us: 20,
  comparedByValue: 0,
  errors: 0,
  faults: [],
});
const workload = WORKLOADS[0]!;
const result: Result = {
  madeAt: '2026-01-02T03:04:05.000Z',
  machine: {
    processor: 'P<1>',
    processors: 2,
    system: 'S',
    node: 'v20',
    commit: 'abc',
    isPinned: true,
    load: 0.1,
  },
  repetitions: 3,
  durationMs: 1_000,
  subjects: ['wamp-router', 'other', 'ws relay, batched'],
  workloads: [
    {
      workload,
      measured: {
        'wamp-router': [measured(4), measured(8), measured(6, 0.99)],
        other: [measured(8), measured(16), measured(18)],
        'ws relay, batched': [measured(2), measured(4), measured(2)],
      },
    },
  ],
  scenarios: [
    {
      name: 'exact registrations',
      subject: 'wamp-router',
      rows: [
        { registrations: 1, cpuUs: 2 },
        { registrations: 10, cpuUs: 2 },
      ],
    },
  ],
  omitted: [],
};

describe('a result', () => {
  it('is told by medians, of quotients within a repetition where two are compared', () => {
    expect(median([3, NaN, 1, 2])).toBe(2);
    expect(median([1, 2])).toBe(1.5);
    expect(ratio(result.workloads[0]!, 'wamp-router', 'ws relay, batched')).toBe(2);
    expect(ratio(result.workloads[0]!, 'other', 'wamp-router')).toBe(2);
    const text = asText(workloadTable(result, () => true));
    expect(text).toContain('6.0 µs');
    expect(text).toContain('2.00 × 2.0 µs');
  });

  it('says when the load generator may have been what limits', () => {
    const busy = { ...result.workloads[0]!, measured: { 'wamp-router': [measured(4, 0.97)] } };
    expect(asText(workloadTable({ ...result, workloads: [busy] }, () => true))).toContain('0.97 (!)');
  });

  it('becomes pictures, a page, and a block in a document, of which nothing else changes', async () => {
    const plots = await drawPlots(result);
    expect(plots.map(({ name }) => name)).toEqual(['cpu-websocket', 'registrations']);
    for (const { svg } of plots) expect(svg).toContain('<svg');
    expect(asHtml(result, plots)).toContain('P&lt;1>');
    const document = 'before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n';
    const once = writeIntoDocument(document, result, plots, 'performance');
    expect(once).toMatch(
      /^before\n<!-- results: begin -->\n\nMade 2026-01-02[\s\S]*\n\n<!-- results: end -->\nafter\n$/,
    );
    expect(once).not.toContain('old');
    expect(writeIntoDocument(once, result, plots, 'performance')).toBe(once);
    expect(() => writeIntoDocument('no marks', result, plots, '')).toThrow('results: begin');
  });

  it('says so when other work kept the machine busy', () => {
    const block = (load: number): string => {
      const marks = '<!-- results: begin -->\n<!-- results: end -->';
      return writeIntoDocument(marks, { ...result, machine: { ...result.machine, load } }, [], '');
    };
    expect(block(0.1)).not.toContain('rough');
    expect(block(5)).toContain('rough');
  });

  it('has each workload once', () => {
    const names = WORKLOADS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
