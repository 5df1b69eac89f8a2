/**
 * A router restarts under clients from npm, unmodified: they come back by themselves after a drain. After GOODBYE they would
 * not, which is why a drain says none.
 */
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createRequire } from 'node:module';
import { connect } from '@wamp/client';
import { Wampy } from 'wampy';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, Router, type RouterServer } from '../../src/index.js';

/** An address that stays while routers come and go behind it, as a load balancer has it. */
class Address {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #port = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (near) => {
      const far = connectTcp(this.#port, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
    });
  }

  static async open(): Promise<Address> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Address(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  leadsTo({ port }: RouterServer): void {
    this.#port = port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

interface Comer {
  /** resolves at the next session */
  next(): Promise<unknown>;
  /** whether the client says that it does not try any more */
  readonly hasGivenUp: () => boolean;
  stop(): void;
}

interface AutobahnConnection {
  onopen: (session: { register(uri: string, endpoint: () => string): unknown }) => void;
  onclose: (reason: string, details: { will_retry: boolean }) => boolean;
  open(): void;
  close(): void;
}

function autobahnComer(url: string): Comer {
  const globals = globalThis as { WebSocket?: unknown };
  globals.WebSocket = WebSocket;
  const { Connection, log } = createRequire(import.meta.url)('autobahn') as {
    Connection: new (options: object) => AutobahnConnection;
    log: { warn: () => void };
  };
  log.warn = () => undefined;
  const connection = new Connection({ url, realm: 'realm1', initial_retry_delay: 0.05, max_retries: -1 });
  let opened: () => void = () => undefined;
  let hasGivenUp = false;
  connection.onopen = (session) => {
    session.register('com.example.who', () => 'autobahn');
    opened();
  };
  connection.onclose = (_reason, { will_retry }) => {
    hasGivenUp = !will_retry;
    return false;
  };
  const next = (): Promise<void> => new Promise((resolve) => (opened = resolve));
  connection.open();
  return {
    next,
    hasGivenUp: () => hasGivenUp,
    stop: () => {
      try {
        connection.close();
      } catch {
        // it throws if it is closed already
      }
    },
  };
}

function wampyComer(url: string): Comer {
  const dial = (address: string, protocols: string[]): WebSocket => new WebSocket(address, protocols);
  let opened: () => void = () => undefined;
  let hasGivenUp = false;
  const wampy = new Wampy(url, {
    realm: 'realm1',
    autoReconnect: true,
    reconnectInterval: 50,
    maxRetries: 0,
    ws: function (address: string, protocols: string[]) {
      return dial(address, protocols);
    } as never,
    onReconnectSuccess: () => opened(),
    onClose: () => (hasGivenUp = true),
    onError: () => undefined,
  });
  const first = wampy.connect().then(async () => {
    // wampy registers anew what it had, by itself.
    await wampy.register('com.example.who', () => ({ argsList: ['wampy'] }));
    opened();
  });
  void first.catch(() => undefined);
  const next = (): Promise<void> => new Promise((resolve) => (opened = resolve));
  return {
    next,
    hasGivenUp: () => hasGivenUp,
    stop: () => void wampy.disconnect().catch(() => undefined),
  };
}

describe.each([
  ['autobahn', autobahnComer],
  ['wampy', wampyComer],
])('a restart under %s', (name, come) => {
  let address: Address;
  const servers: RouterServer[] = [];
  const routers: Router[] = [];
  const start = async (): Promise<RouterServer> => {
    const router = new Router({ realms: { realm1: {} } });
    const server = await listen(router, { port: 0 });
    routers.push(router);
    servers.push(server);
    address.leadsTo(server);
    return server;
  };

  beforeEach(async () => {
    address = await Address.open();
  });
  afterEach(async () => {
    for (const router of routers.splice(0)) await router.close();
    for (const server of servers.splice(0)) await server.close({ graceMs: 50 });
    address.close();
  });

  it('after a drain it comes back by itself, several times, and offers its procedure again', async () => {
    let server = await start();
    const comer = come(address.url);
    await comer.next();
    for (let restart = 0; restart < 3; restart += 1) {
      const back = comer.next();
      const former = server;
      server = await start();
      await former.close({ drainMs: 5_000 });
      await back;
      const caller = await connect(server.url, { realm: 'realm1' });
      const isThere = async (): Promise<boolean> =>
        (await caller.call('wamp.registration.lookup', ['com.example.who'])) !== null;
      while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await caller.call('com.example.who')).toBe(name);
      await caller.close();
    }
    expect(comer.hasGivenUp()).toBe(false);
    comer.stop();
  });
});

it('after GOODBYE autobahn gives up: the reason why a drain says none', async () => {
  const router = new Router({ realms: { realm1: {} } });
  const server = await listen(router, { port: 0 });
  const comer = autobahnComer(server.url);
  await comer.next();
  await router.close();
  while (!comer.hasGivenUp()) await new Promise((resolve) => setTimeout(resolve, 10));
  await server.close({ graceMs: 50 });
  comer.stop();
});
