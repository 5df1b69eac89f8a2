/** A router with a port of its own for one test file, and clients for it. */
import { connect, type Client } from '@wamp/client';
import type { Format, Serializer } from '@wamp/protocol';
import { Router, type RouterOptions } from '@wamp/router';
import { listen, type ListenOptions, type RouterServer } from '../../src/listen.js';
import { nodeSerializers } from '../../src/node-serializers.js';

export const FORMATS: readonly Format[] = ['json', 'msgpack', 'cbor'];

export const serializerFor = (format: Format): Serializer =>
  nodeSerializers().find((one) => one.format === format)!;

export class RunningRouter {
  readonly router: Router;
  readonly server: RouterServer;
  /** what the observer was told of broken rules and faults */
  readonly violations: string[];
  readonly failures: unknown[];
  readonly #clients: Client[] = [];

  private constructor(router: Router, server: RouterServer, violations: string[], failures: unknown[]) {
    this.router = router;
    this.server = server;
    this.violations = violations;
    this.failures = failures;
  }

  static async start(
    options: { router?: Partial<RouterOptions>; listen?: ListenOptions } = {},
  ): Promise<RunningRouter> {
    const violations: string[] = [];
    const failures: unknown[] = [];
    const router = new Router({
      realms: { realm1: {} },
      observer: {
        violated: (code, sentence) => violations.push(`${code}: ${sentence}`),
        failed: (error) => failures.push(error),
      },
      ...options.router,
    });
    const server = await listen(router, { port: 0, ...options.listen });
    return new RunningRouter(router, server, violations, failures);
  }

  async client(format: Format = 'json'): Promise<Client> {
    const client = await connect(this.server.url, { realm: 'realm1', serializers: [serializerFor(format)] });
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close().catch(() => undefined)));
    await this.router.close();
    await this.server.close({ graceMs: 50 });
  }
}
