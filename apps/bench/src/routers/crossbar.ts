/** Crossbar.io (Python): `pip install crossbar`. */
import type { Subject } from './subject.js';

export const crossbar: Subject = {
  name: 'Crossbar',
  kind: 'router',
  transports: ['websocket', 'rawsocket'],
  formats: ['json', 'msgpack', 'cbor'],
  command: ({ websocket, rawsocket }, folder) => {
    const tcp = (port: number) => ({ type: 'tcp', interface: '127.0.0.1', port });
    const permissions = [
      { uri: '', match: 'prefix', allow: { call: true, register: true, publish: true, subscribe: true } },
    ];
    const serializers = ['json', 'msgpack', 'cbor'];
    const config = {
      version: 2,
      workers: [
        {
          type: 'router',
          realms: [{ name: 'realm1', roles: [{ name: 'anonymous', permissions }] }],
          transports: [
            { type: 'websocket', endpoint: tcp(websocket), serializers },
            { type: 'rawsocket', endpoint: tcp(rawsocket), serializers },
          ],
        },
      ],
    };
    return {
      program: 'crossbar',
      args: ['start', '--cbdir', folder, '--config', 'config.json', '--loglevel', 'error'],
      urls: { websocket: `ws://127.0.0.1:${websocket}/`, rawsocket: `rs://127.0.0.1:${rawsocket}` },
      files: { 'config.json': JSON.stringify(config) },
    };
  },
};
