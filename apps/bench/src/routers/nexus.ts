/** nexus (Go): `go install github.com/gammazero/nexus/v3/cmd/nexusd@latest`. */
import { join } from 'node:path';
import type { Subject } from './subject.js';

export const nexus: Subject = {
  name: 'nexus',
  kind: 'router',
  transports: ['websocket', 'rawsocket'],
  formats: ['json', 'msgpack', 'cbor'],
  command: ({ websocket, rawsocket }, folder) => ({
    program: 'nexusd',
    args: ['-c', join(folder, 'nexus.json')],
    urls: { websocket: `ws://127.0.0.1:${websocket}/`, rawsocket: `rs://127.0.0.1:${rawsocket}` },
    files: {
      'nexus.json': JSON.stringify({
        websocket: { address: `127.0.0.1:${websocket}` },
        rawsocket: { tcp_address: `127.0.0.1:${rawsocket}`, tcp_keepalive_interval: 0 },
        router: {
          realms: [{ uri: 'realm1', anonymous_auth: true, allow_disclose: true, strict_uri: false }],
        },
      }),
    },
  }),
};
