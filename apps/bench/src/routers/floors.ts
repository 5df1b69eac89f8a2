/** The floors: what copying frames costs, without any WAMP. */
import { fileURLToPath } from 'node:url';
import type { Subject } from './subject.js';

const program = (name: string): string => fileURLToPath(new URL(`../floors/${name}.js`, import.meta.url));

function wsRelay(mode: 'plain' | 'batched'): Subject {
  return {
    name: `ws relay, ${mode}`,
    kind: 'floor',
    transports: ['websocket'],
    formats: ['json', 'cbor'],
    command: ({ websocket }) => ({
      program: process.execPath,
      args: [program('ws-relay'), String(websocket), mode],
      urls: { websocket: `ws://127.0.0.1:${websocket}/` },
    }),
  };
}

/** `ws` sockets, each frame written at once. */
export const plainRelay = wsRelay('plain');
/** `ws` sockets, the frames of one turn of the event loop written together. */
export const batchedRelay = wsRelay('batched');
/** TCP sockets, four bytes before each frame, written together too. */
export const netRelay: Subject = {
  name: 'net relay, batched',
  kind: 'floor',
  transports: ['rawsocket'],
  formats: ['json', 'cbor'],
  command: ({ rawsocket }) => ({
    program: process.execPath,
    args: [program('net-relay'), String(rawsocket)],
    urls: { rawsocket: `rs://127.0.0.1:${rawsocket}` },
  }),
};
