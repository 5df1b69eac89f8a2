/**
 * Where log lines go: a stream that may be slow, stuck or broken, and must not harm the router by it.
 * Owns what waits in memory and what happens when the destination fails; knows nothing of the lines.
 */
import { createWriteStream, fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';

/**
 * Bytes that may wait in memory for a reader of stdout that has stopped reading; more are dropped, so that a stuck log
 * collector can neither stop the router nor fill its memory.
 */
const MAX_WAITING_LOG_BYTES = 4 * 1024 * 1024;

/** A reader that is there takes the last lines at once; the end of the process does not wait longer for one that is not. */
export const LOG_FLUSH_MS = 500;

export class LogOutput {
  readonly #stream: Writable;
  #isLost = false;

  /** @param lost told once, when the destination has failed: from then on nothing is written */
  constructor(stream: Writable, lost: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream;
    // A stream may fail several times, and an error that nobody hears would end the process.
    stream.on('error', (error) => {
      if (this.#isLost) return;
      this.#isLost = true;
      lost(error);
    });
  }

  write(text: string): void {
    if (this.#isLost || this.#stream.writableLength + text.length > MAX_WAITING_LOG_BYTES) return;
    this.#stream.write(text);
  }

  /** Calls back once, when everything is written, has failed, or has taken `LOG_FLUSH_MS`; at once if nothing waits. */
  flush(done: () => void): void {
    if (this.#isLost || this.#stream.writableLength === 0) {
      done();
      return;
    }
    let isDone = false;
    const finish = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(finish, LOG_FLUSH_MS);
    // Streams write in order: this one's turn comes when all before it are done.
    this.#stream.write('', finish);
  }
}

/**
 * stdout, for logs. Node's own stream for it writes to files and devices synchronously, so that a slow disk would stop the
 * router; to pipes it does not.
 */
export function stdoutStream(): Writable {
  const kind = fstatSync(1);
  const isFileOrDevice = kind.isFile() || (kind.isCharacterDevice() && !isatty(1));
  return isFileOrDevice ? createWriteStream('', { fd: 1, autoClose: false }) : process.stdout;
}
