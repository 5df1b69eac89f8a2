/** A WebSocket server on a free port whose connections are scripted routers. */
import type { AddressInfo } from 'node:net';
import type { Serializer, Transport, TransportReceiver } from '@wamp/protocol';
import { WebSocketServer, type WebSocket } from 'ws';
import { ScriptedRouter } from './scripted-router.fixture.js';

export interface WsServer {
  readonly url: string;
  /** the sockets so far, as the server sees them */
  readonly sockets: WebSocket[];
  /** the next connection, speaking that serializer */
  router(serializer: Serializer): Promise<ScriptedRouter>;
  close(): Promise<void>;
}

/** @param choose what to answer to the client's list of subprotocols */
export async function wsServer(choose: (offered: Set<string>) => string | false): Promise<WsServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: choose });
  const sockets: WebSocket[] = [];
  const waiting: ((socket: WebSocket) => void)[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    waiting.shift()?.(socket);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    sockets,
    router: (serializer) =>
      new Promise((resolve) =>
        waiting.push((socket) => resolve(new ScriptedRouter(over(socket, serializer)))),
      ),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.terminate();
        server.close(() => resolve());
      }),
  };
}

/** Just enough of a transport for scripts. */
function over(socket: WebSocket, serializer: Serializer): Transport {
  return {
    serializer,
    info: {},
    bufferedBytes: 0,
    maxSendBytes: Infinity,
    open(receiver: TransportReceiver): void {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary === serializer.isBinary) receiver.receive(data);
        else receiver.violated('wrong frame');
      });
      socket.on('close', (code) => receiver.closed({ wasClean: code !== 1006, reason: String(code) }));
    },
    send: (frame) => socket.send(frame, { binary: serializer.isBinary }),
    pause: () => undefined,
    resume: () => undefined,
    close: () => socket.close(1000, 'bye'),
    terminate: () => socket.terminate(),
  };
}
