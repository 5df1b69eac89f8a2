/**
 * What a configuration asks to be built, in the words of those who build it: options of the router, of its realms and of
 * the listeners. Owns the translation, option by option; builds and opens nothing.
 */
import { resolve } from 'node:path';
import type { MemoryEventStoreLimits, RealmOptions, RoleOptions, RouterLimits } from '@wamp/router';
import { brokerLimitsOf, dealerLimitsOf, routerLimitsOf } from './config-limits.js';
import type { AuthConfig } from './config-auth.js';
import type { RealmConfig } from './config-realms.js';
import type { Config, LogFormat, LogLevel, TransportConfig } from './config-schema.js';
import type { ListenOptions } from './listen.js';
import type { TlsCertificate, TlsOptions } from './tls-certificates.js';
import type { CompressionOptions } from './ws-compression.js';

type TlsConfig = NonNullable<Extract<TransportConfig['endpoint'], { type: 'tcp' }>['tls']>;
type WebConfig = Exclude<TransportConfig, { type: 'rawsocket' }>;
type DeflateConfig = NonNullable<WebConfig['options']['compression']>['deflate'];

export interface RealmPlan {
  readonly options: Omit<RealmOptions, 'auth'>;
  /** undefined: everybody gets in */
  readonly auth: AuthConfig | undefined;
  readonly store: StorePlan;
}

export type StorePlan =
  | { readonly type: 'memory'; readonly limits: Partial<MemoryEventStoreLimits> }
  | {
      readonly type: 'sqlite';
      readonly path: string;
      readonly survives: 'process-crash' | 'power-loss';
      readonly limits: Partial<MemoryEventStoreLimits>;
    };

export interface ListenerPlan {
  /** for metrics: the `type` of the transport */
  readonly kind: string;
  readonly options: Omit<ListenOptions, 'serializers'>;
  /** names of the serializers, and how deep a message may be nested */
  readonly serializers: readonly string[];
  readonly maxDepth: number;
}

export interface Plan {
  readonly realms: ReadonlyMap<string, RealmPlan>;
  readonly limits: Partial<RouterLimits>;
  /** undefined: drawn at each start */
  readonly secret: string | undefined;
  readonly listeners: readonly ListenerPlan[];
  /** milliseconds that running calls have to finish at the end */
  readonly drainMs: number;
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

/** @param directory where relative paths begin */
export function planOf(config: Config, directory = '.'): Plan {
  return {
    realms: new Map(config.realms.map((realm) => [realm.name, realmPlan(realm, config, directory)])),
    limits: routerLimitsOf(config.limits),
    secret: config.secret,
    listeners: config.transports.map((transport) => listenerPlan(transport, config, directory)),
    drainMs: config.drain.timeout_ms,
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

function realmPlan(
  { auth, roles, options, store }: RealmConfig,
  config: Config,
  directory: string,
): RealmPlan {
  return {
    options: {
      ...(roles === undefined ? {} : { roles: roles.map(roleOf) }),
      uriRule: options.uri_check,
      requestIds: options.request_ids,
      disclosure: options.disclosure,
      adminRoles: options.admin_roles,
      defaultTimeoutMs: options.default_timeout_ms,
      maxTimeoutMs: options.max_timeout_ms,
      reroute: options.reroute,
      probeMs: options.probe_ms,
      slowSubscribers: options.slow_subscribers,
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
    auth: auth === undefined ? undefined : authPlan(auth, directory),
    store: storePlan(store, directory),
  };
}

/** The same with full paths. */
function authPlan(auth: AuthConfig, directory: string): AuthConfig {
  const { ticket } = auth;
  if (ticket === undefined) return auth;
  const placed = [ticket].flat().map((one) => {
    if (one.type !== 'jwt' || one.jwks === undefined) return one;
    return { ...one, jwks: resolve(directory, one.jwks) };
  });
  return { ...auth, ticket: placed };
}

function tlsPlan(tls: TlsConfig, directory: string): TlsOptions {
  const inPlace = ({ certificate, key, passphrase }: TlsConfig['sni'][number]): TlsCertificate => ({
    certFile: resolve(directory, certificate),
    keyFile: resolve(directory, key),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
  return {
    certificates: [tls, ...tls.sni].map(inPlace),
    ...(tls.ca_certificates === undefined ? {} : { caFile: resolve(directory, tls.ca_certificates) }),
    clientCertificates: tls.client_certificates,
    minVersion: tls.min_version,
    watchMs: tls.watch_ms,
  };
}

function roleOf({ trustlevel, ...role }: NonNullable<RealmConfig['roles']>[number]): RoleOptions {
  return { ...role, trustLevel: trustlevel };
}

function storePlan(store: RealmConfig['store'], directory: string): StorePlan {
  const given = {
    retainedEvents: store.retained_events,
    retainedBytes: store.retained_bytes,
    historyEvents: store.history_events,
    historyBytes: store.history_bytes,
  };
  const limits = Object.fromEntries(Object.entries(given).filter(([, number]) => number !== undefined));
  if (store.type === 'memory') return { type: 'memory', limits };
  return { type: 'sqlite', path: resolve(directory, store.path), survives: store.survives, limits };
}

function compressionPlan(deflate: DeflateConfig): CompressionOptions {
  return {
    thresholdBytes: deflate.threshold,
    windowBits: deflate.max_window_bits,
    ...(deflate.request_max_window_bits === undefined
      ? {}
      : { clientWindowBits: deflate.request_max_window_bits }),
    memoryLevel: deflate.memory_level,
    contextTakeover: !deflate.no_context_takeover,
    clientContextTakeover: !deflate.request_no_context_takeover,
    concurrencyLimit: deflate.concurrency_limit,
  };
}

function listenerPlan(transport: TransportConfig, config: Config, directory: string): ListenerPlan {
  const { endpoint, serializers, options, type } = transport;
  const pingAlways = 'ping_always' in options && options.ping_always;
  return {
    kind: type,
    serializers,
    maxDepth: config.limits.nesting_depth,
    options: {
      ...(endpoint.type === 'unix'
        ? { socketPath: resolve(directory, endpoint.path) }
        : { port: endpoint.port, host: endpoint.interface }),
      ...('tls' in endpoint && endpoint.tls !== undefined ? { tls: tlsPlan(endpoint.tls, directory) } : {}),
      webSocket: type !== 'rawsocket',
      rawSocket: type !== 'websocket' && { pingAlways },
      ...('path' in transport ? { path: transport.path } : {}),
      ...('allowed_origins' in options
        ? {
            allowedOrigins: options.allowed_origins,
            ...(options.allowed_hosts === undefined ? {} : { allowedHosts: options.allowed_hosts }),
            batched: options.batched,
            requireSubprotocol: options.require_websocket_subprotocol,
            ...(options.compression === undefined
              ? {}
              : { compression: compressionPlan(options.compression.deflate) }),
            longPoll: options.longpoll,
          }
        : {}),
      maxMessageBytes: options.max_message_size,
      maxConnections: options.max_connections,
      maxConnectionsPerAddress: options.max_connections_per_address,
      pingIntervalMs: options.auto_ping_interval,
      pingTimeoutMs: options.auto_ping_timeout,
      handshakeTimeoutMs: options.open_handshake_timeout,
      closeTimeoutMs: options.close_handshake_timeout,
    },
  };
}
