/**
 * A router for tests: the one of production, in the test's own process, with clients of production on lines that the test
 * can cut, stall and delay. Owns the clients and their lines; routes nothing itself.
 */
import { connect, type Client, type ConnectOptions, type Serializer } from '@wamp/client';
import { cbor } from '@wamp/protocol/cbor';
import { Router, type RouterOptions } from '@wamp/router';
import { TestLine, type Line } from './line.js';
import { VirtualClock } from './virtual-clock.js';

export interface TestRouterOptions extends Omit<RouterOptions, 'clock'> {
  /** Time to begin with, in milliseconds since the epoch. Default: the first of January 2026, midnight, UTC. */
  readonly startAt?: number;
}

/** As for `connect`; the realm is `realm1` if nothing else is said. */
export interface TestClientOptions extends Omit<ConnectOptions, 'realm' | 'serializers'> {
  readonly realm?: string;
  /** What values pass through on their way. Default `cbor()`. */
  readonly serializer?: Serializer;
}

export interface TestRouter {
  /** the router itself: `stats()`, `attach()` and all that production has */
  readonly router: Router;
  /** the time of the router and of the lines */
  readonly clock: VirtualClock;
  /** Joins a client. */
  connect(options?: TestClientOptions): Promise<Client>;
  /** The line of a client that `connect` has joined. @throws Error for any other */
  lineOf(client: Client): Line;
  /** Closes all clients, then the router. */
  close(): Promise<void>;
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a router for one test. By default it has the realm `realm1`, open to anonymous clients. */
export function createTestRouter({ startAt, ...options }: TestRouterOptions = {}): TestRouter {
  const clock = new VirtualClock(startAt);
  const router = new Router({ realms: { realm1: {} }, ...options, clock });
  const lines = new Map<Client, TestLine>();

  const close = async (): Promise<void> => {
    for (const line of lines.values()) {
      line.delay(0);
      line.flow();
    }
    await Promise.all([...lines.keys()].map((client) => client.close()));
    lines.clear();
    await router.close();
  };

  return {
    router,
    clock,
    connect: async ({ realm = 'realm1', serializer = cbor(), ...rest } = {}) => {
      const line = new TestLine(clock, () => router.openTransport(serializer));
      const client = await connect(line.connect, { realm, ...rest });
      lines.set(client, line);
      return client;
    },
    lineOf: (client) => {
      const line = lines.get(client);
      if (line === undefined) throw new Error('this client was not joined by this test router');
      return line;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
