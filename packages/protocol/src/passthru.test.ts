import { describe, expect, it } from 'vitest';
import { EMPTY_DICT } from './dict.js';
import { copyPassthru, describesPayload, isPassthru } from './passthru.js';

describe('payload passthru mode', () => {
  it('PPT-012: is in use if there is a scheme that is not empty', () => {
    expect(isPassthru({ ppt_scheme: 'x_mine' })).toBe(true);
    expect(isPassthru({ ppt_scheme: '' })).toBe(false);
    expect(isPassthru({ ppt_serializer: 'cbor' })).toBe(false);
    expect(isPassthru(EMPTY_DICT)).toBe(false);
  });

  it('payload transparency describes the payload too, and is no passthru', () => {
    const options = { enc_algo: 'cryptobox', enc_key: 'k', enc_serializer: 'cbor' };
    expect(isPassthru(options)).toBe(false);
    expect(describesPayload(options)).toBe(true);
    expect(describesPayload({ ppt_scheme: 'wamp' })).toBe(true);
    expect(describesPayload({ timeout: 1 })).toBe(false);
    const to = {};
    copyPassthru(options, to);
    expect(to).toEqual(options);
  });

  it('copies its attributes and nothing else', () => {
    const to = { progress: true };
    copyPassthru({ ppt_scheme: 'wamp', ppt_keyid: 'k', timeout: 5, ppt_other: 1 }, to);
    expect(to).toEqual({ progress: true, ppt_scheme: 'wamp', ppt_keyid: 'k' });
  });
});
