import { describe, expect, it } from 'vitest';
import { EndedStreams } from './ended-streams.js';

describe('EndedStreams', () => {
  it('takes everything for new at first', () => {
    const streams = new EndedStreams(4);
    expect(streams.isLate(1, true)).toBe(false);
    expect(streams.isLate(1, false)).toBe(false);
  });

  it('recognizes the chunks of a remembered call until its last one has come', () => {
    const streams = new EndedStreams(4);
    streams.ended(7);
    expect(streams.isLate(7, true)).toBe(true);
    expect(streams.isLate(7, true)).toBe(true);
    expect(streams.isLate(7, false)).toBe(true);
    expect(streams.size).toBe(0);
    expect(streams.isLate(7, false)).toBe(false);
  });

  it('forgets the oldest when there are too many', () => {
    const streams = new EndedStreams(2);
    for (const id of [1, 2, 3]) streams.ended(id);
    expect(streams.size).toBe(2);
    expect(streams.isLate(1, true)).toBe(false);
    expect(streams.isLate(3, false)).toBe(true);
  });
});
