/** The retained events: the rules in memory, the events in the file. */
import { RetainedEvents, type RetainedRecord, type RetentionLimits, type StoredEvent } from '@wamp/broker';
import type { MatchPolicy } from '@wamp/protocol';
import type { Connection } from './connection.js';
import type { SqliteEventStoreLimits } from './limits.js';
import { eventOf, readText, RECORD_COLUMNS, valuesOf } from './stored-record.js';

interface Entry extends RetainedRecord {
  /** key of the row; counts up, with gaps */
  readonly position: number;
}

const SOMEBODY = Object.freeze({});

export class RetainedTable {
  readonly #connection: Connection;
  readonly #entries: RetainedEvents<Entry>;
  #lastPosition = 0;
  #forgotten: number[] = [];

  constructor(connection: Connection, limits: SqliteEventStoreLimits) {
    this.#connection = connection;
    this.#entries = new RetainedEvents<Entry>(limits, ({ position }) => this.#forgotten.push(position));
    const columns = 'position, topic, published_at, is_restricted, size';
    for (const row of connection.rows(`SELECT ${columns} FROM retained ORDER BY position`)) {
      this.#lastPosition = Number(row['position']);
      this.#entries.restore({
        position: this.#lastPosition,
        topic: readText(row['topic']!),
        publishedAt: Number(row['published_at']),
        audience: row['is_restricted'] === 1 ? SOMEBODY : undefined,
        size: Number(row['size']),
      });
    }
  }

  /** Within a transaction; if that fails, this object is of no use any more. */
  append(event: StoredEvent, limits: RetentionLimits): void {
    const position = (this.#lastPosition += 1);
    const { topic, publishedAt, size } = event;
    const audience = event.audience === undefined ? undefined : SOMEBODY;
    const isKept = this.#entries.append({ position, topic, publishedAt, audience, size }, limits);
    for (const forgotten of this.#forgotten) {
      if (forgotten !== position)
        this.#connection.run('DELETE FROM retained WHERE position = ?', [forgotten]);
    }
    this.#forgotten = [];
    if (!isKept) return;
    this.#connection.run(
      `INSERT INTO retained (position, is_restricted, ${RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [position, audience === undefined ? 0 : 1, ...valuesOf(event)],
    );
  }

  *read(uri: string, match: MatchPolicy, firstTime: number): Generator<StoredEvent> {
    const sql = `SELECT ${RECORD_COLUMNS} FROM retained WHERE position = ?`;
    for (const { position } of this.#entries.read(uri, match, firstTime)) {
      yield eventOf(this.#connection.rows(sql, [position])[0]!);
    }
  }
}
