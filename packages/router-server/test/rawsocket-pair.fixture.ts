/** Two ends of one RawSocket connection: a client's transport and the router's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawSocket } from '@wamp/client/raw-socket';
import type { Transport } from '@wamp/protocol';
import { listen } from '../src/listen.js';
import { nodeSerializers } from '../src/node-serializers.js';
import type { TransportPair } from './transport-cases.fixture.js';

/** A path for a Unix socket, and how its directory goes. */
export function temporarySocketPath(): { readonly path: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'wamp-'));
  return { path: join(directory, 'socket'), remove: () => rmSync(directory, { recursive: true }) };
}

export async function rawSocketPair(over: 'tcp' | 'unix', subprotocol: string): Promise<TransportPair> {
  const { path, remove } = temporarySocketPath();
  let accepted: ((transport: Transport) => void) | undefined;
  const far = new Promise<Transport>((resolve) => (accepted = resolve));
  const place = over === 'unix' ? { socketPath: path } : { port: 0 };
  const server = await listen(
    { attach: (transport) => accepted?.(transport) },
    { ...place, closeTimeoutMs: 200, rawSocket: { pingAlways: true } },
  );
  const serializers = nodeSerializers().filter((one) => one.subprotocol === subprotocol);
  const target = over === 'unix' ? { path } : { host: '127.0.0.1', port: server.port };
  const dial = rawSocket({ ...target, serializers, mayPing: true });
  const near = (await dial(new AbortController().signal)) as Transport;
  return {
    near,
    far: await far,
    close: async () => {
      await server.close({ graceMs: 50 });
      remove();
    },
  };
}
