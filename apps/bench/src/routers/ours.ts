/** This repository's router, as its command starts it. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Subject } from './subject.js';

const server = dirname(createRequire(import.meta.url).resolve('@wamp/router-server/package.json'));

export const ours: Subject = {
  name: 'wamp-router',
  kind: 'router',
  transports: ['websocket', 'rawsocket'],
  formats: ['json', 'msgpack', 'cbor'],
  command: ({ websocket }, folder) => ({
    program: process.execPath,
    args: [join(server, 'bin', 'wamp-router.js'), '--config', join(folder, 'router.json')],
    // One port for both.
    urls: { websocket: `ws://127.0.0.1:${websocket}/ws`, rawsocket: `rs://127.0.0.1:${websocket}` },
    files: { 'router.json': JSON.stringify(configuration(websocket)) },
  }),
};

/** The defaults, but for as many connections as are made here, all from one address. */
function configuration(port: number): object {
  const endpoint = { type: 'tcp', interface: '127.0.0.1', port };
  const options = { max_connections: 20_000, max_connections_per_address: 20_000 };
  return {
    realms: [{ name: 'realm1' }],
    transports: [{ type: 'universal', endpoint, path: '/ws', options }],
    log: { level: 'error' },
  };
}
