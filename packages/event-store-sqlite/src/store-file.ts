/**
 * The file of a store: how it comes into being, and how it is known again.
 *
 * A file is made under another name and renamed when it is complete and on the disk, so that under its own name there is
 * never half a file, whenever the process ends.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { Connection, type Survival } from './connection.js';
import { EventStoreFileError } from './event-store-file-error.js';

/** In the header of each of our files: "WEVT". */
const APPLICATION_ID = 0x57_45_56_54;
/** Counts up with each change of the tables that older versions of this package could not live with. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE retained (
    position INTEGER PRIMARY KEY, is_restricted INTEGER NOT NULL, publication INTEGER NOT NULL, topic TEXT NOT NULL,
    published_at INTEGER NOT NULL, size INTEGER NOT NULL, about TEXT NOT NULL, payload BLOB NOT NULL
  ) STRICT;
  CREATE TABLE history (
    id INTEGER PRIMARY KEY, uri TEXT NOT NULL, match TEXT NOT NULL, UNIQUE (uri, match)
  ) STRICT;
  CREATE TABLE recorded (
    position INTEGER PRIMARY KEY, history INTEGER NOT NULL, publication INTEGER NOT NULL, topic TEXT NOT NULL,
    published_at INTEGER NOT NULL, size INTEGER NOT NULL, about TEXT NOT NULL, payload BLOB NOT NULL
  ) STRICT;
  CREATE INDEX recorded_by_history ON recorded (history);
  CREATE INDEX recorded_by_publication ON recorded (history, publication);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  PRAGMA journal_mode = WAL;
`;

/** Where things stand in the first page of an SQLite file. Source: sqlite.org/fileformat.html, "The Database Header". */
const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\u0000';
const WRITE_VERSION_AT = 18;
const WRITE_VERSION_WAL = 2;
const USER_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/** The library's own lock, a folder that stays behind when its process is killed. */
const lockOf = (path: string): string => `${path}.lock`;
const unfinishedOf = (path: string): string => `${path}.new`;

/**
 * Makes the file if there is none; an empty one counts as none.
 * To be called by the owner of the file only: it clears away what a former owner left behind.
 * @throws EventStoreFileError
 */
export function prepareFile(path: string): void {
  const unfinished = unfinishedOf(path);
  try {
    removeLock(unfinished);
    for (const name of [unfinished, `${unfinished}-wal`]) fs.rmSync(name, { force: true });
    if (isThere(path)) return;
    // Changes of a file that somebody took away would be applied to the new one.
    fs.rmSync(`${path}-wal`, { force: true });
    createFile(path, unfinished);
  } catch (error) {
    throw new EventStoreFileError('inaccessible', path, `cannot be made: ${messageOf(error)}`, error);
  }
}

/** How a file is opened: now and, after a failure, again. */
export interface FileOpener {
  readonly path: string;
  readonly survives: Survival;
  /** after how many pages of changes they are moved into the file */
  readonly checkpointPages: number;
}

/**
 * Opens a file that is there.
 * @param load reads what is needed at first; what it throws counts as a fault of the file
 * @throws EventStoreFileError also if it is not a file of a store, or damaged
 */
export function openFile<Loaded>(opener: FileOpener, load: (connection: Connection) => Loaded): Loaded {
  const { path, survives, checkpointPages } = opener;
  checkHeader(path);
  let connection: Connection | undefined = undefined;
  try {
    removeLock(path);
    connection = new Connection(path, survives, checkpointPages);
    const [check] = connection.rows('PRAGMA quick_check(1)');
    if (check?.['quick_check'] !== 'ok') throw new Error(`malformed: ${String(check?.['quick_check'])}`);
    if (survives === 'power-loss') syncFolder(path);
    return load(connection);
  } catch (error) {
    connection?.close();
    const message = messageOf(error);
    // The library tells no codes, only sentences.
    if (/malformed|not a database/.test(message)) throw corrupt(path, message, error);
    throw new EventStoreFileError('inaccessible', path, `cannot be opened: ${message}`, error);
  }
}

function isThere(path: string): boolean {
  const stats = fs.statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.size > 0;
}

/** There is no other connection: what is there is of a process that was killed, or could not be removed at its end. */
function removeLock(path: string): void {
  const name = lockOf(path);
  if (fs.statSync(name, { throwIfNoEntry: false }) !== undefined) fs.rmdirSync(name);
}

function createFile(path: string, unfinished: string): void {
  const database = new sqlite.Database(unfinished);
  try {
    // Whatever happens to this file does not matter before it has its name.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;');
    database.exec(SCHEMA);
  } finally {
    database.close();
  }
  const descriptor = fs.openSync(unfinished, 'r+');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(unfinished, path);
  syncFolder(path);
}

/** Makes names durable; Windows does so by itself. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(dirname(path), 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Before SQLite sees it, which would change files that are not ours. */
function checkHeader(path: string): void {
  const header = readHeader(path);
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new EventStoreFileError(
      'foreign',
      path,
      'is not an SQLite file; name another file, or move it away',
    );
  }
  if (header.length < HEADER_BYTES) throw corrupt(path, 'it ends within its header');
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) {
    throw new EventStoreFileError('foreign', path, 'is an SQLite file of another program; name another file');
  }
  const version = header.readUInt32BE(USER_VERSION_AT);
  if (version > SCHEMA_VERSION) {
    throw new EventStoreFileError(
      'newer',
      path,
      `was made by a newer version of @wamp/event-store-sqlite (its tables have version ${version}, known is ${SCHEMA_VERSION}); update the package`,
    );
  }
  if (version < 1) throw corrupt(path, 'it has no version');
  if (header[WRITE_VERSION_AT] !== WRITE_VERSION_WAL) {
    throw corrupt(
      path,
      'another program has changed its journal mode; "PRAGMA journal_mode = WAL" changes it back',
    );
  }
}

function readHeader(path: string): Buffer {
  try {
    const descriptor = fs.openSync(path, 'r');
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      return header.subarray(0, fs.readSync(descriptor, header, 0, HEADER_BYTES, 0));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    throw new EventStoreFileError('inaccessible', path, `cannot be read: ${messageOf(error)}`, error);
  }
}

function corrupt(path: string, reason: string, cause?: unknown): EventStoreFileError {
  const sentence = `is damaged (${reason}); move it away, together with its -wal file, and the router begins a new one`;
  return new EventStoreFileError('corrupt', path, sentence, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
