/**
 * What a file is worth after the process, or the machine, has ended at any point: just before each single call of the
 * file system, and within each write.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { historyIds, kept, retained, retainedIds, storedEvent } from '@wamp/broker/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Survival } from '../src/connection.js';
import { DEFAULT_SQLITE_STORE_LIMITS } from '../src/limits.js';
import { SqliteEventStore } from '../src/sqlite-event-store.js';
import { prepareFile } from '../src/store-file.js';
import { copyFolder, PowerlessDisk, tearWrite, watchFileCalls, type FileCall } from './file-calls.fixture.js';

const HISTORY = kept('t', 'prefix', { events: 1_000 });
const OWNER = { release: () => Promise.resolve() };
/** So few that the changes are moved into the file every few events. */
const CHECKPOINT_PAGES = 12;
const SEED = 7;

// Thousands of files are written.
vi.setConfig({ testTimeout: 120_000 });

let box: string;
let live: string;
let copies = 0;

// No disk is waited for: that something is to be written through counts, and is noted, in `PowerlessDisk`.
const { fsyncSync } = fs;
beforeAll(() => void (fs.fsyncSync = () => undefined));
afterAll(() => void (fs.fsyncSync = fsyncSync));

beforeEach(() => {
  box = fs.mkdtempSync(join(tmpdir(), 'wamp-crash-'));
  live = join(box, 'live');
  fs.mkdirSync(live);
  copies = 0;
});
afterEach(() => fs.rmSync(box, { recursive: true }));

const fileIn = (folder: string): string => join(folder, 'events.db');
const nextCopy = (): string => join(box, String((copies += 1)));

function openIn(folder: string, survives: Survival = 'process-crash', now = () => 0): SqliteEventStore {
  prepareFile(fileIn(folder));
  const opener = { path: fileIn(folder), survives, checkpointPages: CHECKPOINT_PAGES };
  return new SqliteEventStore(opener, OWNER, DEFAULT_SQLITE_STORE_LIMITS, now);
}

/** Some larger than a page; each is retained for ever and is in the history. */
function appendOne(store: SqliteEventStore, id: number): void {
  const bytes = new Uint8Array(id % 3 === 0 ? 9_000 : 300).fill(id);
  const payload = { format: 'cbor' as const, bytes, elements: 1 as const, isOpaque: false };
  store.append(storedEvent(id, `t.${id}`, { payload }), { ...retained(), histories: [HISTORY] });
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

/** The store in a folder opens, has the events 1 to at least `acknowledged`, at most `tried`, and takes another one. */
function expectGood(folder: string, acknowledged: number, tried: number): void {
  const store = openIn(folder);
  const ids = historyIds(store, HISTORY);
  expect(ids).toEqual(upTo(ids.length));
  expect(ids.length).toBeGreaterThanOrEqual(acknowledged);
  expect(ids.length).toBeLessThanOrEqual(tried);
  expect(retainedIds(store, 't', 'prefix')).toEqual(ids.toReversed());
  for (const { publication, payload } of store.retained('t', 'prefix', 0)) {
    expect(payload.bytes.every((byte) => byte === publication % 256)).toBe(true);
  }
  appendOne(store, ids.length + 1);
  expect(historyIds(store, HISTORY)).toEqual(upTo(ids.length + 1));
  void store.close();
  fs.rmSync(folder, { recursive: true });
}

/** A small deterministic source of coin tosses. */
function coin(seed: number): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >= 2 ** 31;
  };
}

/** Runs something, and looks at each point, once `arm` was called, at what a killed process leaves. */
function killEverywhere(run: (arm: () => void) => void, check: (folder: string) => void): number {
  let points = 0;
  let isArmed = false;
  const kill = (call: FileCall): void => {
    if (!isArmed) return;
    points += 1;
    copyFolder(live, nextCopy());
    check(join(box, String(copies)));
    if (call.name !== 'writeSync') return;
    copyFolder(live, nextCopy());
    tearWrite(call, join(box, String(copies)), (call.args[3] as number) >> 1);
    check(join(box, String(copies)));
  };
  const arm = (): void => void (isArmed = true);
  watchFileCalls(live, kill, () => run(arm));
  return points;
}

describe('a process that is killed', () => {
  it('while the file is being made leaves nothing, or an empty store', () => {
    const points = killEverywhere(
      (arm) => {
        arm();
        void openIn(live).close();
      },
      (folder) => expectGood(folder, 0, 0),
    );
    expect(points).toBeGreaterThan(50);
  });

  it('while events are published has lost none that was acknowledged', () => {
    let acknowledged = 0;
    const names = new Set<string>();
    const points = killEverywhere(
      (arm) => {
        const store = openIn(live);
        arm();
        for (const id of upTo(12)) {
          appendOne(store, id);
          acknowledged = id;
        }
        void store.close();
      },
      (folder) => {
        for (const name of fs.readdirSync(folder)) names.add(name);
        expectGood(folder, acknowledged, acknowledged + 1);
      },
    );
    expect(points).toBeGreaterThan(100);
    expect([...names].sort()).toEqual(['events.db', 'events.db-wal', 'events.db.lock']);
  });

  it('while the next one repairs what the last one left, loses nothing either', () => {
    const store = openIn(live);
    for (const id of upTo(5)) appendOne(store, id);
    // The library's lock and the changes that are not in the file yet are still there.
    copyFolder(live, join(box, 'left'));
    void store.close();
    fs.rmSync(live, { recursive: true });
    fs.renameSync(join(box, 'left'), live);
    killEverywhere(
      (arm) => {
        arm();
        void openIn(live).close();
      },
      (folder) => expectGood(folder, 5, 5),
    );
  });
});

