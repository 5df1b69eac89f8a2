import { MAX_ID } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { EndedStreams } from './ended-streams.js';

describe('EndedStreams', () => {
  it('takes everything for new at first', () => {
    const streams = new EndedStreams(4);
    expect(streams.isLate(1, true)).toBe(false);
    expect(streams.isLate(MAX_ID, true)).toBe(false);
    expect(streams.isLate(1, false)).toBe(false);
  });

  it('recognizes the chunks of a remembered call until its last one has come', () => {
    const streams = new EndedStreams(4);
    streams.began(7);
    streams.ended(7);
    expect(streams.isLate(7, true)).toBe(true);
    expect(streams.isLate(7, true)).toBe(true);
    expect(streams.isLate(7, false)).toBe(true);
    expect(streams.size).toBe(0);
    expect(streams.isLate(7, false)).toBe(false);
  });

  it('forgets the oldest when there are too many, but still knows chunks by their low id', () => {
    const streams = new EndedStreams(2);
    for (const id of [1, 2, 3]) {
      streams.began(id);
      streams.ended(id);
    }
    expect(streams.size).toBe(2);
    expect(streams.isLate(1, true)).toBe(true);
    expect(streams.isLate(1, false)).toBe(false);
    expect(streams.isLate(3, false)).toBe(true);
  });

  it('takes a lower id without progress for a new call', () => {
    const streams = new EndedStreams(2);
    streams.began(100);
    streams.began(50);
    expect(streams.isLate(99, false)).toBe(false);
    expect(streams.isLate(100, true)).toBe(true);
    expect(streams.isLate(101, true)).toBe(false);
  });

  it('knows that ids start again at 1 after 2^53', () => {
    const streams = new EndedStreams(2);
    streams.began(MAX_ID);
    expect(streams.isLate(1, true)).toBe(false);
    streams.began(1);
    expect(streams.isLate(1, true)).toBe(true);
    expect(streams.isLate(2, true)).toBe(false);
  });
});
