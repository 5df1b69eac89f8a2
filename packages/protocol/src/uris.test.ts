import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatchPolicy } from './options.js';
import { isReservedUri, isValidUri, MAX_URI_LENGTH, type UriRule } from './uris.js';

/** The regular expressions of the specification; `\s` is JavaScript's, and control characters are refused besides. */
const GRAMMAR: Record<MatchPolicy, Record<UriRule, RegExp>> = {
  exact: { loose: /^([^\s.#]+\.)*([^\s.#]+)$/, strict: /^([0-9a-z_]+\.)*([0-9a-z_]+)$/ },
  prefix: { loose: /^([^\s.#]+\.)*([^\s.#]*)$/, strict: /^([0-9a-z_]+\.)*([0-9a-z_]*)$/ },
  wildcard: { loose: /^(([^\s.#]+\.)|\.)*([^\s.#]+)?$/, strict: /^(([0-9a-z_]+\.)|\.)*([0-9a-z_]+)?$/ },
};
const hasControlCharacter = (uri: string): boolean =>
  Array.from({ length: uri.length }, (_, at) => uri.charCodeAt(at)).some((code) => code < 0x20);
const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];
const RULES: readonly UriRule[] = ['loose', 'strict'];

describe('isValidUri (URI-001…007, URI-019)', () => {
  it.each(['', '.', 'a..b', '.a', 'a.', 'a..', '..'])(
    'URI-001, URI-007: %j has an empty component and is no exact URI',
    (uri) => {
      expect(isValidUri(uri, 'exact', 'loose')).toBe(false);
      expect(isValidUri(uri, 'exact', 'strict')).toBe(false);
    },
  );

  it.each(['a b', 'a.\tb', 'a#b', 'a.b\n', '\u00a0', 'a.\ufeffb', '\u2003a', 'a\u0000', '#', 'a\u001f.b'])(
    'URI-002: %j has whitespace, a control character or # and is refused for every use',
    (uri) => {
      for (const match of POLICIES) {
        for (const rule of RULES) expect(isValidUri(uri, match, rule)).toBe(false);
      }
    },
  );

  it('URI-003: the loose rule admits capitals, signs and letters of any language', () => {
    for (const match of POLICIES) {
      expect(isValidUri('A.b-c/ü:1', match, 'loose')).toBe(true);
      expect(isValidUri('com.例え.\u{1f600}', match, 'loose')).toBe(true);
    }
  });

  it.each(['A.b', 'a-b', 'ü', 'a/b', 'a.b:c', '\u{1f600}'])('URI-004: the strict rule refuses %j', (uri) => {
    for (const match of POLICIES) expect(isValidUri(uri, match, 'strict')).toBe(false);
  });

  it('URI-004: the strict rule admits lower-case letters, digits and underscores', () => {
    for (const match of POLICIES) expect(isValidUri('com.my_app.v2.0', match, 'strict')).toBe(true);
  });

  it('URI-005: a prefix may have its last component empty, no other', () => {
    for (const rule of RULES) {
      for (const uri of ['', 'a.', 'a.b', 'a.b.']) expect(isValidUri(uri, 'prefix', rule)).toBe(true);
      for (const uri of ['a..b', '.a', 'a..', '.']) expect(isValidUri(uri, 'prefix', rule)).toBe(false);
    }
  });

  it('URI-006: a wildcard pattern may have any component empty', () => {
    for (const rule of RULES) {
      for (const uri of ['', '.', '..', 'a..b', '.a', 'a.', 'a.b', 'a...b']) {
        expect(isValidUri(uri, 'wildcard', rule)).toBe(true);
      }
    }
  });

  it('says the same as the regular expressions of the specification', () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('a', 'b', '_', '0', '.', '..') },
      { weight: 1, arbitrary: fc.constantFrom('A', '-', '#', ' ', '\t', '\n', '\r\n', '\u00a0', '\u0085') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (uri) => {
        const uses = POLICIES.flatMap((match) => RULES.map((rule) => ({ match, rule })));
        const isAdmitted = !hasControlCharacter(uri);
        expect(uses.map(({ match, rule }) => isValidUri(uri, match, rule))).toEqual(
          uses.map(({ match, rule }) => isAdmitted && GRAMMAR[match][rule].test(uri)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('says the same as the regular expressions for every single character of the basic plane', () => {
    const differing: string[] = [];
    for (let code = 0; code < 0x10000; code++) {
      const uri = `a${String.fromCharCode(code)}b`;
      for (const rule of RULES) {
        const expected = GRAMMAR.exact[rule].test(uri) && !hasControlCharacter(uri);
        if (isValidUri(uri, 'exact', rule) !== expected) differing.push(`${code.toString(16)} ${rule}`);
      }
    }
    expect(differing).toEqual([]);
  });

  it('URI-019: the longest URIs, of any shape, are judged in one pass', () => {
    const size = MAX_URI_LENGTH;
    expect(isValidUri('a.'.repeat(size / 2), 'exact', 'loose')).toBe(false);
    expect(isValidUri('a'.repeat(size), 'exact', 'strict')).toBe(true);
    expect(isValidUri('.'.repeat(size), 'wildcard', 'strict')).toBe(true);
    expect(isValidUri(`${'a.'.repeat(size / 2 - 1)} `, 'prefix', 'loose')).toBe(false);
    expect(isValidUri(`${'a'.repeat(size - 1)}#`, 'wildcard', 'loose')).toBe(false);
  });

  it.each(['exact', 'prefix', 'wildcard'] as const)('URI-019: one of 64 KiB is no URI (%s)', (match) => {
    expect(isValidUri('a'.repeat(64 * 1024), match, 'loose')).toBe(false);
    expect(isValidUri('a'.repeat(MAX_URI_LENGTH + 1), match, 'loose')).toBe(false);
  });
});

describe('isReservedUri (URI-015)', () => {
  it.each(['wamp', 'wamp.', 'wamp.foo', 'wamp..x', 'wamp.session.on_join'])(
    'URI-010, URI-011: %s belongs to the protocol',
    (uri) => expect(isReservedUri(uri)).toBe(true),
  );

  it.each(['wampx.foo', 'com.wamp.foo', 'WAMP.foo', 'wam', '', 'w', '.wamp'])(
    'URI-015: %j is an ordinary URI',
    (uri) => expect(isReservedUri(uri)).toBe(false),
  );
});
