/**
 * Metrics in Prometheus' format. Everything is read from the router's own counters when somebody asks, so that counting
 * costs the messages nothing. Owns names and help texts; counts nothing itself but what only observers see.
 */
import type { CounterValues, RouterStats } from '@wamp/router';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** What metrics are read from. */
export interface MetricSource {
  stats(): RouterStats;
  /** connections by the kind of their transport */
  connections(): ReadonlyMap<string, number>;
  /** log lines that were not written */
  suppressedLogLines(): number;
}

/** What the counters of the router count; one without a text here is served under its plain name. */
const HELP: Readonly<Partial<Record<keyof CounterValues, string>>> = {
  framesReceived: 'Messages that came in.',
  framesSent: 'Messages handed to transports.',
  sessionsJoined: 'Sessions that were established.',
  sessionsLeft: 'Sessions that ended.',
  refusals: 'Peers turned away during the handshake.',
  violations: 'Sessions and peers that broke the protocol.',
  denials: 'Requests that were not authorized.',
  hookFailures: 'Decisions that an authorizer or authenticator failed to make.',
  eventsDropped: 'Events that did not fit their receiver, or were dropped because it reads slowly.',
  callsUndeliverable: 'Calls ended because an INVOCATION or a progressive RESULT did not fit its receiver.',
  answersReplaced: 'Final answers replaced by an ERROR because they did not fit.',
  ratePauses: 'Times that a peer sent faster than it may, and was not read from for a while.',
  congestions: 'Times that a session fell behind reading.',
  slowSessionsCut: 'Sessions cut because they did not read.',
  ghostsClosed: 'Sessions closed because their peers did not answer a probe.',
  sessionsReplaced: 'Sessions replaced by their own clients.',
  replacementsRefused: 'Attempts to replace a session that is not the own one.',
  sessionsDetached: 'Times that a session lost its connection and waited for its client.',
  sessionsResumed: 'Times that a client came back to its session.',
  resumesRefused: 'Clients that came back to their session and got a new one, because not all was kept.',
  storeFailures: 'Times that an event store failed.',
  failures: 'Errors of the router itself, or of what is plugged into it.',
};

/** `slowSessionsCut` → `wamp_router_slow_sessions_cut_total` */
export function metricName(counter: string): string {
  return `wamp_router_${counter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;
}

export class Prometheus {
  readonly #registry = new Registry();
  readonly #refused: Counter<'status'>;

  constructor(source: MetricSource) {
    collectDefaultMetrics({ register: this.#registry });
    this.#addCounters(source);
    this.#addGauges(source);
    this.#addRealmGauges(source);
    this.#addRealmCounters(source);
    this.#refused = new Counter({
      name: 'wamp_listener_connections_refused_total',
      help: 'Connections refused before they became a session, by HTTP status.',
      labelNames: ['status'],
      registers: [this.#registry],
    });
  }

  /** A connection was refused before it became a session. */
  countRefused(status: number): void {
    this.#refused.inc({ status: String(status) });
  }

  async page(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #addCounters(source: MetricSource): void {
    for (const name of Object.keys(source.stats().totals) as (keyof CounterValues)[]) {
      this.#add('counter', metricName(name), HELP[name] ?? name, () => source.stats().totals[name]);
    }
    this.#add('counter', 'wamp_log_lines_suppressed_total', 'Log lines beyond the limit, not written.', () =>
      source.suppressedLogLines(),
    );
  }

  #addGauges(source: MetricSource): void {
    this.#add('gauge', 'wamp_router_sessions', 'Established sessions.', () => source.stats().sessions);
    this.#add(
      'gauge',
      'wamp_router_handshakes',
      'Peers that have not finished their handshake.',
      () => source.stats().handshakes,
    );
    this.#add(
      'gauge',
      'wamp_router_detached_sessions',
      'Sessions whose clients have lost their connection and may come back.',
      () => source.stats().detached,
    );
    new Gauge({
      name: 'wamp_listener_connections',
      help: 'Connections at present, by the kind of their transport.',
      labelNames: ['transport'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [transport, connections] of source.connections()) this.set({ transport }, connections);
      },
    });
  }

  #addRealmGauges(source: MetricSource): void {
    const gauges = {
      sessions: 'Established sessions of the realm.',
      registrations: 'Registrations of the realm.',
      subscriptions: 'Subscriptions of the realm.',
      openCalls: 'Calls that wait for their final answer.',
      queuedCalls: 'Calls that wait for a free callee.',
      pendingPublications: 'Publications on their way to very many subscribers.',
    } as const;
    for (const [key, help] of Object.entries(gauges) as [keyof typeof gauges, string][]) {
      new Gauge({
        name: `wamp_realm_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
        help,
        labelNames: ['realm'],
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const [realm, stats] of source.stats().realms) this.set({ realm }, stats[key]);
        },
      });
    }
  }

  #addRealmCounters(source: MetricSource): void {
    new Counter({
      name: 'wamp_realm_events_dropped_total',
      help: 'Events that were dropped, by realm and reason.',
      labelNames: ['realm', 'reason'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [realm, { eventsDropped }] of source.stats().realms) {
          for (const [reason, events] of Object.entries(eventsDropped)) this.inc({ realm, reason }, events);
        }
      },
    });
  }

  #add(kind: 'counter' | 'gauge', name: string, help: string, read: () => number): void {
    const registers = [this.#registry];
    if (kind === 'gauge') {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
      return;
    }
    new Counter({
      name,
      help,
      registers,
      // The router counts; this only takes over where it stands.
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
