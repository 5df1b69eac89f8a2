/**
 * The history of one subscription in memory: events in the order of their arrival, appended at one end and forgotten at
 * the other. Must not know limits.
 */
import type { HistoryRange } from './event-store.js';
import type { StoredEvent } from './stored-event.js';

interface Entry {
  /** counts up, with gaps */
  readonly position: number;
  readonly event: StoredEvent;
}

/** Forgotten entries at the front are removed when there are that many and half of all are such. */
const COMPACT_FROM = 64;

export class EventLog {
  #entries: Entry[] = [];
  /** index of the oldest entry; those before it are forgotten */
  #first = 0;
  #bytes = 0;

  get size(): number {
    return this.#entries.length - this.#first;
  }

  /** By {@link StoredEvent.size}. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest entry; undefined if there is none. */
  get oldest(): Entry | undefined {
    return this.#entries[this.#first];
  }

  append(position: number, event: StoredEvent): void {
    this.#entries.push({ position, event });
    this.#bytes += event.size;
  }

  /** @returns how many bytes went with it; 0 if there was nothing */
  forgetOldest(): number {
    const { oldest } = this;
    if (oldest === undefined) return 0;
    this.#first += 1;
    this.#bytes -= oldest.event.size;
    if (this.#first >= COMPACT_FROM && this.#first * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    return oldest.event.size;
  }

  positionOf(publication: number): number | undefined {
    for (let at = this.#first; at < this.#entries.length; at++) {
      const entry = this.#entries[at]!;
      if (entry.event.publication === publication) return entry.position;
    }
    return undefined;
  }

  *read(range: HistoryRange): Generator<StoredEvent> {
    const entries = this.#entries;
    const step = range.isReverse ? -1 : 1;
    const first = range.isReverse ? entries.length - 1 : this.#first;
    const end = range.isReverse ? this.#first - 1 : entries.length;
    for (let at = first; at !== end; at += step) {
      const entry = entries[at]!;
      if (isInRange(entry, range)) yield entry.event;
    }
  }
}

function isInRange({ position, event }: Entry, range: HistoryRange): boolean {
  return (
    position >= range.firstPosition &&
    position <= range.lastPosition &&
    event.publishedAt >= range.firstTime &&
    event.publishedAt <= range.lastTime &&
    (range.topic === undefined || event.topic === range.topic)
  );
}
