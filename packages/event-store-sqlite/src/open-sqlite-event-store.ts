/** Opens a store: the door of this package. */
import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Survival } from './connection.js';
import { EventStoreFileError } from './event-store-file-error.js';
import { ownFile } from './file-owner.js';
import { CHECKPOINT_PAGES, DEFAULT_SQLITE_STORE_LIMITS, type SqliteEventStoreLimits } from './limits.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import { prepareFile } from './store-file.js';

export interface SqliteEventStoreOptions {
  /** What an acknowledged event outlives; default `process-crash`. See {@link Survival}. */
  readonly survives?: Survival;
  /** Replaces single numbers of {@link DEFAULT_SQLITE_STORE_LIMITS}. */
  readonly limits?: Partial<SqliteEventStoreLimits>;
}

/**
 * Opens the store in this file, which is made if it is not there; its folder must be.
 *
 * One store serves one realm, and a file is open once at a time. Beside it lie `….owner-…` while it is open, and `…-wal` with
 * the last changes, which belongs to it.
 * @returns the store for `RealmOptions.eventStore`; call its `close` after the router's
 * @throws EventStoreFileError with a `fault` and a sentence, if the file cannot be used
 */
export async function openSqliteEventStore(
  path: string,
  options: SqliteEventStoreOptions = {},
): Promise<SqliteEventStore> {
  const { survives = 'process-crash' } = options;
  // Anything may come from a configuration file, and a wrong word must not turn durability off.
  if (!['process-crash', 'power-loss'].includes(survives)) {
    throw new RangeError(`survives: "process-crash" or "power-loss", not ${JSON.stringify(survives)}`);
  }
  const limits = { ...DEFAULT_SQLITE_STORE_LIMITS, ...options.limits };
  const file = realPath(path);
  const owner = await ownFile(file);
  try {
    prepareFile(file);
    const opener = { path: file, survives, checkpointPages: CHECKPOINT_PAGES };
    return new SqliteEventStore(opener, owner, limits, () => performance.now());
  } catch (error) {
    await owner.release();
    throw error;
  }
}

/** The file by the one name that it has, however it is called, so that it is locked under that. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    if (fs.existsSync(full)) return fs.realpathSync(full);
    return join(fs.realpathSync(dirname(full)), basename(full));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EventStoreFileError('inaccessible', full, `its folder cannot be used: ${reason}`, error);
  }
}
