/** The histories of subscriptions in the file, each in the order of arrival and within its limits. */
import type { HistoryKey, HistoryLimits, HistoryRange, KeptHistory, StoredEvent } from '@wamp/broker';
import type { Connection, Value } from './connection.js';
import { POSITIONS_PER_LOOK, type SqliteEventStoreLimits } from './limits.js';
import { eventOf, RECORD_COLUMNS, textOf, valuesOf } from './stored-record.js';

interface Oldest {
  readonly position: number;
  readonly size: number;
  readonly publishedAt: number;
}

/** What the file holds of one history. */
interface Holding {
  readonly id: number;
  events: number;
  bytes: number;
  /** undefined if it holds nothing */
  oldest: Oldest | undefined;
}

export class HistoryTable {
  readonly #connection: Connection;
  readonly #limits: SqliteEventStoreLimits;
  readonly #holdings = new Map<string, Holding>();
  #lastPosition: number;
  #events = 0;
  #bytes = 0;

  constructor(connection: Connection, limits: SqliteEventStoreLimits) {
    this.#connection = connection;
    this.#limits = limits;
    const [last] = connection.rows('SELECT max(position) AS position FROM recorded');
    this.#lastPosition = Number(last!['position'] ?? 0);
    const sums = 'SELECT count(*) AS events, sum(size) AS bytes FROM recorded WHERE history = ?';
    for (const row of connection.rows('SELECT id, uri, match FROM history')) {
      const id = Number(row['id']);
      const [sum] = connection.rows(sums, [id]);
      const [events, bytes] = [Number(sum!['events']), Number(sum!['bytes'] ?? 0)];
      this.#holdings.set(`${String(row['match'])}:${String(row['uri'])}`, {
        id,
        events,
        bytes,
        oldest: this.#oldestOf(id),
      });
      this.#events += events;
      this.#bytes += bytes;
    }
  }

  /** Within a transaction; if that fails, this object is of no use any more. */
  append(event: StoredEvent, histories: readonly KeptHistory[]): void {
    for (const history of histories) this.#record(event, history);
    const { historyEvents, historyBytes } = this.#limits;
    while (this.#events > historyEvents || this.#bytes > historyBytes)
      this.#forgetOldest(this.#longestKept());
  }

  positionOf(history: HistoryKey, publication: number): number | undefined {
    const holding = this.#holdings.get(keyOf(history));
    if (holding === undefined) return undefined;
    const [row] = this.#connection.rows(
      'SELECT position FROM recorded WHERE history = ? AND publication = ?',
      [holding.id, publication],
    );
    return row === undefined ? undefined : Number(row['position']);
  }

  *read(history: HistoryKey, range: HistoryRange): Generator<StoredEvent> {
    const holding = this.#holdings.get(keyOf(history));
    if (holding === undefined) return;
    const sql = `SELECT ${RECORD_COLUMNS} FROM recorded WHERE position = ?`;
    let { firstPosition, lastPosition } = range;
    while (firstPosition <= lastPosition) {
      const positions = this.#look(holding.id, { ...range, firstPosition, lastPosition });
      for (const position of positions) yield eventOf(this.#connection.rows(sql, [position])[0]!);
      if (positions.length < POSITIONS_PER_LOOK) return;
      if (range.isReverse) lastPosition = positions.at(-1)! - 1;
      else firstPosition = positions.at(-1)! + 1;
    }
  }

  #look(id: number, range: HistoryRange): readonly number[] {
    const { firstPosition, lastPosition, firstTime, lastTime, topic, isReverse } = range;
    const sql = `SELECT position FROM recorded WHERE history = ? AND position BETWEEN ? AND ?
      AND published_at BETWEEN ? AND ? ${topic === undefined ? '' : 'AND topic = ?'}
      ORDER BY position ${isReverse ? 'DESC' : 'ASC'} LIMIT ${POSITIONS_PER_LOOK}`;
    const values: Value[] = [id, firstPosition, lastPosition, firstTime, lastTime];
    if (topic !== undefined) values.push(textOf(topic));
    return this.#connection.rows(sql, values).map(({ position }) => Number(position));
  }

  #record(event: StoredEvent, history: KeptHistory): void {
    const { limits } = history;
    if (event.size > limits.bytes) return;
    const holding = this.#holdingOf(history);
    const position = (this.#lastPosition += 1);
    this.#connection.run(
      `INSERT INTO recorded (position, history, ${RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [position, holding.id, ...valuesOf(event)],
    );
    holding.oldest ??= { position, size: event.size, publishedAt: event.publishedAt };
    holding.events += 1;
    holding.bytes += event.size;
    this.#events += 1;
    this.#bytes += event.size;
    const earliest = event.publishedAt - limits.maxAgeMs;
    while (isBeyond(holding, limits, earliest)) this.#forgetOldest(holding);
  }

  #holdingOf(history: HistoryKey): Holding {
    const key = keyOf(history);
    let holding = this.#holdings.get(key);
    if (holding === undefined) {
      const [row] = this.#connection.rows('INSERT INTO history (uri, match) VALUES (?, ?) RETURNING id', [
        textOf(history.uri),
        history.match,
      ]);
      holding = { id: Number(row!['id']), events: 0, bytes: 0, oldest: undefined };
      this.#holdings.set(key, holding);
    }
    return holding;
  }

  #forgetOldest(holding: Holding): void {
    const { position, size } = holding.oldest!;
    this.#connection.run('DELETE FROM recorded WHERE position = ?', [position]);
    holding.events -= 1;
    holding.bytes -= size;
    this.#events -= 1;
    this.#bytes -= size;
    holding.oldest = this.#oldestOf(holding.id);
  }

  #oldestOf(id: number): Oldest | undefined {
    const [row] = this.#connection.rows(
      'SELECT position, size, published_at FROM recorded WHERE history = ? ORDER BY position LIMIT 1',
      [id],
    );
    if (row === undefined) return undefined;
    return {
      position: Number(row['position']),
      size: Number(row['size']),
      publishedAt: Number(row['published_at']),
    };
  }

  /** The holding with the oldest event of all; there are as many as the operator ever configured, so few. */
  #longestKept(): Holding {
    let longest: Holding | undefined = undefined;
    let position = Infinity;
    for (const holding of this.#holdings.values()) {
      if (holding.oldest === undefined || holding.oldest.position >= position) continue;
      longest = holding;
      position = holding.oldest.position;
    }
    return longest!;
  }
}

function isBeyond({ events, bytes, oldest }: Holding, limits: HistoryLimits, earliest: number): boolean {
  if (events > limits.events || bytes > limits.bytes) return true;
  return oldest !== undefined && oldest.publishedAt < earliest;
}

/** As in the file. No match policy has a colon in its name. */
function keyOf({ match, uri }: HistoryKey): string {
  return `${match}:${textOf(uri)}`;
}
