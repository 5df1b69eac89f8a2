import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  historyIds,
  itKeepsEvents,
  kept,
  recorded,
  retained,
  retainedIds,
  storedEvent,
} from '@wamp/broker/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHECKPOINT_PAGES, DEFAULT_SQLITE_STORE_LIMITS, type SqliteEventStoreLimits } from './limits.js';
import { openSqliteEventStore } from './open-sqlite-event-store.js';
import { SqliteEventStore } from './sqlite-event-store.js';
import { prepareFile } from './store-file.js';

let folder: string;
let files = 0;
const open: SqliteEventStore[] = [];
const freshFile = (): string => join(folder, `events-${(files += 1)}.db`);

/** A new store without an owner, so that it is there at once. */
function create(limits: Partial<SqliteEventStoreLimits> = {}, path = freshFile()): SqliteEventStore {
  prepareFile(path);
  const owner = { release: () => Promise.resolve() };
  const all = { ...DEFAULT_SQLITE_STORE_LIMITS, ...limits };
  const opener = { path, survives: 'process-crash', checkpointPages: CHECKPOINT_PAGES } as const;
  const store = new SqliteEventStore(opener, owner, all, () => 0);
  open.push(store);
  return store;
}

beforeAll(() => (folder = fs.mkdtempSync(join(tmpdir(), 'wamp-events-'))));
afterEach(() => Promise.all(open.splice(0).map((store) => store.close())));
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('the store in an SQLite file', () => {
  itKeepsEvents({ it, expect }, create);

  it('RETAIN-003, HIST-001: has everything again when the file is opened again, and goes on behind it', async () => {
    const path = freshFile();
    const history = kept('a', 'prefix', { events: 4 });
    const both = { ...retained({ restrictedPerTopic: 2 }), histories: [history] };
    const before = await openSqliteEventStore(path);
    const events = [1, 2, 3].map((id) => storedEvent(id, 'a.b', id === 1 ? {} : { audience: {} }));
    for (const event of events) before.append(event, both);
    const position = before.positionOf(history, 3);
    await before.close();
    const after = await openSqliteEventStore(path);
    expect([...after.retained('a', 'prefix', 0)]).toEqual(events.toReversed());
    expect(historyIds(after, history)).toEqual([1, 2, 3]);
    expect(after.positionOf(history, 3)).toBe(position);
    after.append(storedEvent(4, 'a.b', { audience: {} }), both);
    after.append(storedEvent(5, 'a'), both);
    expect(retainedIds(after, 'a', 'prefix')).toEqual([5, 4, 3, 1]);
    expect(historyIds(after, history)).toEqual([2, 3, 4, 5]);
    expect(after.positionOf(history, 5)! > position!).toBe(true);
    await after.close();
  });

  it('forgets the oldest beyond the numbers and bytes of the whole store, also with smaller limits than before', () => {
    const path = freshFile();
    const history = [kept('a'), kept('b')] as const;
    const first = create({}, path);
    for (const id of [1, 2, 3, 4]) {
      first.append(storedEvent(id, `t.${id}`, { size: 100 }), {
        ...retained(),
        histories: [history[id % 2]!],
      });
    }
    open.pop();
    void first.close();
    const second = create({ retainedEvents: 3, historyEvents: 3 }, path);
    second.append(storedEvent(5, 't.5', { size: 100 }), { ...retained(), histories: [history[0]] });
    expect(retainedIds(second, 't', 'prefix')).toEqual([5, 4, 3]);
    expect([historyIds(second, history[0]), historyIds(second, history[1])]).toEqual([[4, 5], [3]]);
    open.pop();
    void second.close();
    const third = create({ retainedBytes: 250, historyBytes: 250 }, path);
    third.append(storedEvent(6, 't.6', { size: 100 }), { ...retained(), histories: [history[0]] });
    expect(retainedIds(third, 't', 'prefix')).toEqual([6, 5]);
    expect([historyIds(third, history[0]), historyIds(third, history[1])]).toEqual([[5, 6], []]);
  });

  it('reads long histories in both directions, whole and in part', () => {
    const store = create();
    const history = kept('a');
    const ids = Array.from({ length: 700 }, (_, at) => at + 1);
    for (const id of ids) store.append(storedEvent(id, 'a'), recorded(history));
    expect(historyIds(store, history)).toEqual(ids);
    expect(historyIds(store, history, { isReverse: true })).toEqual(ids.toReversed());
    for (const event of store.history(history, { ...everything, isReverse: true })) {
      expect(event.publication).toBe(700);
      break;
    }
    store.append(storedEvent(701, 'a'), recorded(history));
    expect(historyIds(store, history, { firstTime: 700 })).toEqual([700, 701]);
  });

  it('keeps topics with any characters apart, also after the file is opened again', () => {
    const path = freshFile();
    const topics = ['\u0000', '\u0000a', '\ud800', '\ud801', '\ufffd', '"', '\\', '\\"', 'ä', 'a\u0308'];
    const store = create({}, path);
    for (const [at, topic] of topics.entries()) {
      store.append(storedEvent(at + 1, topic), { ...retained(), histories: [kept(topic)] });
    }
    open.pop();
    void store.close();
    const again = create({}, path);
    for (const [at, topic] of topics.entries()) {
      expect(retainedIds(again, topic)).toEqual([at + 1]);
      expect(historyIds(again, kept(topic), { topic })).toEqual([at + 1]);
    }
  });

  it('refuses everything once it is closed', async () => {
    const store = create();
    await store.close();
    await store.close();
    expect(() => store.append(storedEvent(1, 'a'), retained())).toThrow('closed');
    expect(() => [...store.retained('a', 'exact', 0)]).toThrow('closed');
    expect(() => store.positionOf(kept('a'), 1)).toThrow('closed');
  });
});

const everything = {
  firstPosition: Number.MIN_SAFE_INTEGER,
  lastPosition: Number.MAX_SAFE_INTEGER,
  firstTime: Number.MIN_SAFE_INTEGER,
  lastTime: Number.MAX_SAFE_INTEGER,
  topic: undefined,
  isReverse: false,
};
