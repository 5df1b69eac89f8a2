/** Two ends of one connection of a batched subprotocol: a client's transport and the router's. */
import { batched } from '@wamp/client/batched';
import { webSocket } from '@wamp/client/node-web-socket';
import type { Transport } from '@wamp/protocol';
import { listen } from '../src/listen.js';
import { nodeSerializers } from '../src/node-serializers.js';
import type { TransportPair } from './transport-cases.fixture.js';

/** @param subprotocol the plain one */
export async function batchedPair(subprotocol: string): Promise<TransportPair> {
  let accepted: ((transport: Transport) => void) | undefined;
  const far = new Promise<Transport>((resolve) => (accepted = resolve));
  const server = await listen({ attach: (transport) => accepted?.(transport) }, { port: 0 });
  const serializers = nodeSerializers().filter((one) => one.subprotocol === subprotocol);
  const dial = webSocket({ url: server.url, serializers: serializers.map(batched) });
  const near = (await dial(new AbortController().signal)) as unknown as Transport;
  return { near, far: await far, close: () => server.close({ graceMs: 50 }) };
}
