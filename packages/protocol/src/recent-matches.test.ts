import { describe, expect, it } from 'vitest';
import { LONGEST_REMEMBERED_URI, RecentMatches } from './recent-matches.js';

const MANY = 30_000;

describe('recent matches', () => {
  it('remember results, also the result "none"', () => {
    const recent = new RecentMatches<number | null>();
    recent.remember('a', 1);
    recent.remember('b', null);
    expect(recent.get('a')).toBe(1);
    expect(recent.get('b')).toBeNull();
    expect(recent.get('c')).toBeUndefined();
  });

  it('remember what is in use while many others come and go, and not all of those', () => {
    const recent = new RecentMatches<number>();
    recent.remember('hot', -1);
    for (let n = 0; n < MANY; n++) {
      recent.remember(`cold.${n}`, n);
      expect(recent.get('hot')).toBe(-1);
    }
    let remembered = 0;
    for (let n = 0; n < MANY; n++) if (recent.get(`cold.${n}`) !== undefined) remembered++;
    expect(remembered).toBeGreaterThan(0);
    expect(remembered).toBeLessThan(MANY / 5);
  });

  it('do not remember URIs that are too long', () => {
    const recent = new RecentMatches<number>();
    recent.remember('x'.repeat(LONGEST_REMEMBERED_URI), 1);
    recent.remember('x'.repeat(LONGEST_REMEMBERED_URI + 1), 2);
    expect(recent.get('x'.repeat(LONGEST_REMEMBERED_URI))).toBe(1);
    expect(recent.get('x'.repeat(LONGEST_REMEMBERED_URI + 1))).toBeUndefined();
  });

  it('forget one or all of them, recent or not', () => {
    const recent = new RecentMatches<number>();
    for (let n = 0; n < 3000; n++) recent.remember(String(n), n);
    expect(recent.get('0')).toBe(0);
    recent.forget('0');
    recent.forget('2999');
    expect(recent.get('0')).toBeUndefined();
    expect(recent.get('2999')).toBeUndefined();
    recent.forgetAll();
    for (let n = 0; n < 3000; n++) expect(recent.get(String(n))).toBeUndefined();
    recent.forgetAll();
    recent.remember('0', 7);
    expect(recent.get('0')).toBe(7);
  });
});
