import { describe, expect, it } from 'vitest';
import { WildcardTable } from './wildcard-table.js';

function tableOf(...patterns: string[]): WildcardTable<string> {
  const table = new WildcardTable<string>();
  for (const pattern of patterns) table.set(pattern, pattern);
  return table;
}

function all(table: WildcardTable<string>, uri: string, limit?: number): string[] {
  const found: string[] = [];
  table.collect(uri, found, limit);
  return found;
}

describe('a wildcard table', () => {
  it('gives no more matches than wanted, the best first', () => {
    const table = tableOf('..', '.b.', 'a..', 'a.b.c');
    expect(all(table, 'a.b.c', 2)).toEqual(['a.b.c', 'a..']);
    expect(all(table, 'a.b.c')).toEqual(['a.b.c', 'a..', '.b.', '..']);
    expect(table.best('x.b.y')).toBe('.b.');
  });

  it('does not change when a pattern is deleted that it does not hold', () => {
    const table = tableOf('a.');
    for (const absent of ['', 'a', 'b.', '.', '...']) table.delete(absent);
    expect(table.best('a.x')).toBe('a.');
    table.delete('a.');
    expect(table.best('a.x')).toBeUndefined();
    table.delete('a.');
  });

  it('separates patterns whose components begin alike', () => {
    const table = tableOf('ab.c', 'a.c', 'abc.', '.bc');
    expect(all(table, 'ab.c')).toEqual(['ab.c']);
    expect(all(table, 'a.c')).toEqual(['a.c']);
    expect(all(table, 'abc.bc')).toEqual(['abc.', '.bc']);
  });

  it('also gives each pattern once for something that is no URI, with empty components', () => {
    expect(all(tableOf('..', 'a..'), 'a..')).toEqual(['a..', '..']);
    expect(all(tableOf('', '.'), '')).toEqual(['']);
    expect(all(tableOf('.'), '.')).toEqual(['.']);
  });
});
