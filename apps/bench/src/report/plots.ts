/** The result as pictures: what is drawn stands here, how is Vega's business. */
import { View, parse } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { figure, type Result } from '../result.js';

export interface Plot {
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

const AXIS = { labelFontSize: 11, titleFontSize: 11, labelLimit: 330 };

async function draw(name: string, title: string, spec: object): Promise<Plot> {
  const full = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    ...spec,
    config: { axis: AXIS },
  };
  const view = new View(parse(compile(full as TopLevelSpec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return { name, title, svg };
}

/** Processor time of all subjects for each workload of a transport, on a logarithmic scale. */
function cpuPlot(result: Result, transport: string): Promise<Plot> {
  const values = result.workloads
    .filter(({ workload }) => workload.transport === transport)
    .flatMap((one) =>
      Object.keys(one.measured).map((subject) => ({
        workload: one.workload.name.replace(`${transport} `, ''),
        subject,
        cpu: figure(one, subject, 'cpuUs'),
      })),
    );
  return draw(`cpu-${transport}`, `Processor time per call or publication, ${transport}`, {
    width: 520,
    height: { step: 17 },
    data: { values },
    mark: { type: 'point', filled: true, size: 60 },
    encoding: {
      y: { field: 'workload', type: 'nominal', sort: null, title: null },
      x: {
        field: 'cpu',
        type: 'quantitative',
        scale: { type: 'log' },
        title: "µs of the subject's processor time",
      },
      color: { field: 'subject', type: 'nominal', title: null },
      shape: { field: 'subject', type: 'nominal', title: null },
    },
  });
}

/** Calls against the number of registrations. */
function registrationPlot(result: Result): Promise<Plot> {
  const values = result.scenarios
    .filter(({ name }) => name.endsWith(' registrations'))
    .flatMap(({ name, subject, rows }) =>
      rows.map((row) => ({ ...row, match: `${subject}, ${name.split(' ')[0]!}` })),
    );
  return draw('registrations', 'Processor time per call against the number of registrations', {
    width: 520,
    height: 260,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'registrations', type: 'quantitative', scale: { type: 'log' }, title: 'registrations' },
      y: { field: 'cpuUs', type: 'quantitative', title: 'µs per call', scale: { zero: true } },
      color: { field: 'match', type: 'nominal', title: null },
    },
  });
}

export async function drawPlots(result: Result): Promise<readonly Plot[]> {
  const transports = [...new Set(result.workloads.map(({ workload }) => workload.transport))];
  const plots = await Promise.all(transports.map((transport) => cpuPlot(result, transport)));
  if (result.scenarios.some(({ name }) => name.endsWith(' registrations')))
    plots.push(await registrationPlot(result));
  return plots;
}
