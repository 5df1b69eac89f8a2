import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatchPolicy } from './options.js';
import { UriTable } from './uri-table.js';

/** The rule of the specification, written down as plainly as possible. */
function matches(match: MatchPolicy, pattern: string, uri: string): boolean {
  if (match === 'exact') return pattern === uri;
  if (match === 'prefix') return uri.startsWith(pattern);
  const wanted = pattern.split('.');
  const given = uri.split('.');
  return wanted.length === given.length && wanted.every((part, k) => part === '' || part === given[k]);
}

function shape(pattern: string): string {
  return pattern
    .split('.')
    .map((part) => (part === '' ? '0' : '1'))
    .join('');
}

const RANK = { exact: 0, prefix: 1, wildcard: 2 };

interface Entry {
  readonly match: MatchPolicy;
  readonly uri: string;
}

/** All matches: exact, prefixes from short to long, wildcards with the literal first. */
function reference(entries: readonly Entry[], uri: string): Entry[] {
  return entries
    .filter((entry) => matches(entry.match, entry.uri, uri))
    .sort((a, b) => {
      if (a.match !== b.match) return RANK[a.match] - RANK[b.match];
      if (a.match === 'prefix') return a.uri.length - b.uri.length;
      return shape(a.uri) > shape(b.uri) ? -1 : 1;
    });
}

function referenceBest(entries: readonly Entry[], uri: string): Entry | undefined {
  const all = reference(entries, uri);
  const prefixes = all.filter((e) => e.match === 'prefix');
  const whole = prefixes.filter(
    (e) => e.uri === '' || e.uri.endsWith('.') || e.uri === uri || uri.startsWith(`${e.uri}.`),
  );
  return (
    all.find((e) => e.match === 'exact') ??
    (whole.length > 0 ? prefixes.at(-1) : undefined) ??
    all.find((e) => e.match === 'wildcard') ??
    prefixes.at(-1)
  );
}

function tableOf(entries: Partial<Record<MatchPolicy, readonly string[]>>): UriTable<string> {
  const table = new UriTable<string>();
  for (const match of ['exact', 'prefix', 'wildcard'] as const) {
    for (const uri of entries[match] ?? []) table.set(match, uri, `${match} ${uri}`);
  }
  return table;
}