describe('a machine that loses its power', () => {
  const runs: readonly (readonly [Survival, string])[] = [
    ['process-crash', 'leaves a good file, from which the last events may be missing'],
    ['power-loss', 'has lost no event that was acknowledged, if the store is to survive that'],
  ];
  it.each(runs)('with %s %s', (survives) => {
    prepareFile(fileIn(live));
    const disk = new PowerlessDisk(live);
    const toss = coin(SEED);
    let acknowledged = 0;
    let points = 0;
    watchFileCalls(
      live,
      (call) => {
        points += 1;
        for (const keeps of [() => false, toss]) {
          disk.write(nextCopy(), keeps);
          const folder = join(box, String(copies));
          expectGood(folder, survives === 'power-loss' ? acknowledged : 0, acknowledged + 1);
        }
        disk.note(call);
      },
      () => {
        const store = openIn(live, survives);
        for (const id of upTo(7)) {
          appendOne(store, id);
          acknowledged = id;
        }
        void store.close();
      },
    );
    expect(points).toBeGreaterThan(100);
  });
});

describe('a call of the operating system that fails', () => {
  /** Runs with each call failing once in turn, until there are no more calls. */
  function failEverywhere(
    run: (attempt: number, failing: () => string | undefined) => void,
    prepare: () => void,
  ): number {
    for (let at = 1; ; at += 1) {
      prepare();
      let calls = 0;
      let failed: string | undefined = undefined;
      watchFileCalls(
        live,
        ({ name, path }) => {
          calls += 1;
          if (calls !== at) return;
          failed = `${name} ${basename(path)}`;
          throw Object.assign(new Error('planted'), { code: 'EIO' });
        },
        () => run(at, () => failed),
      );
      if (calls < at) return at - 1;
    }
  }

  it('while the file is being made is a sentence with the file, and the next attempt succeeds', () => {
    const points = failEverywhere(
      () => {
        try {
          void openIn(live).close();
        } catch (error) {
          expect(error).toMatchObject({ name: 'EventStoreFileError', path: fileIn(live) });
        }
      },
      () => {
        if (fs.existsSync(live) && fs.readdirSync(live).length > 0) expectGood(live, 0, 0);
        fs.rmSync(live, { recursive: true, force: true });
        fs.mkdirSync(live);
      },
    );
    expect(points).toBeGreaterThan(50);
  });

  it('while an event is published refuses that event at most; those before stay, those after are kept', () => {
    const points = failEverywhere(
      (_at, failing) => {
        const seen: number[] = [];
        let now = 0;
        let store: SqliteEventStore | undefined = undefined;
        for (const id of upTo(6)) {
          now += 10_000;
          try {
            store ??= openIn(live, 'power-loss', () => now);
            store.append(storedEvent(id, 't.x', { audience: {} }), { ...retained(), histories: [HISTORY] });
            seen.push(id);
          } catch (error) {
            expect(failing(), String(error)).toBeDefined();
          }
        }
        expect(seen.length).toBeGreaterThanOrEqual(5);
        const again = store!;
        expect(historyIds(again, HISTORY).filter((id) => seen.includes(id))).toEqual(seen);
        void again.close();
      },
      () => {
        fs.rmSync(live, { recursive: true, force: true });
        fs.mkdirSync(live);
      },
    );
    expect(points).toBeGreaterThan(50);
  });

  it('again and again is not tried for each event, and is over when the disk is well', () => {
    let now = 0;
    let calls = 0;
    let isFull = false;
    let store!: SqliteEventStore;
    watchFileCalls(
      live,
      () => {
        if (!isFull) return;
        calls += 1;
        throw Object.assign(new Error('planted'), { code: 'ENOSPC' });
      },
      () => {
        store = openIn(live, 'process-crash', () => now);
        appendOne(store, 1);
        isFull = true;
        expect(() => appendOne(store, 2)).toThrow();
        expect(() => appendOne(store, 3)).toThrow();
        const tried = calls;
        expect(() => appendOne(store, 4)).toThrow('in a moment');
        expect(calls).toBe(tried);
      },
    );
    expect(calls).toBeGreaterThan(1);
    expect(() => appendOne(store, 5)).toThrow('in a moment');
    now = 1_000;
    appendOne(store, 2);
    expect(historyIds(store, HISTORY)).toEqual([1, 2]);
    void store.close();
  });
});
