import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { retained, retainedIds, storedEvent } from '@wamp/broker/testing';
import sqlite from 'node-sqlite3-wasm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStoreFileError, openSqliteEventStore, type EventStoreFileFault } from '../src/index.js';

// Processes are started, and disks may be slow.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'wamp-store-'));
  path = join(folder, 'events.db');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true });
});

async function faultOf(opening: Promise<unknown>): Promise<EventStoreFileFault> {
  try {
    await opening;
  } catch (error) {
    expect(error).toBeInstanceOf(EventStoreFileError);
    return (error as EventStoreFileError).fault;
  }
  throw new Error('it should have failed');
}

/** A file with events in it, nobody's. */
async function makeFile(events = 50): Promise<void> {
  const store = await openSqliteEventStore(path);
  for (let id = 1; id <= events; id += 1) store.append(storedEvent(id, `t.${id}`), retained());
  await store.close();
}

/** Another process that owns what a socket beside the file shows, until it is killed. */
async function otherOwner(socket: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('there'))`,
  ]);
  children.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.once('exit', resolve));

describe('the file of a store', () => {
  it('is made where there is none, or an empty one, and nothing else is left beside it', async () => {
    await makeFile();
    expect(fs.readdirSync(folder)).toEqual(['events.db']);
    fs.writeFileSync(path, '');
    const store = await openSqliteEventStore(path);
    expect(retainedIds(store, '', 'prefix')).toEqual([]);
    await store.close();
  });

  it('does not take over the changes of a file that somebody has taken away', async () => {
    const store = await openSqliteEventStore(path);
    store.append(storedEvent(1, 'a'), retained());
    fs.copyFileSync(`${path}-wal`, join(folder, 'kept'));
    await store.close();
    fs.renameSync(join(folder, 'kept'), `${path}-wal`);
    fs.rmSync(path);
    const fresh = await openSqliteEventStore(path);
    expect(retainedIds(fresh, '', 'prefix')).toEqual([]);
    await fresh.close();
  });

  it('that is something else is refused, and stays as it is', async () => {
    for (const content of ['just a text', 'x'.repeat(5_000), 'SQLite format 2\0'.padEnd(200)]) {
      fs.writeFileSync(path, content);
      expect(await faultOf(openSqliteEventStore(path))).toBe('foreign');
      expect(fs.readFileSync(path, 'utf8')).toBe(content);
    }
    fs.rmSync(path);
    const other = new sqlite.Database(path);
    other.exec('CREATE TABLE t (a)');
    other.close();
    const before = fs.readFileSync(path);
    expect(await faultOf(openSqliteEventStore(path))).toBe('foreign');
    expect(fs.readFileSync(path)).toEqual(before);
  });

  it('that a newer version has made is refused', async () => {
    await makeFile();
    const other = new sqlite.Database(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 2');
    other.close();
    expect(await faultOf(openSqliteEventStore(path))).toBe('newer');
  });

  it('that is cut short or overwritten in part is refused with what to do', async () => {
    await makeFile(500);
    const whole = fs.readFileSync(path);
    for (const length of [17, 100, 4_096, 4_096 * (whole.length >> 13), whole.length - 4_096]) {
      fs.writeFileSync(path, whole.subarray(0, length));
      await expect(openSqliteEventStore(path), `cut to ${length}`).rejects.toMatchObject({
        fault: 'corrupt',
      });
    }
    for (let page = 1; page < whole.length / 4_096; page += 7) {
      const broken = Buffer.from(whole);
      broken.fill(0xa5, page * 4_096, page * 4_096 + 64);
      fs.writeFileSync(path, broken);
      await expect(openSqliteEventStore(path), `page ${page}`).rejects.toThrow('move it away');
    }
    fs.writeFileSync(path, whole);
    const store = await openSqliteEventStore(path);
    expect(retainedIds(store, '', 'prefix')).toHaveLength(500);
    await store.close();
  });

  it('that cannot be made or read is refused', async () => {
    expect(await faultOf(openSqliteEventStore(join(folder, 'none', 'events.db')))).toBe('inaccessible');
    fs.mkdirSync(path);
    expect(await faultOf(openSqliteEventStore(path))).toBe('inaccessible');
  });

  it('is not opened with a word for its durability that does not exist', async () => {
    const options = { survives: 'fire' } as unknown as { survives: 'power-loss' };
    await expect(openSqliteEventStore(path, options)).rejects.toThrow('survives');
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the owner of a file', () => {
  it('is one: the file is not opened twice, under another name neither', async () => {
    const store = await openSqliteEventStore(path);
    expect(await faultOf(openSqliteEventStore(path))).toBe('in_use');
    fs.symlinkSync(path, join(folder, 'link.db'));
    expect(await faultOf(openSqliteEventStore(join(folder, 'link.db')))).toBe('in_use');
    store.append(storedEvent(1, 'a'), retained());
    await store.close();
    await (await openSqliteEventStore(path)).close();
  });

  it('is one at most of many that come at the same time, where a dead one has left its socket', async () => {
    await makeFile(1);
    const child = await otherOwner(`${path}.owner-1`);
    expect(await faultOf(openSqliteEventStore(path))).toBe('in_use');
    child.kill('SIGKILL');
    await ended(child);
    expect(fs.existsSync(`${path}.owner-1`)).toBe(true);
    const openings = await Promise.allSettled(Array.from({ length: 8 }, () => openSqliteEventStore(path)));
    const opened = openings.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(opened.length).toBeLessThanOrEqual(1);
    for (const one of openings)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ fault: 'in_use' });
    await opened[0]?.close();
    await (await openSqliteEventStore(path)).close();
    expect(fs.readdirSync(folder)).toEqual(['events.db']);
  });

  it('that is stopped is still the owner', async () => {
    const child = await otherOwner(`${path}.owner-1`);
    child.kill('SIGSTOP');
    expect(await faultOf(openSqliteEventStore(path))).toBe('in_use');
  });

  it('that was killed leaves a lock of the library behind, which does not count', async () => {
    await makeFile(3);
    fs.mkdirSync(`${path}.lock`);
    const store = await openSqliteEventStore(path);
    expect(retainedIds(store, '', 'prefix')).toEqual([3, 2, 1]);
    await store.close();
    expect(fs.readdirSync(folder)).toEqual(['events.db']);
  });

  it('does not remove what is no socket', async () => {
    fs.writeFileSync(`${path}.owner-1`, 'mine');
    await (await openSqliteEventStore(path)).close();
    expect(fs.readFileSync(`${path}.owner-1`, 'utf8')).toBe('mine');
  });

  it.skipIf(process.platform !== 'linux')('locks files with long names too', async () => {
    const deep = join(folder, 'd'.repeat(120));
    fs.mkdirSync(deep);
    path = join(deep, 'events.db');
    const store = await openSqliteEventStore(path);
    expect(await faultOf(openSqliteEventStore(path))).toBe('in_use');
    await store.close();
    expect(fs.readdirSync(deep)).toEqual(['events.db']);
  });
});
