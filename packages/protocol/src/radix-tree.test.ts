import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RadixTree, type RadixNode } from './radix-tree.js';

function treeOf(...keys: string[]): RadixTree<string> {
  const tree = new RadixTree<string>();
  for (const key of keys) tree.set(key, key);
  return tree;
}

function countNodes(node: RadixNode<string>): number {
  let count = 1;
  for (const child of node.children?.values() ?? []) count += countNodes(child);
  return count;
}

function prefixes(tree: RadixTree<string>, text: string): string[] {
  const found: string[] = [];
  tree.collectPrefixesOf(text, found);
  return found;
}

describe('a radix tree', () => {
  it('finds the longest string that a text starts with', () => {
    const tree = treeOf('a', 'abc', 'abd', 'b');
    expect(tree.longestPrefixOf('abcd')).toBe('abc');
    expect(tree.longestPrefixOf('abx')).toBe('a');
    expect(tree.longestPrefixOf('x')).toBeUndefined();
    expect(tree.longestPrefixOf('')).toBeUndefined();
    expect(treeOf('', 'a').longestPrefixOf('x')).toBe('');
  });

  it('tells whether a text starts with a string whose end is accepted', () => {
    const tree = treeOf('ab', 'abcd');
    const endsAt = (wanted: number) => (_text: string, end: number) => end === wanted;
    expect(tree.hasPrefixOf('abcde', endsAt(2))).toBe(true);
    expect(tree.hasPrefixOf('abcde', endsAt(4))).toBe(true);
    expect(tree.hasPrefixOf('abcde', endsAt(3))).toBe(false);
    expect(tree.hasPrefixOf('abc', endsAt(4))).toBe(false);
    expect(tree.hasPrefixOf('x', () => true)).toBe(false);
  });

  it('has at most two nodes for each string, however long, and none without need', () => {
    const long = 'x'.repeat(10_000);
    const tree = treeOf(long, `${long}a`, `${long}b`, long.slice(1));
    expect(countNodes(tree.root)).toBeLessThanOrEqual(2 * 4 + 1);
    tree.delete(`${long}a`);
    tree.delete(`${long}b`);
    tree.delete(long.slice(1));
    expect(countNodes(tree.root)).toBe(2);
    tree.delete(long);
    expect(tree.isEmpty).toBe(true);
    expect(countNodes(tree.root)).toBe(1);
  });

  it('does not change when a string is deleted that it does not hold', () => {
    const tree = treeOf('abc', 'abd');
    for (const absent of ['', 'a', 'ab', 'abcd', 'x', 'abx']) tree.delete(absent);
    expect(prefixes(tree, 'abc')).toEqual(['abc']);
    expect(prefixes(tree, 'abd')).toEqual(['abd']);
    expect(countNodes(tree.root)).toBe(4);
  });

  it('keeps strings apart that differ in half a character', () => {
    const tree = treeOf('\u{1f600}', '\u{1f601}');
    expect(tree.longestPrefixOf('\u{1f601}x')).toBe('\u{1f601}');
    tree.delete('\u{1f600}');
    expect(tree.longestPrefixOf('\u{1f600}')).toBeUndefined();
    expect(tree.longestPrefixOf('\u{1f601}')).toBe('\u{1f601}');
  });

  it('holds what a set of strings would hold, and as few nodes, after any changes', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 });
    const change = fc.record({ key, isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), fc.array(key), (changes, texts) => {
        const tree = new RadixTree<string>();
        const kept = new Set<string>();
        for (const { key: text, isAdded } of changes) {
          if (isAdded) tree.set(text, text);
          else tree.delete(text);
          if (isAdded) kept.add(text);
          else kept.delete(text);
        }
        for (const text of texts) {
          const expected = [...kept]
            .filter((one) => text.startsWith(one))
            .sort((a, b) => a.length - b.length);
          expect(prefixes(tree, text)).toEqual(expected);
          expect(tree.longestPrefixOf(text)).toBe(expected.at(-1));
        }
        expect(countNodes(tree.root)).toBe(countNodes(treeOf(...kept).root));
        expect(tree.isEmpty).toBe(kept.size === 0);
      }),
      { numRuns: 300 },
    );
  });
});
