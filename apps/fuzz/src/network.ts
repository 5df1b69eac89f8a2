/** A router on a port, and connections to it that write bytes and wait for the end. */
import { connect, type Socket } from 'node:net';
import { listen, Router, type RouterServer } from '@wamp/router-server';
import { encode } from './oracle.js';

/** Time after which a connection that should have ended is a finding: the router's own limits are shorter. */
const PATIENCE_MS = 20_000;

export class Network {
  readonly router: Router;
  readonly server: RouterServer;
  readonly failures: unknown[];

  private constructor(router: Router, server: RouterServer, failures: unknown[]) {
    this.router = router;
    this.server = server;
    this.failures = failures;
  }

  static async open(): Promise<Network> {
    const failures: unknown[] = [];
    const router = new Router({
      realms: { realm1: {} },
      limits: { resumeMs: 0 },
      observer: { failed: (error) => failures.push(error) },
    });
    const server = await listen(router, {
      port: 0,
      maxMessageBytes: 64 * 1024,
      longPoll: { holdMs: 20, idleMs: 100 },
      observer: { failed: (error) => failures.push(error) },
    });
    return new Network(router, server, failures);
  }

  /** Writes everything, says that nothing follows, and reads until the other side has closed. */
  exchange(chunks: readonly Uint8Array[]): Promise<Buffer | string> {
    return new Promise((resolve) => {
      const socket = connect(this.server.port, '127.0.0.1');
      const came: Buffer[] = [];
      const timer = setTimeout(() => {
        socket.destroy();
        resolve('the connection is still open, although nothing more can come');
      }, PATIENCE_MS);
      socket.on('data', (chunk) => came.push(chunk));
      // A router that refuses what it gets may close before it has read everything.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(came));
      });
      write(socket, chunks);
    });
  }

  /** What is wrong with the router by now. */
  async wrong(): Promise<string | undefined> {
    if (this.failures.length > 0) return `the router failed: ${String((this.failures[0] as Error).stack)}`;
    // A session of another connection is served as ever: RawSocket, JSON, HELLO, and a call of the meta API.
    const frames = [
      Uint8Array.of(0x7f, 0xf1, 0, 0),
      rawSocketFrame(0, encode('json', [1, 'realm1', { roles: { caller: {} } }])),
      rawSocketFrame(0, encode('json', [48, 1, {}, 'wamp.session.count'])),
      rawSocketFrame(0, encode('json', [6, {}, 'wamp.close.close_realm'])),
    ];
    const came = await this.exchange(frames);
    if (typeof came === 'string') return came;
    return came.includes('[50,1,') ? undefined : `another session was not served: ${came.toString('latin1')}`;
  }

  async close(): Promise<void> {
    await this.router.close();
    await this.server.close();
  }
}

function write(socket: Socket, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) socket.write(chunk);
  socket.end();
}

/** One frame of RawSocket. @param type 0 is a message, 1 PING, 2 PONG */
export function rawSocketFrame(type: number, payload: Uint8Array, length = payload.length): Uint8Array {
  return Uint8Array.from([type, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff, ...payload]);
}
