import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Length, readBase64, writeBase64 } from './base64.js';

function written(bytes: Uint8Array): string {
  const into = new Uint8Array(base64Length(bytes.length));
  expect(writeBase64(bytes, into, 0)).toBe(into.length);
  return Buffer.from(into).toString('latin1');
}

describe('base64', () => {
  it('writes and reads what Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(written(bytes)).toBe(text);
        expect(readBase64(`xx${text}`, 2)).toEqual(bytes);
      }),
    );
  });

  it.each([
    'A',
    'AB',
    'ABC',
    '=',
    '==',
    '====',
    'A===',
    'AB=C',
    '=ABC',
    'AA==AA==',
    'AB-_',
    'AB C',
    'ABC\n',
    'ABÄ=',
    'AB===',
  ])('refuses %j', (text) => {
    expect(readBase64(text, 0)).toBeUndefined();
  });
});
