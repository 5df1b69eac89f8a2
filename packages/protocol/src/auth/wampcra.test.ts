import { describe, expect, it } from 'vitest';
import { deriveWampcraKey, signWampcra, verifyWampcra } from './wampcra.js';

const CHALLENGE =
  '{"nonce":"LHRTC9zeOIrt_9U3","authprovider":"userdb","authid":"peter","timestamp":"2014-06-22T16:36:25.448Z",' +
  '"authrole":"user","authmethod":"wampcra","session":3251278072152162}';

it('AUTH-010: an unsalted secret signs as the specification says', () => {
  const signature = signWampcra('secret1', CHALLENGE);
  expect(signature).toBe('c6m/fH02rQoIaZctMoGK98fg0aotLGXc+c8nyfsdm9w=');
  expect(verifyWampcra('secret1', CHALLENGE, signature)).toBe(true);
});

describe('AUTH-011: a salted secret', () => {
  it.each([
    [100, 16, 'prq7+YkJ1/KlW1X0YczMHw=='],
    [1000, 32, '64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc='],
  ])('is derived with %i iterations to %i bytes', async (iterations, keylen, key) => {
    expect(await deriveWampcraKey('secret1', { salt: 'salt123', iterations, keylen })).toBe(key);
  });

  it('signs with the base64 text of what is derived, not with its bytes', async () => {
    const key = await deriveWampcraKey('secret1', { salt: 'salt123' });
    expect(signWampcra(key, CHALLENGE)).toBe('YoYZFnhrMslRtzwL61peniVgag0dAbPOp0bvmputxQg=');
  });
});

it('a signature of another key, of another challenge, or cut short is none', () => {
  const signature = signWampcra('secret1', CHALLENGE);
  expect(verifyWampcra('secret2', CHALLENGE, signature)).toBe(false);
  expect(verifyWampcra('secret1', `${CHALLENGE} `, signature)).toBe(false);
  expect(verifyWampcra('secret1', CHALLENGE, signature.slice(0, -1))).toBe(false);
  expect(verifyWampcra('secret1', CHALLENGE, '')).toBe(false);
});
