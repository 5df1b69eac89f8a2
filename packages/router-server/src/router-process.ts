/**
 * What a configuration has been built into: the router with its realms, and its listeners.
 * Owns the order in which they begin and end; knows neither files nor signals.
 */
import { MemoryEventStore, Router, type RealmOptions, type RouterObserver } from '@wamp/router';
import type { ListenerPlan, Plan, RealmPlan } from './config-plan.js';
import { listen, type RouterServer } from './listen.js';
import { nodeSerializers } from './node-serializers.js';
import type { ListenerObserver } from './ws-listener.js';

/** How long peers get to answer GOODBYE, and then to close: together less than service managers wait before they kill. */
const GOODBYE_MS = 2_000;
const LINGER_MS = 1_500;

/** Who is told, for logs and metrics. */
export interface Observers {
  readonly router: RouterObserver;
  readonly listener: ListenerObserver;
}

export class RouterProcess {
  readonly router: Router;
  readonly servers: readonly RouterServer[];

  private constructor(router: Router, servers: readonly RouterServer[]) {
    this.router = router;
    this.servers = servers;
  }

  /** @throws ListenError if one of the ports cannot be opened; then none stays open */
  static async start(plan: Plan, observers: Observers): Promise<RouterProcess> {
    const { limits } = plan;
    const router = new Router({
      realms: Object.fromEntries([...plan.realms].map(([name, realm]) => [name, realmOptions(realm)])),
      limits: { ...limits, goodbyeMs: Math.min(GOODBYE_MS, limits.goodbyeMs ?? GOODBYE_MS) },
      observer: observers.router,
    });
    const servers: RouterServer[] = [];
    try {
      for (const listener of plan.listeners) {
        servers.push(await listen(router, { ...listenOptions(listener), observer: observers.listener }));
      }
    } catch (error) {
      await Promise.all(servers.map((server) => server.close({ graceMs: 0 })));
      throw error;
    }
    return new RouterProcess(router, servers);
  }

  /** Says goodbye, then closes; peers that do not play along are cut. */
  async close(): Promise<void> {
    for (const server of this.servers) server.stopAccepting();
    const timeUp = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE_MS + LINGER_MS).unref());
    await Promise.race([this.router.close(), timeUp]);
    await Promise.all(this.servers.map((server) => server.close({ graceMs: LINGER_MS })));
  }
}

function realmOptions({ options, store }: RealmPlan): RealmOptions {
  return { ...options, eventStore: new MemoryEventStore(store.limits) };
}

function listenOptions({ options, serializers, maxDepth }: ListenerPlan): Record<string, unknown> {
  const spoken = nodeSerializers({ maxDepth }).filter(({ format }) => serializers.includes(format));
  return { ...options, serializers: spoken };
}
