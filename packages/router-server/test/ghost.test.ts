import { connect as connectSocket, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect, type Client } from '@wamp/client';
import { afterEach, expect, it } from 'vitest';
import { FORMATS, RunningRouter } from './integration/running-router.fixture.js';

/** A line between clients and the router that can die as lines do: nothing gets through any more, and nobody is told. */
class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isDead = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(port: number): Promise<Line> {
    const server = createServer();
    const line = new Line(server);
    server.on('connection', (client) => {
      const upstream = connectSocket(port, '127.0.0.1');
      line.#join(client, upstream);
      line.#join(upstream, client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return line;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on everything is swallowed, in both directions; no FIN, no RST. */
  die(): void {
    this.#isDead = true;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      if (!this.#isDead) to.write(chunk);
    });
    from.on('close', () => {
      if (!this.#isDead) to.destroy();
    });
    from.on('error', () => undefined);
  }
}

let running: RunningRouter | undefined;
let line: Line | undefined;
let behind: Client | undefined;
afterEach(async () => {
  line?.close();
  await behind?.closed;
  await running?.stop();
});

it.each(FORMATS)(
  'fault 26: over a line that died silently, the new connection (%s) of a callee registers at once',
  async (format) => {
    running = await RunningRouter.start({ router: { realms: { realm1: { probeMs: 100 } } } });
    line = await Line.to(running.server.port);
    const path = new URL(running.server.url).pathname;
    behind = await connect(line.url + path, { realm: 'realm1' });
    let isCalled: () => void = () => undefined;
    const called = new Promise<void>((resolve) => (isCalled = resolve));
    await behind.register('com.example.where', () => {
      isCalled();
      return new Promise(() => undefined);
    });
    const caller = await running.client(format);
    const pending = caller.call('com.example.where').catch((error: unknown) => error);
    await called;

    line.die();
    const again = await running.client(format);
    await again.register('com.example.where', () => 'here');
    expect(await pending).toMatchObject({ uri: 'wamp.error.canceled' });
    expect(await caller.call('com.example.where')).toBe('here');
    expect(running.router.stats()).toMatchObject({ sessions: 2, totals: { ghostsClosed: 1, failures: 0 } });
  },
);

it('a callee whose line is alive keeps its registration', async () => {
  running = await RunningRouter.start({ router: { realms: { realm1: { probeMs: 10_000 } } } });
  line = await Line.to(running.server.port);
  behind = await connect(line.url + new URL(running.server.url).pathname, { realm: 'realm1' });
  await behind.register('com.example.where', () => 'there');
  const other = await running.client();
  await expect(other.register('com.example.where', () => 'here')).rejects.toMatchObject({
    uri: 'wamp.error.procedure_already_exists',
  });
  expect(await other.call('com.example.where')).toBe('there');
  expect(running.router.stats().totals.ghostsClosed).toBe(0);
});
