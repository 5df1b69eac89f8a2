import { expect, it } from 'vitest';
import { isSameBytes, isSecret, secretFingerprint } from './secrets.js';

it('byte strings are the same if every byte is', () => {
  expect(isSameBytes(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3))).toBe(true);
  expect(isSameBytes(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4))).toBe(false);
  expect(isSameBytes(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2))).toBe(false);
  expect(isSameBytes(new Uint8Array(), new Uint8Array())).toBe(true);
});

it('a secret is known by its fingerprint', () => {
  const fingerprint = secretFingerprint('grün');
  expect(isSecret('grün', fingerprint)).toBe(true);
  expect(isSecret('grun', fingerprint)).toBe(false);
  expect(isSecret('', fingerprint)).toBe(false);
});
