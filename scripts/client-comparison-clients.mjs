/**
 * The clients that are compared, each behind the few things that a load needs. Owns nothing but the differences of their interfaces.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './workspace.mjs';

const from = createRequire(join(root, 'packages', 'router-server', 'package.json'));
const load = (specifier) => import(pathToFileURL(from.resolve(specifier)).href);

export const { WebSocket } = from('ws');
// autobahn takes the WebSocket of its platform; Node 20 has none.
globalThis.WebSocket ??= WebSocket;
export const ours = await import(pathToFileURL(join(root, 'packages', 'client', 'dist', 'index.js')).href);
export const autobahn = from('autobahn');
export const { Wampy } = await load('wampy');

export async function openAutobahn(url, options = {}) {
  const connection = new autobahn.Connection({ url, realm: 'realm1', max_retries: 0, ...options });
  const session = await new Promise((resolve, reject) => {
    connection.onopen = resolve;
    connection.onclose = (reason) => void reject(new Error(reason));
    connection.open();
  });
  return { connection, session };
}

export async function openWampy(url, options = {}) {
  const wampy = new Wampy(url, { realm: 'realm1', autoReconnect: false, ws: WebSocket, ...options });
  await wampy.connect();
  return wampy;
}

export const CLIENTS = {
  ours: {
    title: '@wamp/client',
    async open(url) {
      const client = await ours.connect(url, { realm: 'realm1' });
      return {
        call: (procedure, args) => client.call(procedure, args),
        register: (procedure, handler) => client.register(procedure, handler),
      };
    },
  },
  autobahn: {
    title: 'autobahn-js',
    async open(url) {
      const { session } = await openAutobahn(url);
      return {
        call: (procedure, args) => session.call(procedure, args),
        register: (procedure, handler) => session.register(procedure, handler),
      };
    },
  },
  wampy: {
    title: 'wampy',
    async open(url) {
      const wampy = await openWampy(url);
      return {
        call: async (procedure, args) => (await wampy.call(procedure, { argsList: args })).argsList[0],
        register: (procedure, handler) =>
          wampy.register(procedure, ({ argsList }) => ({ argsList: [handler(argsList)] })),
      };
    },
  },
};
