import { describe, expect, it } from 'vitest';
import { canonicalErrorUri, CloseUri, ErrorUri } from './error-uris.js';
import { isValidUri } from './uris.js';

describe('predefined URIs', () => {
  it('are all different and valid by the strict rule', () => {
    const uris = [...Object.values(ErrorUri), ...Object.values(CloseUri)];
    expect(new Set(uris).size).toBe(uris.length);
    for (const uri of uris) expect(isValidUri(uri, 'exact', 'strict')).toBe(true);
  });
});

describe('canonicalErrorUri', () => {
  it.each([
    ['wamp.error.cancelled', 'wamp.error.canceled'],
    ['wamp.error.disclose_me.not_allowed', 'wamp.error.option_disallowed.disclose_me'],
    ['wamp.error.authorization_denied', 'wamp.error.not_authorized'],
  ])('turns the variant %s into %s', (variant, canonical) => {
    expect(canonicalErrorUri(variant)).toBe(canonical);
    expect(canonicalErrorUri(canonical)).toBe(canonical);
  });

  it('leaves other URIs alone', () => {
    for (const uri of ['com.example.error', 'wamp.error.timeout', '__proto__', '']) {
      expect(canonicalErrorUri(uri)).toBe(uri);
    }
  });
});
