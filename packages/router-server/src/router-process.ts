/**
 * What a configuration has been built into: the router with its realms, and its listeners.
 * Owns the order in which they begin and end; knows neither files nor signals.
 */
import { openSqliteEventStore } from '@wamp/event-store-sqlite';
import {
  MemoryEventStore,
  Router,
  type AuthOptions,
  type EventStore,
  type RealmOptions,
  type RouterObserver,
} from '@wamp/router';
import type { AuthConfig } from './config-auth.js';
import type { ListenerPlan, Plan, RealmPlan, StorePlan } from './config-plan.js';
import { ListenError } from './listen-error.js';
import { listen, type ListenOptions, type RouterServer } from './listen.js';
import { jwtTickets } from './jwt-tickets.js';
import { verifyEd25519 } from './node-ed25519.js';
import { nodeSerializers } from './node-serializers.js';
import { OperatingPages, type Readiness } from './operating-pages.js';
import { OperatingServer } from './operating-server.js';
import { Prometheus, type MetricSource } from './prometheus.js';
import type { ListenerObserver } from './ws-listener.js';

/** How long peers get to answer GOODBYE, and then to close: together less than service managers wait before they kill. */
const GOODBYE_MS = 2_000;
const LINGER_MS = 1_500;

/** How long the end takes at most, after the time that running calls have. */
export const CLOSING_MS: number = GOODBYE_MS + LINGER_MS + LINGER_MS;

/** Who is told, for logs and metrics. */
export interface Observers {
  readonly router: RouterObserver;
  readonly listener: ListenerObserver;
  /** log lines that were not written, for the metrics */
  readonly suppressedLogLines: () => number;
}

/** A configuration that is well-formed, and asks for what cannot be. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

export class RouterProcess {
  readonly router: Router;
  readonly #stores: readonly OpenStore[];
  readonly #servers: RouterServer[] = [];
  /** of the transports, in the same order */
  readonly #kinds: readonly string[];
  readonly #prometheus: Prometheus | undefined;
  readonly #observers: Observers;
  readonly #drainMs: number;
  #monitoring: OperatingServer | undefined = undefined;
  #readiness: Readiness = 'starting';

  private constructor(plan: Plan, stores: readonly OpenStore[], observers: Observers) {
    this.#observers = observers;
    this.#drainMs = plan.drainMs;
    this.#kinds = plan.listeners.map(({ kind }) => kind);
    this.#stores = stores;
    this.router = makeRouter(plan, stores, observers.router);
    this.#prometheus = plan.monitoring.hasMetrics ? new Prometheus(this.#metricSource()) : undefined;
  }

  /** Makes what can be made without opening anything. @throws PlanError */
  static check(plan: Plan): void {
    makeRouter(plan, [], {});
  }

  /**
   * @throws PlanError; ListenError if one of the ports cannot be opened, then none stays open; EventStoreFileError if one of
   * the files cannot
   */
  static async start(plan: Plan, observers: Observers): Promise<RouterProcess> {
    const stores: OpenStore[] = [];
    let started: RouterProcess | undefined;
    try {
      for (const [realm, { store }] of plan.realms) stores.push(await openStore(realm, store));
      started = new RouterProcess(plan, stores, observers);
      await started.#open(plan);
      return started;
    } catch (error) {
      if (started !== undefined) await started.#closePorts(0);
      await Promise.all(stores.map((store) => store.close()));
      throw error;
    }
  }

  get servers(): readonly RouterServer[] {
    return this.#servers;
  }

  /** Where the operating pages are, if they have a port of their own. */
  get monitoringUrl(): string | undefined {
    return this.#monitoring?.url;
  }

  /** Lets running calls finish, then closes in a way that makes clients come back; peers that do not play along are cut. */
  async close(): Promise<void> {
    this.#readiness = 'draining';
    for (const server of this.#servers) server.stopAccepting();
    const limitMs = this.#drainMs + GOODBYE_MS + LINGER_MS;
    const timeUp = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
    await Promise.race([this.router.drain({ timeoutMs: this.#drainMs }), timeUp]);
    await this.#closePorts(LINGER_MS);
    await Promise.all(this.#stores.map((store) => store.close()));
  }

  /** The operating pages first: who asks while the transports open learns that it takes a moment. */
  async #open({ monitoring, listeners }: Plan): Promise<void> {
    const pages = new OperatingPages({
      readiness: () => this.#readiness,
      hasHealth: monitoring.hasHealth,
      metrics: this.#prometheus === undefined ? undefined : () => this.#prometheus!.page(),
    });
    const { endpoint } = monitoring;
    if (endpoint !== undefined) {
      this.#monitoring = await OperatingServer.start(pages, endpoint.host, endpoint.port);
    }
    const observer = this.#listenerObserver();
    for (const listener of listeners) {
      const options = { ...listenOptions(listener), observer, ...(endpoint === undefined ? { pages } : {}) };
      this.#servers.push(await opened(this.router, options));
    }
    this.#readiness = 'ready';
  }

  async #closePorts(graceMs: number): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close({ graceMs })));
    await this.#monitoring?.close();
  }

  #listenerObserver(): ListenerObserver {
    const log = this.#observers.listener;
    return {
      refused: (refusal) => {
        this.#prometheus?.countRefused(refusal.status);
        log.refused?.(refusal);
      },
      failed: (error) => log.failed?.(error),
    };
  }

  #metricSource(): MetricSource {
    return {
      stats: () => this.router.stats(),
      connections: () => {
        const byKind = new Map<string, number>();
        this.#servers.forEach(({ connections }, i) => {
          const kind = this.#kinds[i]!;
          byKind.set(kind, (byKind.get(kind) ?? 0) + connections);
        });
        return byKind;
      },
      suppressedLogLines: this.#observers.suppressedLogLines,
    };
  }
}

