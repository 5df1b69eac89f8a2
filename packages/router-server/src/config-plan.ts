/**
 * What a configuration asks to be built, in the words of those who build it: options of the router, of its realms and of
 * the listeners. Owns the translation, option by option; builds and opens nothing.
 */
import type { MemoryEventStoreLimits, RealmOptions, RouterLimits } from '@wamp/router';
import { brokerLimitsOf, dealerLimitsOf, routerLimitsOf } from './config-limits.js';
import type { RealmConfig } from './config-realms.js';
import type { Config, LogFormat, LogLevel, TransportConfig } from './config-schema.js';
import type { ListenOptions } from './listen.js';

export interface RealmPlan {
  readonly options: RealmOptions;
  readonly store: StorePlan;
}

export interface StorePlan {
  readonly type: 'memory';
  readonly limits: Partial<MemoryEventStoreLimits>;
}

export interface ListenerPlan {
  readonly options: Omit<ListenOptions, 'serializers'>;
  /** names of the serializers, and how deep a message may be nested */
  readonly serializers: readonly string[];
  readonly maxDepth: number;
}

export interface Plan {
  readonly realms: ReadonlyMap<string, RealmPlan>;
  readonly limits: Partial<RouterLimits>;
  readonly listeners: readonly ListenerPlan[];
  readonly log: LogPlan;
  readonly monitoring: MonitoringPlan;
}

export interface LogPlan {
  readonly level: LogLevel;
  /** undefined: as stdout suggests */
  readonly format: LogFormat | undefined;
  readonly linesPerSecond: number;
}

export interface MonitoringPlan {
  readonly hasHealth: boolean;
  readonly hasMetrics: boolean;
  /** undefined: on the ports of the transports */
  readonly endpoint: { readonly host: string; readonly port: number } | undefined;
}

export function planOf(config: Config): Plan {
  return {
    realms: new Map(config.realms.map((realm) => [realm.name, realmPlan(realm, config)])),
    limits: routerLimitsOf(config.limits),
    listeners: config.transports.map((transport) => listenerPlan(transport, config)),
    log: {
      level: config.log.level,
      format: config.log.format,
      linesPerSecond: config.log.lines_per_second,
    },
    monitoring: monitoringPlan(config),
  };
}

function monitoringPlan({ monitoring: { health, metrics, endpoint } }: Config): MonitoringPlan {
  return {
    hasHealth: health,
    hasMetrics: metrics,
    endpoint: endpoint === undefined ? undefined : { host: endpoint.interface, port: endpoint.port },
  };
}

function realmPlan({ options, store }: RealmConfig, config: Config): RealmPlan {
  return {
    options: {
      uriRule: options.uri_check,
      requestIds: options.request_ids,
      disclosure: options.disclosure,
      adminRoles: options.admin_roles,
      defaultTimeoutMs: options.default_timeout_ms,
      maxTimeoutMs: options.max_timeout_ms,
      reroute: options.reroute,
      probeMs: options.probe_ms,
      dealerLimits: dealerLimitsOf(config.limits),
      brokerLimits: brokerLimitsOf(config.limits),
      history: store['event-history'].map(({ uri, match, limit, limit_bytes, max_age_ms }) => ({
        uri,
        match,
        limits: { events: limit, bytes: limit_bytes, maxAgeMs: max_age_ms },
      })),
      retention: {
        restrictedPerTopic: store.retention.restricted_per_topic,
        bytesPerTopic: store.retention.bytes_per_topic,
        maxAgeMs: store.retention.max_age_ms,
      },
    },
    store: storePlan(store),
  };
}

function storePlan(store: RealmConfig['store']): StorePlan {
  return {
    type: store.type,
    limits: {
      retainedEvents: store.retained_events,
      retainedBytes: store.retained_bytes,
      historyEvents: store.history_events,
      historyBytes: store.history_bytes,
    },
  };
}

function listenerPlan(
  { endpoint, path, serializers, options }: TransportConfig,
  config: Config,
): ListenerPlan {
  return {
    serializers,
    maxDepth: config.limits.nesting_depth,
    options: {
      port: endpoint.port,
      host: endpoint.interface,
      path,
      allowedOrigins: options.allowed_origins,
      maxMessageBytes: options.max_message_size,
      maxConnections: options.max_connections,
      pingIntervalMs: options.auto_ping_interval,
      pingTimeoutMs: options.auto_ping_timeout,
      handshakeTimeoutMs: options.open_handshake_timeout,
      closeTimeoutMs: options.close_handshake_timeout,
    },
  };
}
