/**
 * The event store that forgets everything when the process ends. Owns the totals of what is kept and their reasons; who
 * may see an event is the broker's business.
 */
import type { MatchPolicy } from '@wamp/protocol';
import { EventLog } from './event-log.js';
import type { EventStore, HistoryKey, HistoryRange, KeptHistory, Placement } from './event-store.js';
import { RetainedEvents, type RetainedTotals } from './retained-events.js';
import type { StoredEvent } from './stored-event.js';

/** Most of what one store keeps, whatever the limits of single topics and histories. Bytes by {@link StoredEvent.size}. */
export interface MemoryEventStoreLimits extends RetainedTotals {
  /** retained events of all topics */
  readonly retainedEvents: number;
  readonly retainedBytes: number;
  /** events of all histories; one that is in two of them counts twice */
  readonly historyEvents: number;
  readonly historyBytes: number;
}

/** The limits unless others are given. */
export const DEFAULT_MEMORY_STORE_LIMITS: MemoryEventStoreLimits = Object.freeze({
  // The state of as many devices. To hold a pattern against all of their topics takes some milliseconds, in which nobody
  // else is served, and any subscriber may ask for it.
  retainedEvents: 16_384,
  // Four kilobytes for each of them.
  retainedBytes: 64 * 1024 * 1024,
  // Each look at a history goes through it from one end; whoever keeps more wants a storage with an index.
  historyEvents: 65_536,
  // A realm must not take more than this and the retained events together, 128 MiB.
  historyBytes: 64 * 1024 * 1024,
});

export class MemoryEventStore implements EventStore {
  readonly #limits: MemoryEventStoreLimits;
  readonly #retained: RetainedEvents;
  readonly #logs = new Map<string, EventLog>();
  #lastPosition = 0;
  #historyEvents = 0;
  #historyBytes = 0;

  /** @param limits replaces single numbers of {@link DEFAULT_MEMORY_STORE_LIMITS} */
  constructor(limits: Partial<MemoryEventStoreLimits> = {}) {
    this.#limits = { ...DEFAULT_MEMORY_STORE_LIMITS, ...limits };
    this.#retained = new RetainedEvents(this.#limits);
  }

  append(event: StoredEvent, placement: Placement): void {
    if (placement.retention !== undefined) this.#retained.append(event, placement.retention);
    if (placement.histories.length === 0) return;
    this.#lastPosition += 1;
    for (const history of placement.histories) this.#record(history, event);
    while (
      this.#historyEvents > this.#limits.historyEvents ||
      this.#historyBytes > this.#limits.historyBytes
    ) {
      this.#forgetOldest(this.#longestKept());
    }
  }

  retained(uri: string, match: MatchPolicy, firstTime: number): Iterable<StoredEvent> {
    return this.#retained.read(uri, match, firstTime);
  }

  positionOf(history: HistoryKey, publication: number): number | undefined {
    return this.#logs.get(keyOf(history))?.positionOf(publication);
  }

  history(history: HistoryKey, range: HistoryRange): Iterable<StoredEvent> {
    return this.#logs.get(keyOf(history))?.read(range) ?? [];
  }

  #record(history: KeptHistory, event: StoredEvent): void {
    const { limits } = history;
    if (event.size > limits.bytes) return;
    const log = this.#logOf(history);
    log.append(this.#lastPosition, event);
    this.#historyEvents += 1;
    this.#historyBytes += event.size;
    const earliest = event.publishedAt - limits.maxAgeMs;
    while (
      log.size > limits.events ||
      log.bytes > limits.bytes ||
      (log.oldest !== undefined && log.oldest.event.publishedAt < earliest)
    ) {
      this.#forgetOldest(log);
    }
  }

  #logOf(history: HistoryKey): EventLog {
    const key = keyOf(history);
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = new EventLog();
      this.#logs.set(key, log);
    }
    return log;
  }

  #forgetOldest(log: EventLog): void {
    this.#historyBytes -= log.forgetOldest();
    this.#historyEvents -= 1;
  }

  /** The log with the oldest event of all; there are as many logs as the operator configured, so few. */
  #longestKept(): EventLog {
    let longest: EventLog | undefined = undefined;
    let position = Infinity;
    for (const log of this.#logs.values()) {
      if (log.oldest === undefined || log.oldest.position >= position) continue;
      longest = log;
      position = log.oldest.position;
    }
    return longest!;
  }
}

/** No match policy has a colon in its name. */
function keyOf({ match, uri }: HistoryKey): string {
  return `${match}:${uri}`;
}