describe('best match (PATTERN-001…020, PATTERN-022…024)', () => {
  it('PATTERN-001: an exact entry beats prefix and wildcard', () => {
    const table = tableOf({ exact: ['a.b'], prefix: ['a.b', ''], wildcard: ['a.b', 'a.'] });
    expect(table.best('a.b')).toBe('exact a.b');
  });

  it('PATTERN-002: a prefix matches itself and everything that starts with its characters', () => {
    const table = tableOf({ prefix: ['com.myapp.myobject1'] });
    for (const end of ['', '.x', '-mysub', '.a.b']) {
      expect(table.best(`com.myapp.myobject1${end}`)).toBe('prefix com.myapp.myobject1');
    }
  });

  it('PATTERN-003: a prefix matches neither its own beginning nor a neighbour', () => {
    const table = tableOf({ prefix: ['com.myapp.myobject1'] });
    expect(table.best('com.myapp.myobject')).toBeUndefined();
    expect(table.best('com.myapp.myobject2')).toBeUndefined();
  });

  it('PATTERN-004: the longest of nested prefixes wins', () => {
    expect(tableOf({ prefix: ['a', 'a.b', 'a.b.c'] }).best('a.b.c.d')).toBe('prefix a.b.c');
  });

  it('PATTERN-005: longest means the string, not the number of components', () => {
    expect(tableOf({ prefix: ['a.b', 'a.bc'] }).best('a.bcd')).toBe('prefix a.bc');
  });

  it('PATTERN-006: a prefix with a final dot stops at the boundary of components', () => {
    const table = tableOf({ prefix: ['a.b.'] });
    expect(table.best('a.b.c')).toBe('prefix a.b.');
    expect(table.best('a.b')).toBeUndefined();
  });

  it('PATTERN-007: the empty prefix matches everything and is the lowest of the prefixes', () => {
    const table = tableOf({ prefix: ['', 'a'] });
    expect(table.best('x.y')).toBe('prefix ');
    expect(table.best('a.y')).toBe('prefix a');
  });

  it('PATTERN-008: any prefix beats any wildcard', () => {
    expect(tableOf({ prefix: [''], wildcard: ['a.b.c'] }).best('a.b.c')).toBe('prefix ');
  });

  it('PATTERN-008, 014: a prefix that ends inside a component beats a wildcard only along with one that does not', () => {
    const table = tableOf({ prefix: ['a.b'], wildcard: ['a..c'] });
    expect(table.best('a.bb.c')).toBe('wildcard a..c');
    expect(table.best('a.b.c')).toBe('prefix a.b');
    expect(table.best('a.bb')).toBe('prefix a.b');
    table.set('prefix', 'a', 'prefix a');
    expect(table.best('a.bb.c')).toBe('prefix a.b');
  });

  it('PATTERN-009: an empty component stands for exactly one component, whole', () => {
    const table = tableOf({ wildcard: ['com.myapp..proc'] });
    expect(table.best('com.myapp.x.proc')).toBe('wildcard com.myapp..proc');
    for (const other of [
      'com.myapp.x.y.proc',
      'com.myapp.x.proc2',
      'com.myapp2.x.proc',
      'com.myapp.proc',
      'com.myapp.x.pro',
    ]) {
      expect(table.best(other)).toBeUndefined();
    }
  });

  const official = tableOf({
    exact: ['a1.b2.c3.d4.e55'],
    prefix: ['a1.b2.c3', 'a1.b2.c3.d4'],
    wildcard: ['a1.b2..d4.e5', 'a1.b2.c33..e5', 'a1.b2..d4.e5..g7', 'a1.b2..d4..f6.g7'],
  });
  it.each([
    ['PATTERN-010', 'a1.b2.c3.d4.e55', 'exact a1.b2.c3.d4.e55'],
    ['PATTERN-011', 'a1.b2.c3.d98.e74', 'prefix a1.b2.c3'],
    ['PATTERN-012', 'a1.b2.c3.d4.e325', 'prefix a1.b2.c3.d4'],
    ['PATTERN-013', 'a1.b2.c55.d4.e5', 'wildcard a1.b2..d4.e5'],
    ['PATTERN-014', 'a1.b2.c33.d4.e5', 'wildcard a1.b2.c33..e5'],
    ['PATTERN-015', 'a1.b2.c88.d4.e5.f6.g7', 'wildcard a1.b2..d4.e5..g7'],
    ['PATTERN-016', 'a2.b2.c2.d2.e2', undefined],
  ])('%s: in the official example set %s selects %s', (_id, uri, winner) => {
    expect(official.best(uri)).toBe(winner);
  });

  it.each([
    ['PATTERN-017', 'a.b.c1234', ['a..c1234', 'a.b.'], 'a.b.'],
    ['PATTERN-018', 'a1.b2.c3.d4', ['a1...d4', 'a1.b2..d4'], 'a1.b2..d4'],
    ['PATTERN-019', 'a.b.c.d', ['a...d', 'a..c.d'], 'a..c.d'],
    ['PATTERN-020', 'a.b.c', ['.b.c', 'a..'], 'a..'],
    ['PATTERN-024 (the literal branch is a dead end)', 'a.b.c.d', ['a.b..x', 'a...d'], 'a...d'],
    ['fault 4', 'a.bb.c', ['.bb.c', 'a..c'], 'a..c'],
  ])('%s: for %s the wildcard with the longest literal portion wins', (_id, uri, patterns, winner) => {
    expect(tableOf({ wildcard: patterns }).best(uri)).toBe(`wildcard ${winner}`);
    expect(tableOf({ wildcard: patterns.toReversed() }).best(uri)).toBe(`wildcard ${winner}`);
  });

  it('PATTERN-022: a wildcard pattern without wildcards is hit only if no exact entry and no prefix is', () => {
    const table = tableOf({ wildcard: ['x.x.x'] });
    expect(table.best('x.x.x')).toBe('wildcard x.x.x');
    table.set('prefix', 'x', 'prefix x');
    expect(table.best('x.x.x')).toBe('prefix x');
    table.set('exact', 'x.x.x', 'exact x.x.x');
    expect(table.best('x.x.x')).toBe('exact x.x.x');
  });

  it('PATTERN-023: the empty wildcard matches URIs of one component', () => {
    const table = tableOf({ wildcard: [''] });
    expect(table.best('abc')).toBe('wildcard ');
    expect(table.best('a.b')).toBeUndefined();
  });

  it('URI-016: letters of different case are different', () => {
    expect(tableOf({ exact: ['a.B'] }).best('a.b')).toBeUndefined();
  });
});

