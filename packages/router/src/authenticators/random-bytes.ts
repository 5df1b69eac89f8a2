/** Random bytes out of the router's source of random numbers. */
import type { RandomUint32 } from '@wamp/protocol';

/** @param count a multiple of 4 */
export function randomBytes(random32: RandomUint32, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 4) {
    const word = random32();
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
  }
  return bytes;
}
