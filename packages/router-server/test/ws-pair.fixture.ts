/** Two ends of one WebSocket connection over loopback TCP, both as WsTransport. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Transport } from '@wamp/protocol';
import { WebSocket, type PerMessageDeflateOptions } from 'ws';
import { listen } from '../src/listen.js';
import { nodeSerializers } from '../src/node-serializers.js';
import { WriteBatch } from '../src/write-batch.js';
import { WsTransport } from '../src/ws-transport.js';
import type { TransportPair } from './transport-cases.fixture.js';

/** The client's end, and what is below it. */
export interface Dialled {
  readonly transport: WsTransport;
  readonly webSocket: WebSocket;
  readonly socket: Socket;
}

export async function dialled(
  url: string,
  subprotocol: string,
  perMessageDeflate: boolean | PerMessageDeflateOptions,
): Promise<Dialled> {
  const webSocket = new WebSocket(url, [subprotocol], { perMessageDeflate });
  webSocket.on('error', () => undefined);
  let socket: Socket | undefined;
  webSocket.once('upgrade', (response: IncomingMessage) => (socket = response.socket));
  await once(webSocket, 'open');
  const transport = new WsTransport({
    webSocket,
    isServer: false,
    stream: socket!,
    serializer: nodeSerializers().find((one) => one.subprotocol === subprotocol)!,
    batch: new WriteBatch(),
    info: {},
  });
  return { transport, webSocket, socket: socket! };
}

export async function wsTransportPair(subprotocol: string, compression = false): Promise<TransportPair> {
  let accepted: ((transport: Transport) => void) | undefined;
  const far = new Promise<Transport>((resolve) => (accepted = resolve));
  const acceptor = { attach: (transport: Transport): void => accepted?.(transport) };
  const server = await listen(acceptor, { port: 0, compression });
  const { transport: near } = await dialled(server.url, subprotocol, compression);
  return { near, far: await far, close: () => server.close({ graceMs: 50 }) };
}