describe('all matches (PATTERN-021)', () => {
  const patterns = [
    ...['', '.', 'a..c', 'a.b.', 'a..', '.b.', '..'],
    ...['x..', '.x.', '..x', 'x..x', 'x.x.', '.x.x', 'x.x.x'],
  ];
  it.each([
    ['abc', ['']],
    ['a.b', ['.']],
    ['a.b.c', ['a.b.', 'a..c', 'a..', '.b.', '..']],
    ['a.x.c', ['a..c', 'a..', '.x.', '..']],
    ['a.b.x', ['a.b.', 'a..', '.b.', '..x', '..']],
    ['a.x.x', ['a..', '.x.x', '.x.', '..x', '..']],
    ['x.y.z', ['x..', '..']],
    ['x.x.x', ['x.x.x', 'x.x.', 'x..x', 'x..', '.x.x', '.x.', '..x', '..']],
    ['a.b.c.d', []],
  ])('PATTERN-021: %s matches, best first, %j', (uri, expected) => {
    const named = expected.map((pattern) => `wildcard ${pattern}`);
    expect(tableOf({ wildcard: patterns }).all(uri)).toEqual(named);
    expect(tableOf({ wildcard: patterns.toReversed() }).all(uri)).toEqual(named);
    expect(tableOf({ wildcard: patterns }).best(uri)).toBe(named[0]);
  });

  it('come as exact, prefixes from short to long, wildcards', () => {
    const table = tableOf({ exact: ['a.b'], prefix: ['a.b', '', 'a'], wildcard: ['.b', 'a.', 'a.b', '.'] });
    expect(table.all('a.b')).toEqual([
      ...['exact a.b', 'prefix ', 'prefix a', 'prefix a.b'],
      ...['wildcard a.b', 'wildcard a.', 'wildcard .b', 'wildcard .'],
    ]);
  });

  it('are a list that a later change leaves alone', () => {
    const table = tableOf({ prefix: ['a'] });
    const before = table.all('a.b');
    table.set('prefix', 'a.', 'prefix a.');
    expect(before).toEqual(['prefix a']);
    expect(table.all('a.b')).toEqual(['prefix a', 'prefix a.']);
  });
});

describe('entries', () => {
  it('stand independently under each policy', () => {
    const table = tableOf({ exact: ['a.b'], prefix: ['a.b'], wildcard: ['a.b'] });
    expect(table.size).toBe(3);
    for (const match of ['exact', 'prefix', 'wildcard'] as const) {
      expect(table.get(match, 'a.b')).toBe(`${match} a.b`);
      expect([...table.values(match)]).toEqual([`${match} a.b`]);
      expect(table.get(match, 'a')).toBeUndefined();
    }
    expect(table.delete('prefix', 'a.b')).toBe(true);
    expect(table.delete('prefix', 'a.b')).toBe(false);
    expect(table.get('prefix', 'a.b')).toBeUndefined();
    expect(table.size).toBe(2);
    expect(table.all('a.b')).toEqual(['exact a.b', 'wildcard a.b']);
  });

  it('are replaced when set again', () => {
    for (const match of ['exact', 'prefix', 'wildcard'] as const) {
      const table = new UriTable<number>();
      table.set(match, 'a', 1);
      expect(table.best('a')).toBe(1);
      expect(table.all('a')).toEqual([1]);
      table.set(match, 'a', 2);
      expect(table.size).toBe(1);
      expect(table.best('a')).toBe(2);
      expect(table.all('a')).toEqual([2]);
    }
  });

  it('are listed in the order in which they were added', () => {
    expect([...tableOf({ prefix: ['b', 'a', 'c'] }).values('prefix')]).toEqual([
      'prefix b',
      'prefix a',
      'prefix c',
    ]);
  });

  it('may be named like properties of objects', () => {
    const names = ['__proto__', 'constructor', 'a.__proto__', 'toString'];
    const empty = new UriTable<string>();
    for (const name of names) expect(empty.best(name)).toBeUndefined();
    const table = tableOf({ wildcard: names, exact: names });
    for (const name of names) expect(table.all(name)).toEqual([`exact ${name}`, `wildcard ${name}`]);
  });
});

