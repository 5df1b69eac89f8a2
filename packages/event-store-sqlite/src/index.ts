/** @wamp/event-store-sqlite: retained events and event history that survive the process, in an SQLite file. */
export { EventStoreFileError, type EventStoreFileFault } from './event-store-file-error.js';
export { DEFAULT_SQLITE_STORE_LIMITS, type SqliteEventStoreLimits } from './limits.js';
export { openSqliteEventStore, type SqliteEventStoreOptions } from './open-sqlite-event-store.js';
export type { SqliteEventStore } from './sqlite-event-store.js';
export type { Survival } from './connection.js';
