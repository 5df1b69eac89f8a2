import { expect, it } from 'vitest';
import { isSameToken, makeToken, readReplacement } from './session-token.js';

it('a token is 192 bits in base64url', () => {
  let next = 0;
  const token = makeToken(() => (next += 0x9e3779b9) >>> 0);
  expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(makeToken(() => 0)).toBe('A'.repeat(32));
  expect(makeToken(() => 0xffffffff)).toBe('_'.repeat(32));
});

it('every number of the source matters', () => {
  for (let changed = 0; changed < 7; changed += 1) {
    let drawn = 0;
    expect(makeToken(() => (drawn++ === changed ? 1 : 0))).not.toBe('A'.repeat(32));
  }
});

it('only the same token is the same', () => {
  expect(isSameToken('abc', 'abc')).toBe(true);
  for (const other of ['abd', 'bbc', 'ab', 'abcd', 'abcabc', '']) {
    expect(isSameToken('abc', other)).toBe(false);
    expect(isSameToken(other, 'abc')).toBe(false);
  }
});

it.each([
  undefined,
  null,
  'x',
  [],
  {},
  { session: 1 },
  { token: 'x' },
  { session: 0, token: 'x' },
  { session: '1', token: 'x' },
  { session: 1, token: '' },
  { session: 1, token: 7 },
])('what names no session and token is no replacement: %j', (value) => {
  expect(readReplacement({ x_replaces: value })).toBeUndefined();
});

it('a session and a token are one', () => {
  expect(readReplacement({ x_replaces: { session: 7, token: 'x', more: 1 } })).toEqual({
    session: 7,
    token: 'x',
  });
});
