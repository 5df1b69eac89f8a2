import { UriTable, type MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, outranks, overlaps, type Pattern } from './pattern-relations.js';

const p = (match: MatchPolicy, uri: string): Pattern => ({ match, uri });

describe('covers', () => {
  it.each<[Pattern, Pattern, boolean]>([
    [p('prefix', 'a.'), p('prefix', 'a.b'), true],
    [p('prefix', 'a.b'), p('prefix', 'a.'), false],
    [p('prefix', ''), p('prefix', ''), true],
    [p('prefix', 'a.b.'), p('wildcard', 'a.b..d'), true],
    [p('prefix', 'a.b.'), p('wildcard', 'a.b.'), true],
    [p('prefix', 'a.b'), p('wildcard', 'a..c'), false],
    [p('prefix', 'a.'), p('wildcard', '.b'), false],
    [p('wildcard', 'a..c'), p('wildcard', 'a.b.c'), true],
    [p('wildcard', 'a..c'), p('wildcard', 'a..'), false],
    [p('wildcard', '..'), p('prefix', 'a.'), false],
    [p('exact', 'a.b'), p('prefix', 'a.b'), false],
    [p('exact', 'a.b'), p('exact', 'a.b'), true],
    [p('wildcard', 'a..c'), p('exact', 'a.b.c'), true],
  ])('%o of %o: %s', (rule, asked, expected) => {
    expect(covers(rule, asked)).toBe(expected);
  });
});

// Small enough that every URI can be looked at.
const COMPONENTS = ['a', 'b', 'ab'];
const URIS = COMPONENTS.flatMap((one) => [
  one,
  ...COMPONENTS.flatMap((two) => [`${one}.${two}`, ...COMPONENTS.map((three) => `${one}.${two}.${three}`)]),
]);

const component = fc.constantFrom(...COMPONENTS, '');
const pattern: fc.Arbitrary<Pattern> = fc.oneof(
  fc.constantFrom(...URIS).map((uri) => p('exact', uri)),
  fc.tuple(fc.constantFrom(...URIS), fc.nat(7)).map(([uri, length]) => p('prefix', uri.slice(0, length))),
  fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => p('wildcard', parts.join('.'))),
);

function matched(one: Pattern): Set<string> {
  const table = new UriTable<boolean>();
  table.set(one.match, one.uri, true);
  return new Set(URIS.filter((uri) => table.best(uri) === true));
}

const settings = { numRuns: 2_000, seed: 20_261 };

describe('agrees with the table by which calls are matched', () => {
  it('what covers, matches all', () => {
    fc.assert(
      fc.property(pattern, pattern, (rule, asked) => {
        fc.pre(covers(rule, asked));
        const ours = matched(rule);
        expect([...matched(asked)].filter((uri) => !ours.has(uri))).toEqual([]);
      }),
      settings,
    );
  });

  it('what does not overlap, has nothing in common', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        expect(overlaps(one, other)).toBe(overlaps(other, one));
        fc.pre(!overlaps(one, other));
        const theirs = matched(other);
        expect([...matched(one)].filter((uri) => theirs.has(uri))).toEqual([]);
      }),
      settings,
    );
  });

  it('what outranks, is the best match wherever both match', () => {
    fc.assert(
      fc.property(pattern, pattern, pattern, (winner, loser, asked) => {
        fc.pre(covers(winner, asked) && outranks(winner, loser, asked));
        fc.pre(winner.match !== loser.match || winner.uri !== loser.uri);
        const table = new UriTable<string>();
        table.set(winner.match, winner.uri, 'winner');
        table.set(loser.match, loser.uri, 'loser');
        for (const uri of matched(asked)) expect(table.best(uri)).toBe('winner');
      }),
      settings,
    );
  });
});
