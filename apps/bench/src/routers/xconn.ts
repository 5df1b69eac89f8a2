/** xconn (Go): `go install github.com/xconnio/nxt/cmd/nxt@latest`. */
import type { Subject } from './subject.js';

export const xconn: Subject = {
  name: 'xconn',
  kind: 'router',
  transports: ['websocket'],
  formats: ['json', 'msgpack', 'cbor'],
  command: ({ websocket }, folder) => ({
    program: 'nxt',
    args: ['start', '-d', folder],
    urls: { websocket: `ws://127.0.0.1:${websocket}/ws` },
    files: {
      'config.yaml': [
        'version: "1"',
        'realms:',
        '  - name: realm1',
        'transports:',
        '  - type: websocket',
        '    host: 127.0.0.1',
        `    port: ${websocket}`,
        '    serializers: [json, msgpack, cbor]',
        'authenticators:',
        '  anonymous:',
        '    - authid: anonymous',
        '      realm: realm1',
        '      role: anonymous',
        '',
      ].join('\n'),
    },
  }),
};
