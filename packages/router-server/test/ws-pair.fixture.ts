/** Two ends of one WebSocket connection over loopback TCP, both as WsTransport. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { listen } from '../src/listen.js';
import { nodeSerializers } from '../src/node-serializers.js';
import { WriteBatch } from '../src/write-batch.js';
import { WsTransport } from '../src/ws-transport.js';
import type { Transport } from '@wamp/protocol';
import type { TransportPair } from './transport-cases.fixture.js';

export async function wsTransportPair(subprotocol: string): Promise<TransportPair> {
  let accepted: ((transport: Transport) => void) | undefined;
  const far = new Promise<Transport>((resolve) => (accepted = resolve));
  const server = await listen({ attach: (transport) => accepted?.(transport) }, { port: 0 });
  const webSocket = new WebSocket(server.url, [subprotocol], { perMessageDeflate: false });
  webSocket.on('error', () => undefined);
  let stream: Socket | undefined;
  webSocket.once('upgrade', (response: IncomingMessage) => (stream = response.socket));
  await once(webSocket, 'open');
  const near = new WsTransport({
    webSocket,
    isServer: false,
    stream: stream!,
    serializer: nodeSerializers().find((one) => one.subprotocol === subprotocol)!,
    batch: new WriteBatch(),
    info: {},
  });
  return { near, far: await far, close: () => server.close({ graceMs: 50 }) };
}