describe('remembered results', () => {
  it('are not believed after a change', () => {
    const table = tableOf({ wildcard: ['a.'] });
    expect(table.best('a.b')).toBe('wildcard a.');
    expect(table.best('c')).toBeUndefined();
    table.set('prefix', 'a', 'prefix a');
    expect(table.best('a.b')).toBe('prefix a');
    table.set('exact', 'a.b', 'exact a.b');
    expect(table.best('a.b')).toBe('exact a.b');
    expect(table.all('a.b')).toEqual(['exact a.b', 'prefix a', 'wildcard a.']);
    table.delete('exact', 'a.b');
    expect(table.best('a.b')).toBe('prefix a');
    expect(table.all('a.b')).toEqual(['prefix a', 'wildcard a.']);
    table.delete('prefix', 'a');
    table.delete('wildcard', 'a.');
    expect(table.best('a.b')).toBeUndefined();
    expect(table.all('a.b')).toEqual([]);
    table.set('wildcard', '', 'wildcard ');
    expect(table.best('c')).toBe('wildcard ');
  });

  it('are the same list for the same URI, as long as nothing changes', () => {
    const table = tableOf({ exact: ['a'], prefix: ['a'] });
    const first = table.all('a');
    expect(table.all('a')).toBe(first);
    table.set('exact', 'unrelated', 'exact unrelated');
    expect(table.all('a')).toBe(first);
    table.delete('prefix', 'a');
    expect(table.all('a')).not.toBe(first);
  });

  it('stay right when more URIs are asked for than are remembered, and when URIs are very long', () => {
    const table = tableOf({ prefix: ['a'], wildcard: ['b.'] });
    const long = `a.${'x'.repeat(5000)}`;
    for (let round = 0; round < 2; round++) {
      const wrong: string[] = [];
      for (let n = 0; n < 5_000; n++) {
        if (table.best(`a.${n}`) !== 'prefix a') wrong.push(`a.${n}`);
        if (table.best('b.hot') !== 'wildcard b.') wrong.push('b.hot');
        if (table.all(`b.${n}`).join() !== 'wildcard b.') wrong.push(`b.${n}`);
      }
      expect(wrong).toEqual([]);
      expect(table.best(long)).toBe('prefix a');
      expect(table.all(long)).toEqual(['prefix a']);
    }
  });

  it('do not include lists that are longer than it pays to keep', () => {
    const prefixes = Array.from({ length: 100 }, (_, n) => 'a'.repeat(n));
    const table = tableOf({ prefix: prefixes });
    const uri = 'a'.repeat(100);
    expect(table.all(uri)).toHaveLength(100);
    expect(table.all(uri)).not.toBe(table.all(uri));
  });
});

