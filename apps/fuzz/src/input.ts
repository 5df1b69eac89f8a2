/** What is thrown at a surface: chunks of bytes, in order. Owns its form on the command line, its damage and its minimising. */
import type { Random } from './random.js';

export type Input = readonly Uint8Array[];

/** As hexadecimal digits, chunks separated by commas. */
export function show(input: Input): string {
  return input.map((chunk) => Buffer.from(chunk).toString('hex')).join(',');
}

export function parse(text: string): Input {
  return text.split(',').map((digits) => new Uint8Array(Buffer.from(digits, 'hex')));
}

/** One thing that happens to bytes on their way. */
export function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return random.bytes(4);
  const at = random.below(bytes.length);
  const [front, back] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(6)) {
    case 0:
      return front.slice();
    case 1:
      return Uint8Array.from([...front, random.below(256), ...back]);
    case 2:
      return Uint8Array.from([...front, ...back.subarray(1 + random.below(3))]);
    case 3:
      return Uint8Array.from([...front, ...random.bytes(6), ...back]);
    case 4:
      return Uint8Array.from([...front, ...back.subarray(0, 1 + random.below(8)), ...back]);
    default: {
      const copy = bytes.slice();
      copy[at] = random.oneIn(2) ? random.below(256) : copy[at]! ^ (1 << random.below(8));
      return copy;
    }
  }
}

/** Tries that minimising may take: what is still long after them is short enough to look at. */
const MOST_TRIES = 400;

/** Makes a failing input smaller, as long as it fails. */
export async function minimised(input: Input, fails: (input: Input) => Promise<boolean>): Promise<Input> {
  let best = input;
  let tries = 0;
  const attempt = async (candidate: Input): Promise<boolean> => {
    if (tries >= MOST_TRIES) return false;
    tries += 1;
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let at = best.length - 1; at >= 0 && best.length > 1; at -= 1) await attempt(best.toSpliced(at, 1));
  for (let at = 0; at < best.length; at += 1) {
    for (let size = best[at]!.length >> 1; size > 0; size >>= 1) {
      for (let from = 0; from < best[at]!.length;) {
        const chunk = best[at]!;
        const shorter = Uint8Array.from([...chunk.subarray(0, from), ...chunk.subarray(from + size)]);
        if (!(await attempt(best.with(at, shorter)))) from += size;
        if (tries >= MOST_TRIES) return best;
      }
    }
  }
  return best;
}
