import { UriTable, type MatchPolicy } from '@wamp/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Authorizer, Decision } from './authorization.js';
import type { PermissionOptions } from './role-options.js';
import { Role } from './role.js';
import type { SessionInfo } from './session-info.js';

const NOBODY = {} as SessionInfo;

const roleOf = (permissions: readonly PermissionOptions[], authorizer?: Authorizer): Role =>
  new Role({ name: 'r', permissions, ...(authorizer !== undefined && { authorizer }) }, (reference) => {
    if (typeof reference === 'string') throw new Error('no procedures here');
    return reference;
  });

const asks = (
  role: Role,
  uri: string,
  match: MatchPolicy = 'exact',
  action = 'subscribe' as const,
): unknown => role.authorize(NOBODY, action, uri, match);

const allow = (uri: string, match?: MatchPolicy): PermissionOptions => ({
  uri,
  match,
  allow: { subscribe: true },
});
const deny = (uri: string, match?: MatchPolicy): PermissionOptions => ({ uri, match });

describe('a role', () => {
  it('denies what no permission is about, and each action on its own', () => {
    const role = roleOf([{ uri: 'a.b', allow: { call: true } }]);
    expect(role.authorize(NOBODY, 'call', 'a.b', 'exact')).toBe('allowed');
    expect(role.authorize(NOBODY, 'register', 'a.b', 'exact')).toBe('denied');
    expect(role.authorize(NOBODY, 'call', 'a.c', 'exact')).toBe('denied');
  });

  it('the most specific permission counts: exact, then the longest prefix, then wildcards', () => {
    const role = roleOf([
      deny('', 'prefix'),
      allow('a.', 'prefix'),
      deny('a.b.', 'prefix'),
      allow('a.b.c'),
      allow('x..z', 'wildcard'),
    ]);
    expect(asks(role, 'q')).toBe('denied');
    expect(asks(role, 'a.q')).toBe('allowed');
    expect(asks(role, 'a.b.q')).toBe('denied');
    expect(asks(role, 'a.b.c')).toBe('allowed');
    expect(asks(role, 'x.y.z')).toBe('denied');
  });

  it('a star at the end is a prefix, as Crossbar.io writes it', () => {
    const role = roleOf([allow('a.b.*'), allow('*')]);
    expect(asks(role, 'a.b.c')).toBe('allowed');
    expect(asks(roleOf([allow('a.*', 'prefix')]), 'a.b')).toBe('denied');
  });

  it('disclosure comes with permission to call and to publish', () => {
    const all = { call: true, publish: true, register: true, subscribe: true };
    const role = roleOf([{ uri: 'a', allow: all, disclose: { caller: true, publisher: true } }]);
    const decisions = (['call', 'publish', 'register', 'subscribe'] as const).map((action) =>
      role.authorize(NOBODY, action, 'a', 'exact'),
    );
    expect(decisions).toEqual([
      { allow: true, disclose: true },
      { allow: true, disclose: true },
      'allowed',
      'allowed',
    ]);
  });

  it.each<[readonly PermissionOptions[], string]>([
    [[allow('a'), deny('a')], 'the role r has two permissions for exact "a"'],
    [[allow('a b')], 'the role r has a permission for exact "a b", which is not valid'],
    [[allow('a..b')], 'the role r has a permission for exact "a..b", which is not valid'],
  ])('is refused for permissions that are wrong', (permissions, sentence) => {
    expect(() => roleOf(permissions)).toThrow(sentence);
  });
});

