/**
 * What an embedder may set on a broker, and the same with every default filled in.
 * Must not read clocks, environments or other ambient state.
 */
import {
  isValidUri,
  type MatchPolicy,
  type PayloadCodec,
  type RandomUint32,
  type UriRule,
} from '@wamp/protocol';
import type { EventStore, HistoryLimits, KeptHistory, RetentionLimits } from './event-store.js';
import type { Later } from './fanout-queue.js';
import { DEFAULT_HISTORY, DEFAULT_LIMITS, DEFAULT_RETENTION, type BrokerLimits } from './limits.js';
import { MemoryEventStore } from './memory-event-store.js';

/**
 * Which subscribers learn the publisher's identity. Only those that announced `publisher_identification` ever do.
 * - `on_request`: for publications with `disclose_me`
 * - `never`: publications with `disclose_me` are refused with `wamp.error.option_disallowed.disclose_me`
 * - `always`: for all publications, except those of trusted sessions, which belong to the host
 *
 * Source: advanced profile, "Publisher Identification".
 */
export type PublisherDisclosure = 'on_request' | 'never' | 'always';

/** A topic or pattern whose events are kept. */
export interface HistoryConfiguration {
  readonly uri: string;
  /** default `exact` */
  readonly match?: MatchPolicy;
  /** replaces single numbers of {@link DEFAULT_HISTORY} */
  readonly limits?: Partial<HistoryLimits>;
}

export interface BrokerOptions {
  /** Source of publication ids. Should be cryptographically strong: ids of global scope must not be guessable. */
  readonly random32: RandomUint32;
  /** How URIs of SUBSCRIBE and PUBLISH are checked; default `loose`. */
  readonly uriRule?: UriRule;
  /** Default `on_request`. */
  readonly disclosure?: PublisherDisclosure;
  /** Replaces single numbers of {@link DEFAULT_LIMITS}. */
  readonly limits?: Partial<BrokerLimits>;
  /**
   * Codecs of the formats in which publications come, by which kept payloads are written and read; the first one is used
   * for payloads that were made from values. Without any, no event is retained and no history can be kept.
   */
  readonly codecs?: readonly PayloadCodec[];
  /** Where events are kept; default a {@link MemoryEventStore} of this broker's own. */
  readonly store?: EventStore;
  /** Replaces single numbers of {@link DEFAULT_RETENTION}. */
  readonly retention?: Partial<RetentionLimits>;
  /**
   * Which subscriptions keep their history. Each exists from the beginning, without subscribers, and never ends.
   * Default none.
   */
  readonly history?: readonly HistoryConfiguration[];
  /** When these subscriptions were created: milliseconds since the epoch; default 0. */
  readonly startedAt?: number;
  /**
   * Does work in a later turn of the host, behind the input that is there by then: by this, a publication to very many
   * subscribers lets other work pass. The work calls the outbox, as the broker's methods do. By default every publication
   * is delivered at once.
   */
  readonly later?: Later;
}

/** The options with every default filled in. */
export interface BrokerSettings {
  readonly random32: RandomUint32;
  readonly uriRule: UriRule;
  readonly disclosure: PublisherDisclosure;
  readonly limits: BrokerLimits;
  readonly codecs: readonly PayloadCodec[];
  readonly store: EventStore;
  readonly retention: RetentionLimits;
  readonly histories: readonly KeptHistory[];
  readonly startedAt: number;
  readonly later: Later | undefined;
}

/** Fills in the defaults. @throws RangeError if `history` cannot be kept as it stands */
export function resolveOptions(options: BrokerOptions): BrokerSettings {
  const { uriRule = 'loose', codecs = [] } = options;
  return {
    random32: options.random32,
    uriRule,
    disclosure: options.disclosure ?? 'on_request',
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    codecs,
    store: options.store ?? new MemoryEventStore(),
    retention: { ...DEFAULT_RETENTION, ...options.retention },
    histories: resolveHistories(options.history ?? [], codecs, uriRule),
    startedAt: options.startedAt ?? 0,
    later: options.later,
  };
}

function resolveHistories(
  configurations: readonly HistoryConfiguration[],
  codecs: readonly PayloadCodec[],
  uriRule: UriRule,
): readonly KeptHistory[] {
  if (configurations.length > 0 && codecs.length === 0) throw new RangeError('history needs codecs');
  const names = new Set<string>();
  return configurations.map(({ uri, match = 'exact', limits }) => {
    const name = `${match} ${uri}`;
    if (!isValidUri(uri, match, uriRule)) throw new RangeError(`history: "${name}" is not a valid URI`);
    if (names.has(name)) throw new RangeError(`history: "${name}" is there twice`);
    names.add(name);
    return { uri, match, limits: { ...DEFAULT_HISTORY, ...limits } };
  });
}
