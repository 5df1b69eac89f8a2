/**
 * The connection to an SQLite file. Owns the settings under which the file is written; must not know what is in it.
 *
 * The library behind it has no shared memory and no locks of the operating system. So the connection is exclusive (the
 * owner of the file sees to it that there is only one), and all changes go through a write-ahead log. A rollback journal
 * must never be used: the library takes its own lock for somebody else's and would not roll it back after a crash.
 */
import sqlite, { type SQLiteValue, type Statement } from 'node-sqlite3-wasm';
import { WAL_BYTES } from './limits.js';

/**
 * What an acknowledged event outlives:
 * - `process-crash`: the end of the process at any moment, by `kill -9` too. After a loss of power the last events may be
 *   missing; the file stays good.
 * - `power-loss`: also the end of the machine; the disk is told to write before each acknowledgement.
 */
export type Survival = 'process-crash' | 'power-loss';

export type Value = SQLiteValue;
export type Row = Readonly<Record<string, Value>>;

export class Connection {
  readonly #database: sqlite.Database;
  readonly #statements = new Map<string, Statement>();

  /**
   * @param checkpointPages after how many pages of changes they are moved into the file
   * @throws if the file cannot be opened
   */
  constructor(path: string, survives: Survival, checkpointPages: number) {
    this.#database = new sqlite.Database(path, { fileMustExist: true });
    try {
      // Before anything is read: with it the log needs no shared memory.
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE');
      this.#database.exec(`PRAGMA synchronous = ${survives === 'power-loss' ? 'FULL' : 'NORMAL'}`);
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
      this.#database.exec(`PRAGMA journal_size_limit = ${WAL_BYTES}`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** All rows: a statement that is not read to its end would keep the log from being moved into the file. */
  rows(sql: string, values: readonly Value[] = []): readonly Row[] {
    return this.#prepared(sql).all([...values]) as Row[];
  }

  run(sql: string, values: readonly Value[] = []): void {
    this.#prepared(sql).run([...values]);
  }

  /** All of the work, or none of it. @throws what the work throws, or that it cannot be written */
  transaction(work: () => void): void {
    this.run('BEGIN IMMEDIATE');
    work();
    this.run('COMMIT');
  }

  /** Ends the connection, whatever state it is in; an open transaction is rolled back. */
  close(): void {
    for (const statement of this.#statements.values()) attempt(() => statement.finalize());
    this.#statements.clear();
    attempt(() => this.#database.close());
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Finalizing a statement that failed throws its error once more, and is done nevertheless. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // What is lost here was lost before.
  }
}