describe('any table', () => {
  const component = fc.constantFrom('a', 'b', 'ab', 'abc', 'ü', 'a-b');
  const uri = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const prefix = fc.tuple(uri, fc.nat(14)).map(([text, length]) => text.slice(0, length));
  const wildcard = fc
    .array(fc.oneof(component, fc.constant('')), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('.'));
  const entry: fc.Arbitrary<Entry> = fc.oneof(
    uri.map((text) => ({ match: 'exact' as const, uri: text })),
    prefix.map((text) => ({ match: 'prefix' as const, uri: text })),
    wildcard.map((text) => ({ match: 'wildcard' as const, uri: text })),
  );
  const keyOf = (e: Entry): string => `${e.match} ${e.uri}`;

  it('PATTERN-034: answers like the brute-force reference, while it grows and shrinks', () => {
    const step = fc.record({ entry, isAdded: fc.boolean(), asked: fc.array(uri, { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(uri), (steps, finallyAsked) => {
        const table = new UriTable<string>();
        const present = new Map<string, Entry>();
        const check = (asked: string): void => {
          const entries = [...present.values()];
          const best = referenceBest(entries, asked);
          expect(table.best(asked)).toBe(best === undefined ? undefined : keyOf(best));
          expect(table.all(asked)).toEqual(reference(entries, asked).map(keyOf));
        };
        for (const { entry: e, isAdded, asked } of steps) {
          if (isAdded) {
            table.set(e.match, e.uri, keyOf(e));
            present.set(keyOf(e), e);
          } else {
            expect(table.delete(e.match, e.uri)).toBe(present.delete(keyOf(e)));
          }
          expect(table.size).toBe(present.size);
          for (const text of asked) check(text);
        }
        for (const text of finallyAsked) check(text);
        for (const e of present.values()) table.delete(e.match, e.uri);
        present.clear();
        for (const text of finallyAsked) check(text);
      }),
      { numRuns: 400 },
    );
  });

  it('PATTERN-031: does not depend on the order in which entries were added', () => {
    fc.assert(
      fc.property(
        fc
          .uniqueArray(entry, { selector: keyOf, maxLength: 30 })
          .chain((list) =>
            fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
          ),
        fc.array(uri),
        ([list, shuffled], asked) => {
          const [one, other] = [list, shuffled].map((entries) => {
            const table = new UriTable<string>();
            for (const e of entries) table.set(e.match, e.uri, keyOf(e));
            return table;
          });
          for (const text of asked) {
            expect(one!.best(text)).toBe(other!.best(text));
            expect(one!.all(text)).toEqual(other!.all(text));
          }
        },
      ),
    );
  });
});

describe('hostile tables', () => {
  it('PATTERN-032: hold 100,000 patterns of each kind and still find the best', () => {
    const table = new UriTable<number>();
    for (let n = 0; n < 100_000; n++) {
      table.set('prefix', `p.${n}.x`, n);
      table.set('wildcard', `w..${n}`, n);
    }
    for (let n = 0; n < 100_000; n += 7) {
      expect(table.best(`p.${n}.x.tail`)).toBe(n);
      expect(table.best(`w.any.${n}`)).toBe(n);
    }
  });

  it('PATTERN-032: prefixes of 5,000 different lengths cost a look-up no more than the URI is long', () => {
    const table = new UriTable<number>();
    for (let n = 1; n <= 5_000; n++) table.set('prefix', 'a'.repeat(n), n);
    for (let n = 4_950; n <= 5_000; n++) expect(table.best(`${'a'.repeat(n)}b`)).toBe(n);
  });

  it('PATTERN-032: every mixture of literal and wildcard as a dead end is searched in bounded time', () => {
    const depth = 14;
    const table = new UriTable<number>();
    for (let bits = 0; bits < 2 ** depth; bits++) {
      const parts = Array.from({ length: depth }, (_, k) => ((bits >> k) & 1 ? 'x' : ''));
      table.set('wildcard', [...parts, 'end'].join('.'), bits);
    }
    const start = 'x.'.repeat(depth);
    for (let n = 0; n < 50; n++) expect(table.best(`${start}other${n}`)).toBeUndefined();
    expect(table.best(`${start}end`)).toBe(2 ** depth - 1);
    expect(table.all(`${start}end`)).toHaveLength(2 ** depth);
  });

  it('components without end neither overflow a stack nor multiply', () => {
    const table = new UriTable<string>();
    const dots = '.'.repeat(60_000);
    table.set('wildcard', dots, 'all wild');
    for (let at = 1; at < 60_000; at += 600)
      table.set('wildcard', `${'.'.repeat(at)}x${dots.slice(at)}`, 'x');
    const uri = `a${'.a'.repeat(60_000)}`;
    expect(table.best(uri)).toBe('all wild');
    expect(table.best(`a${'.x'.repeat(60_000)}`)).toBe('x');
    expect(table.best(uri.slice(2))).toBeUndefined();
  });
});
