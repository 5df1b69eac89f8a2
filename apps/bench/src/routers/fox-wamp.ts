/**
 * fox-wamp (Node): `npm install fox-wamp` anywhere, and that folder in the environment variable `FOX_WAMP`. It has no
 * command; what is run is its own example without the logging. It speaks JSON.
 */
import { join } from 'node:path';
import type { Subject } from './subject.js';

export const foxWamp: Subject = {
  name: 'fox-wamp',
  kind: 'router',
  transports: ['websocket'],
  formats: ['json'],
  command: ({ websocket }, folder) => ({
    program: process.env['FOX_WAMP'] === undefined ? 'fox-wamp' : process.execPath,
    args: [join(folder, 'router.cjs')],
    urls: { websocket: `ws://127.0.0.1:${websocket}/` },
    files: {
      'router.cjs': [
        "const { createRequire } = require('node:module');",
        `const Router = createRequire(${JSON.stringify(join(process.env['FOX_WAMP'] ?? '.', 'x.js'))})('fox-wamp');`,
        'const router = new Router();',
        "router.getRealm('realm1', () => undefined);",
        `router.listenWAMP({ port: ${websocket} });`,
        '',
      ].join('\n'),
    },
  }),
};
