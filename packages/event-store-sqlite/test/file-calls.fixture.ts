/**
 * Every call of the file system that is about one folder, one by one: to let one of them fail, and to see what would be
 * on the disk if the process, or the machine, ended just before it.
 */
import fs from 'node:fs';
import { basename, join } from 'node:path';

const CALLS = [
  'accessSync',
  'closeSync',
  'fstatSync',
  'fsyncSync',
  'ftruncateSync',
  'mkdirSync',
  'openSync',
  'readSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'statSync',
  'unlinkSync',
  'writeSync',
] as const;
type Call = (typeof CALLS)[number];
type AnyFunction = (...args: unknown[]) => unknown;

export interface FileCall {
  readonly name: Call;
  readonly args: readonly unknown[];
  /** the file or folder concerned */
  readonly path: string;
}

/**
 * Runs something while each call about `folder` is told before it is done; what `before` throws, the call throws.
 * Calls that `before` makes itself are not told.
 */
export function watchFileCalls(folder: string, before: (call: FileCall) => void, run: () => void): void {
  const target = fs as unknown as Record<Call, AnyFunction>;
  const originals = new Map(CALLS.map((name) => [name, target[name]]));
  const open = new Map<number, string>();
  let isTelling = false;
  for (const [name, original] of originals) {
    target[name] = (...args: unknown[]): unknown => {
      const path = typeof args[0] === 'number' ? open.get(args[0]) : String(args[0]);
      const isWatched = !isTelling && path?.startsWith(folder) === true;
      if (!isWatched) return original(...args);
      isTelling = true;
      try {
        before({ name, args, path });
      } finally {
        isTelling = false;
      }
      const result = original(...args);
      if (name === 'openSync') open.set(result as number, path);
      if (name === 'closeSync') open.delete(args[0] as number);
      return result;
    };
  }
  try {
    run();
  } finally {
    for (const [name, original] of originals) target[name] = original;
  }
}

/** What is on the disk when the process is killed now: all that it has written. */
export function copyFolder(from: string, to: string): void {
  fs.mkdirSync(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    if (entry.isFile()) fs.copyFileSync(join(from, entry.name), join(to, entry.name));
    else if (entry.isDirectory()) fs.mkdirSync(join(to, entry.name));
  }
}

/** Part of a write, as of a process that is killed within it. */
export function tearWrite(call: FileCall, folder: string, bytes: number): void {
  const [, buffer, offset, , position] = call.args as [number, Uint8Array, number, number, number];
  const descriptor = fs.openSync(join(folder, basename(call.path)), 'r+');
  fs.writeSync(descriptor, buffer, offset, bytes, position);
  fs.closeSync(descriptor);
}

type Change = { readonly position: number; readonly bytes: Uint8Array } | { readonly length: number };

/** What is on the disk when the power fails: what was told to be written through, and any part of the rest. */
export class PowerlessDisk {
  readonly #files = new Map<string, { synced: Buffer; pending: Change[] }>();

  /** @param folder as it is at the beginning, on the disk */
  constructor(folder: string) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      this.#files.set(entry.name, { synced: fs.readFileSync(join(folder, entry.name)), pending: [] });
    }
  }

  note({ name, args, path }: FileCall): void {
    const file = this.#files.get(basename(path)) ?? { synced: Buffer.alloc(0), pending: [] };
    if (name === 'writeSync') {
      const [, buffer, offset, length, position] = args as [number, Uint8Array, number, number, number];
      file.pending.push({ position, bytes: buffer.slice(offset, offset + length) });
    } else if (name === 'ftruncateSync') {
      file.pending.push({ length: args[1] as number });
    } else if (name === 'fsyncSync') {
      for (const change of file.pending) file.synced = applied(file.synced, change);
      file.pending = [];
    } else if (name === 'unlinkSync' || name === 'rmSync') {
      this.#files.delete(basename(path));
      return;
    } else if (name !== 'openSync') {
      return;
    }
    this.#files.set(basename(path), file);
  }

  /** @param keeps whether the next change that was not written through is on the disk nevertheless */
  write(to: string, keeps: () => boolean): void {
    fs.mkdirSync(to);
    for (const [name, { synced, pending }] of this.#files) {
      let content = synced;
      for (const change of pending) if (keeps()) content = applied(content, change);
      fs.writeFileSync(join(to, name), content);
    }
  }
}

function applied(content: Buffer, change: Change): Buffer {
  if ('length' in change)
    return Buffer.concat([content, Buffer.alloc(change.length)]).subarray(0, change.length);
  const end = change.position + change.bytes.length;
  const result = Buffer.alloc(Math.max(content.length, end));
  content.copy(result);
  result.set(change.bytes, change.position);
  return result;
}
