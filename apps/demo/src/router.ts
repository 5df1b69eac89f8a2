/** The warehouse's router: a process of its own, on a free port of this machine. */
import { Router, listen } from '@wamp/router-server';
import { tell } from './backstage.js';
import { REALM } from './contract.js';

const router = new Router({ realms: { [REALM]: {} } });
const server = await listen(router, { port: 0 });
tell({ type: 'listening', url: server.url });

process.on('disconnect', () => void server.close().then(() => process.exit(0)));
