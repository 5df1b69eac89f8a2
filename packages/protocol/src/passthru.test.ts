import { describe, expect, it } from 'vitest';
import { EMPTY_DICT } from './dict.js';
import { copyPassthru, isPassthru } from './passthru.js';

describe('payload passthru mode', () => {
  it('PPT-012: is in use if there is a scheme that is not empty', () => {
    expect(isPassthru({ ppt_scheme: 'x_mine' })).toBe(true);
    expect(isPassthru({ ppt_scheme: '' })).toBe(false);
    expect(isPassthru({ ppt_serializer: 'cbor' })).toBe(false);
    expect(isPassthru(EMPTY_DICT)).toBe(false);
  });

  it('copies its attributes and nothing else', () => {
    const to = { progress: true };
    copyPassthru({ ppt_scheme: 'wamp', ppt_keyid: 'k', timeout: 5, ppt_other: 1 }, to);
    expect(to).toEqual({ progress: true, ppt_scheme: 'wamp', ppt_keyid: 'k' });
  });
});
