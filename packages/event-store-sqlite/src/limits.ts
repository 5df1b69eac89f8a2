/** The numbers that bound a store, each with its reason. */
import { DEFAULT_MEMORY_STORE_LIMITS, type MemoryEventStoreLimits } from '@wamp/broker';

/** Most of what one store keeps, whatever the limits of single topics and histories; the same four as in memory. */
export type SqliteEventStoreLimits = MemoryEventStoreLimits;

/** The limits unless others are given. */
export const DEFAULT_SQLITE_STORE_LIMITS: SqliteEventStoreLimits = Object.freeze({
  // As in memory: about 300 bytes of memory for each of them, and read once when the store is opened.
  retainedEvents: DEFAULT_MEMORY_STORE_LIMITS.retainedEvents,
  retainedBytes: DEFAULT_MEMORY_STORE_LIMITS.retainedBytes,
  // To look through all of them for a time or a topic takes about a sixth of a second, in which nobody else is served.
  historyEvents: 262_144,
  // A kilobyte for each of them is usual; the file can become about as large as this and the retained bytes together.
  historyBytes: 512 * 1024 * 1024,
});

/** Changes that are not yet moved into the main file; below it the file beside it does not grow. A few milliseconds of work. */
export const CHECKPOINT_PAGES = 1_000;

/** To what size the file of changes is cut when a large event has made it grow. */
export const WAL_BYTES = 16 * 1024 * 1024;

/** Positions of a history that are looked up at once; the events behind them are read one by one. */
export const POSITIONS_PER_LOOK = 256;

/**
 * How long a store that failed twice in a row refuses everything before it opens its file again: opening reads what is
 * retained, which must not happen for each publication to a full disk.
 */
export const RETRY_AFTER_MS = 1_000;
