import { describe, expect, it } from 'vitest';
import { SentFrames } from './sent-frames.js';

const frame = (value: number, length = 1): Uint8Array => new Uint8Array(length).fill(value);

function contents(kept: SentFrames<Uint8Array>): number[] {
  const values: number[] = [];
  kept.forEach((each) => values.push(each[0]!));
  return values;
}

describe('frames that have not arrived', () => {
  it('are kept in order, and forgotten from the front', () => {
    const kept = new SentFrames<Uint8Array>({ resumeFrames: 10, resumeBytes: 100 });
    for (let value = 1; value <= 5; value += 1) kept.push(frame(value));
    kept.forget(2);
    expect(contents(kept)).toEqual([3, 4, 5]);
    expect(kept).toMatchObject({ sent: 5, bytes: 3, gone: 2, isEmpty: false });
    // What is older news changes nothing.
    kept.forget(1);
    expect(contents(kept)).toEqual([3, 4, 5]);
    kept.forget(5);
    expect(kept).toMatchObject({ bytes: 0, isEmpty: true, gone: 5 });
  });

  it.each([
    ['number', { resumeFrames: 3, resumeBytes: 100 }],
    ['bytes', { resumeFrames: 100, resumeBytes: 3 }],
  ])('are bounded by %s: the oldest go, and cannot be sent again', (_, limits) => {
    const kept = new SentFrames<Uint8Array>(limits);
    for (let value = 1; value <= 5; value += 1) kept.push(frame(value));
    expect(contents(kept)).toEqual([3, 4, 5]);
    expect(kept.gone).toBe(2);
    expect([0, 1, 2, 5, 6].map((count) => kept.reachesBackTo(count))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('a frame that is longer than all that is kept takes everything with it', () => {
    const kept = new SentFrames<Uint8Array>({ resumeFrames: 10, resumeBytes: 10 });
    kept.push(frame(1));
    kept.push(frame(2, 11));
    expect(kept).toMatchObject({ sent: 2, bytes: 0, isEmpty: true, gone: 2 });
    expect(kept.reachesBackTo(2)).toBe(true);
    expect(kept.reachesBackTo(1)).toBe(false);
    kept.push(frame(3));
    expect(contents(kept)).toEqual([3]);
  });

  it('stay right over a long time', () => {
    const kept = new SentFrames<Uint8Array>({ resumeFrames: 200, resumeBytes: 10_000 });
    for (let sent = 1; sent <= 5_000; sent += 1) {
      kept.push(frame(sent % 251));
      if (sent % 64 === 0) kept.forget(sent - 30);
    }
    expect(contents(kept)).toEqual(
      Array.from({ length: 5_000 - (4_992 - 30) }, (_, at) => (4_963 + at) % 251),
    );
  });
});
