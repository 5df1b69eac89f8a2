/** Two ends of one long-poll connection: a client's transport and the router's. */
import { longPoll } from '@wamp/client/long-poll';
import type { Transport } from '@wamp/protocol';
import { listen } from '../src/listen.js';
import { nodeSerializers } from '../src/node-serializers.js';
import type { TransportPair } from './transport-cases.fixture.js';

export async function longPollPair(subprotocol: string): Promise<TransportPair> {
  let accepted: ((transport: Transport) => void) | undefined;
  const far = new Promise<Transport>((resolve) => (accepted = resolve));
  const server = await listen({ attach: (transport) => accepted?.(transport) }, { port: 0, longPoll: true });
  const serializers = nodeSerializers().filter((one) => one.subprotocol === subprotocol);
  const dial = longPoll({ url: `http://127.0.0.1:${server.port}/lp`, serializers });
  const near = (await dial(new AbortController().signal)) as unknown as Transport;
  return { near, far: await far, close: () => server.close({ graceMs: 50 }) };
}