describe('AUTHZ-006: a pattern', () => {
  it('needs a permission that covers all of it', () => {
    const role = roleOf([allow('a.', 'prefix'), allow('x..z', 'wildcard'), allow('q')]);
    expect(asks(role, 'a.', 'prefix')).toBe('allowed');
    expect(asks(role, 'a.b', 'prefix')).toBe('allowed');
    expect(asks(role, 'a', 'prefix')).toBe('denied');
    expect(asks(role, '', 'prefix')).toBe('denied');
    expect(asks(role, 'a..', 'wildcard')).toBe('allowed');
    expect(asks(role, 'x..z', 'wildcard')).toBe('allowed');
    expect(asks(role, 'x.y.z', 'wildcard')).toBe('allowed');
    expect(asks(role, '..z', 'wildcard')).toBe('denied');
    expect(asks(role, 'q', 'prefix')).toBe('denied');
  });

  it('is denied if part of it is, whatever the part looks like', () => {
    const everything = [allow('', 'prefix')];
    expect(asks(roleOf([...everything, deny('a.secret')]), 'a.', 'prefix')).toBe('denied');
    expect(asks(roleOf([...everything, deny('a.secret.', 'prefix')]), 'a..x', 'wildcard')).toBe('denied');
    expect(asks(roleOf([...everything, deny('a.secret')]), 'b.', 'prefix')).toBe('allowed');
    expect(asks(roleOf([...everything, deny('.secret', 'wildcard')]), 'a.', 'prefix')).toBe('allowed');
    expect(asks(roleOf([allow('a', 'prefix'), deny('.secret', 'wildcard')]), 'a', 'prefix')).toBe('denied');
    const wild = [allow('a..', 'wildcard'), deny('a.b.', 'wildcard')];
    expect(asks(roleOf(wild), 'a..', 'wildcard')).toBe('denied');
    expect(asks(roleOf(wild), 'a.c.', 'wildcard')).toBe('allowed');
    expect(asks(roleOf([allow('a..', 'wildcard'), deny('.b.', 'wildcard')]), 'a..', 'wildcard')).toBe(
      'allowed',
    );
  });

  // Small enough that every URI can be looked at.
  const COMPONENTS = ['a', 'b', 'ab'];
  const URIS = COMPONENTS.flatMap((one) => [
    one,
    ...COMPONENTS.flatMap((two) => [`${one}.${two}`, ...COMPONENTS.map((three) => `${one}.${two}.${three}`)]),
  ]);
  const patternUri = fc.oneof(
    fc.tuple(fc.constantFrom(...URIS), fc.nat(7)).map(([uri, to]) => ['prefix', uri.slice(0, to)] as const),
    fc
      .array(fc.constantFrom(...COMPONENTS, ''), { minLength: 1, maxLength: 3 })
      .map((parts) => ['wildcard', parts.join('.')] as const),
  );
  const rule = fc
    .tuple(
      fc.oneof(
        patternUri,
        fc.constantFrom(...URIS).map((uri) => ['exact', uri] as const),
      ),
      fc.boolean(),
    )
    .map(([[match, uri], isAllowed]) => (isAllowed ? allow(uri, match) : deny(uri, match)));
  const rules = fc.uniqueArray(rule, {
    maxLength: 8,
    selector: ({ match, uri }) => `${match} ${uri}`,
  });

  it('never fails open: what it lets in, every single URI is let in', () => {
    let allowed = 0;
    fc.assert(
      fc.property(rules, patternUri, (permissions, [match, uri]) => {
        const role = roleOf(permissions);
        if (asks(role, uri, match) !== 'allowed') return;
        allowed += 1;
        const table = new UriTable<boolean>();
        table.set(match, uri, true);
        const denied = URIS.filter((each) => table.best(each) === true && asks(role, each) !== 'allowed');
        expect(denied).toEqual([]);
      }),
      { numRuns: 5_000, seed: 61_220 },
    );
    expect(allowed).toBeGreaterThan(300);
  });

  it('is not let in by an authorizer that is asked about other URIs', async () => {
    const yes: Authorizer = { authorize: (): Promise<Decision> => Promise.resolve('allowed') };
    const role = roleOf([deny('a.secret'), { uri: 'b.', match: 'prefix', authorizer: yes }], yes);
    expect(await asks(role, 'c', 'prefix')).toBe('allowed');
    expect(await asks(role, 'b.', 'prefix')).toBe('allowed');
    expect(await asks(role, 'a.', 'prefix')).toBe('denied');
    // What "b." is about, only its own authorizer may decide.
    expect(await asks(role, '', 'prefix')).toBe('denied');
  });
});
