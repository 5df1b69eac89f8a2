/** This repository's router, as its command starts it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Subject } from './subject.js';

const folder = dirname(createRequire(import.meta.url).resolve('@wamp/router-server/package.json'));

export const ours: Subject = {
  name: 'wamp-router',
  kind: 'router',
  transports: ['websocket', 'rawsocket'],
  formats: ['json', 'msgpack', 'cbor'],
  command: ({ websocket }) => ({
    program: process.execPath,
    args: [join(folder, 'bin', 'wamp-router.js'), '--port', String(websocket), '--log-level', 'error'],
    // One port for both.
    urls: { websocket: `ws://127.0.0.1:${websocket}/ws`, rawsocket: `rs://127.0.0.1:${websocket}` },
  }),
};
