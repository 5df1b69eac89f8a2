import { UriTable, type MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { topicMatcher } from './topic-matcher.js';

const uri = fc.array(fc.constantFrom('', 'a', 'b', 'ab'), { minLength: 1, maxLength: 4 });

describe('a pattern held against topics', () => {
  it('SUBPAT-001, SUBPAT-002: matches what a table with this pattern finds', () => {
    fc.assert(
      fc.property(
        uri,
        uri,
        fc.constantFrom<MatchPolicy>('exact', 'prefix', 'wildcard'),
        (pattern, parts, match) => {
          const [given, topic] = [pattern.join('.'), parts.join('.')];
          const table = new UriTable<true>();
          table.set(match, given, true);
          expect(topicMatcher(given, match)(topic)).toBe(table.all(topic).length === 1);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
