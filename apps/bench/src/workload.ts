/** What is measured: the workloads, one by one, and which floor each stands on. */
import type { Shape } from './load/payload.js';
import type { TransportName } from './routers/subject.js';
import type { FormatName } from './wire/format.js';

export interface Workload {
  readonly name: string;
  readonly group: 'calls' | 'one call at a time' | 'mixed formats' | 'events';
  readonly transport: TransportName;
  readonly format: FormatName;
  readonly calleeFormat?: FormatName;
  readonly shape: Shape;
  readonly bytes: number;
  /** of calls */
  readonly callers: number;
  readonly callees: number;
  /** of events; 0 for calls */
  readonly subscribers: number;
  /** in flight of each caller, or of the publisher */
  readonly depth: number;
}

const FORMATS: readonly FormatName[] = ['json', 'msgpack', 'cbor'];
const KIB = 1024;
const MIB = 1024 * 1024;
/** Most payload in flight: below what our router lets wait for one callee before it refuses calls for it, 16 MiB. */
const MOST_IN_FLIGHT = 8 * MIB;

const sizeName = (bytes: number): string =>
  bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`;

/** JSON has no bytes. */
const longShape = (format: FormatName): Shape => (format === 'json' ? 'text' : 'bytes');

function calls(
  transport: TransportName,
  format: FormatName,
  shape: Shape,
  bytes: number,
  callers: number,
  wanted: number,
): Workload {
  const callees = callers > 1 ? 8 : 1;
  const depth = Math.max(1, Math.min(wanted, Math.floor(MOST_IN_FLIGHT / (bytes * callers))));
  const size = `${sizeName(bytes)}${shape === 'kwargs' ? ' structured' : ''}`;
  const name = `${transport} ${format} ${size}, ${callers}×${callees}, ${depth} in flight`;
  const group = depth * callers === 1 ? 'one call at a time' : 'calls';
  return { name, group, transport, format, shape, bytes, callers, callees, subscribers: 0, depth };
}

function callWorkloads(transport: TransportName): Workload[] {
  const all: Workload[] = [];
  for (const format of FORMATS) {
    const long = longShape(format);
    for (const [shape, bytes] of [
      [long, 16],
      [long, KIB],
      ['kwargs', KIB],
    ] as const) {
      all.push(calls(transport, format, shape, bytes, 1, 64), calls(transport, format, shape, bytes, 64, 8));
    }
    for (const [shape, bytes] of [
      ['kwargs', 16 * KIB],
      [long, 64 * KIB],
      [long, MIB],
    ] as const) {
      all.push(calls(transport, format, shape, bytes, 1, 64));
    }
  }
  for (const bytes of [16, KIB]) all.push(calls(transport, 'json', 'text', bytes, 1, 1));
  return all;
}

function eventWorkloads(): Workload[] {
  const all: Workload[] = [];
  for (const format of ['json', 'cbor'] as const) {
    for (const bytes of [16, KIB]) {
      const name = `websocket ${format} ${sizeName(bytes)}, 1 to 100, 8 in flight`;
      const shape = longShape(format);
      all.push({
        name,
        group: 'events',
        transport: 'websocket',
        format,
        shape,
        bytes,
        callers: 0,
        callees: 0,
        subscribers: 100,
        depth: 8,
      });
    }
  }
  return all;
}

const mixed = (format: FormatName, calleeFormat: FormatName): Workload => ({
  ...calls('websocket', format, 'kwargs', KIB, 1, 64),
  name: `websocket ${format} to ${calleeFormat}, 1 KiB structured, 1×1, 64 in flight`,
  group: 'mixed formats',
  calleeFormat,
});

export const WORKLOADS: readonly Workload[] = [
  ...callWorkloads('websocket'),
  mixed('json', 'cbor'),
  mixed('cbor', 'json'),
  mixed('msgpack', 'cbor'),
  ...eventWorkloads(),
  ...callWorkloads('rawsocket'),
];

/** Workloads with the same key have the same floor: a relay does not look into a frame, only at whether it is text. */
export function floorKey(workload: Workload): string {
  const { transport, format, bytes, callers, subscribers, depth } = workload;
  const isText = format === 'json' && transport === 'websocket';
  return [transport, isText ? 'text' : 'binary', bytes, callers, subscribers, depth].join(' ');
}