/** @throws ListenError; PlanError for what cannot be served, for example a certificate that cannot be read */
async function opened(router: Router, options: ListenOptions): Promise<RouterServer> {
  try {
    return await listen(router, options);
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new PlanError((error as Error).message, { cause: error });
  }
}

/** The store of one realm, and how it is given free. */
interface OpenStore {
  readonly realm: string;
  readonly eventStore: EventStore;
  close(): Promise<void>;
}

async function openStore(realm: string, plan: StorePlan): Promise<OpenStore> {
  if (plan.type === 'memory') {
    return { realm, eventStore: new MemoryEventStore(plan.limits), close: () => Promise.resolve() };
  }
  const eventStore = await openSqliteEventStore(plan.path, { survives: plan.survives, limits: plan.limits });
  return { realm, eventStore, close: () => eventStore.close() };
}

function authOptions({ ticket, ...auth }: AuthConfig): AuthOptions {
  if (ticket === undefined) return auth;
  return { ...auth, ticket: [ticket].flat().map((one) => (one.type === 'jwt' ? jwtTickets(one) : one)) };
}

/** @throws PlanError */
function makeRouter(plan: Plan, stores: readonly OpenStore[], observer: RouterObserver): Router {
  const { limits, secret } = plan;
  const realmOptions = (name: string, { options: given, auth }: RealmPlan): RealmOptions => {
    const options = auth === undefined ? given : { ...given, auth: authOptions(auth) };
    const open = stores.find(({ realm }) => realm === name);
    return open === undefined ? options : { ...options, eventStore: open.eventStore };
  };
  try {
    return new Router({
      realms: Object.fromEntries([...plan.realms].map(([name, realm]) => [name, realmOptions(name, realm)])),
      limits: { ...limits, goodbyeMs: Math.min(GOODBYE_MS, limits.goodbyeMs ?? GOODBYE_MS) },
      observer,
      verifyEd25519,
      ...(secret === undefined ? {} : { secret }),
    });
  } catch (error) {
    throw new PlanError((error as Error).message, { cause: error });
  }
}

function listenOptions({ options, serializers, maxDepth }: ListenerPlan): ListenOptions {
  const spoken = nodeSerializers({ maxDepth }).filter(({ format }) => serializers.includes(format));
  return { ...options, serializers: spoken };
}
