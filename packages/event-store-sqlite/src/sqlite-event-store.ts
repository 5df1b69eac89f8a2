/**
 * The event store in an SQLite file. Owns the transactions, and how the store goes on after one has failed. What is kept
 * stands with the tables; who may see it is the broker's business.
 */
import type { EventStore, HistoryKey, HistoryRange, Placement, StoredEvent } from '@wamp/broker';
import type { MatchPolicy } from '@wamp/protocol';
import type { Connection } from './connection.js';
import type { FileOwner } from './file-owner.js';
import { HistoryTable } from './history-table.js';
import { RETRY_AFTER_MS, type SqliteEventStoreLimits } from './limits.js';
import { RetainedTable } from './retained-table.js';
import { openFile, type FileOpener } from './store-file.js';

interface Open {
  readonly connection: Connection;
  readonly retained: RetainedTable;
  readonly histories: HistoryTable;
}

export class SqliteEventStore implements EventStore {
  readonly #file: FileOpener;
  readonly #owner: FileOwner;
  readonly #limits: SqliteEventStoreLimits;
  readonly #now: () => number;
  #open: Open | undefined;
  #isClosed = false;
  /** failures since the last success */
  #failures = 0;
  #failedAt = 0;

  /**
   * @internal use `openSqliteEventStore`
   * @param file is there, and nobody else's
   * @param now milliseconds that only go forward
   * @throws EventStoreFileError
   */
  constructor(file: FileOpener, owner: FileOwner, limits: SqliteEventStoreLimits, now: () => number) {
    this.#file = file;
    this.#owner = owner;
    this.#limits = limits;
    this.#now = now;
    this.#open = this.#reopen();
  }

  append(event: StoredEvent, placement: Placement): void {
    this.#attempt(({ connection, retained, histories }) => {
      connection.transaction(() => {
        if (placement.retention !== undefined) retained.append(event, placement.retention);
        histories.append(event, placement.histories);
      });
    });
  }

  *retained(uri: string, match: MatchPolicy, firstTime: number): Generator<StoredEvent> {
    yield* this.#read(({ retained }) => retained.read(uri, match, firstTime));
  }

  positionOf(history: HistoryKey, publication: number): number | undefined {
    return this.#attempt(({ histories }) => histories.positionOf(history, publication));
  }

  *history(history: HistoryKey, range: HistoryRange): Generator<StoredEvent> {
    yield* this.#read(({ histories }) => histories.read(history, range));
  }

  /** Ends the store; to be called when its router is closed. Nothing is lost without it. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#open?.connection.close();
    this.#open = undefined;
    await this.#owner.release();
  }

  #attempt<Result>(work: (open: Open) => Result): Result {
    try {
      const result = work(this.#use());
      this.#failures = 0;
      return result;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  *#read(work: (open: Open) => Iterable<StoredEvent>): Generator<StoredEvent> {
    try {
      yield* work(this.#use());
      this.#failures = 0;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #use(): Open {
    if (this.#isClosed) throw new Error('the event store is closed');
    if (this.#open !== undefined) return this.#open;
    if (this.#failures > 1 && this.#now() - this.#failedAt < RETRY_AFTER_MS) throw new StillBroken();
    this.#open = this.#reopen();
    return this.#open;
  }

  #reopen(): Open {
    return openFile(this.#file, (connection) => ({
      connection,
      retained: new RetainedTable(connection, this.#limits),
      histories: new HistoryTable(connection, this.#limits),
    }));
  }

  /** What is in memory may be ahead of what is in the file: all of it is read anew. */
  #failed(error: unknown): unknown {
    if (this.#isClosed || error instanceof StillBroken) return error;
    this.#open?.connection.close();
    this.#open = undefined;
    this.#failures += 1;
    this.#failedAt = this.#now();
    return error;
  }
}

class StillBroken extends Error {
  constructor() {
    super('the event store has failed and is tried again in a moment');
  }
}
