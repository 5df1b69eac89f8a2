/** Text by lines, from a stream of the process or of a child. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export function linesOf(stream: Readable): AsyncIterable<string> {
  return createInterface({ input: stream, crlfDelay: Infinity });
}
