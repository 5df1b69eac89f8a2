import { describe, expect, it } from 'vitest';
import { EMPTY_DICT } from './dict.js';
import { MAX_ID } from './ids.js';
import { checkOptions, OPTION_RULES } from './options.js';
import { ProtocolViolation } from './protocol-violation.js';

type Table = keyof typeof OPTION_RULES;
const trail = [{ session: 1, authid: 'a', authrole: null }, { session: 0 }];
const texts = { good: ['', 'a', 'ü'], bad: [1, true, ['a'], {}] };
const bools = { good: [true, false], bad: [0, 1, 'true'] };
const naturals = { good: [0, 1, 2 ** 40, 5.0], bad: [-1, 1.5, '1', NaN, Infinity] };
const ids = { good: [1, MAX_ID], bad: [0, -1, 1.5, MAX_ID + 2, '1'] };
const idLists = { good: [[], [1, 2, MAX_ID]], bad: [[0], [1, '2'], ['a'], 1, { 0: 1 }] };
const textLists = { good: [[], ['a', '']], bad: [[1], ['a', null], 'a', {}] };
const optionalTexts = { good: ['a', null], bad: [1, false, []] };
const trails = { good: [[], trail], bad: [[1], [{}], [{ session: 'a' }], [{ session: 1, authid: 1 }], {}] };

const CASES: readonly (readonly [Table, string, { good: readonly unknown[]; bad: readonly unknown[] }])[] = [
  ['hello', 'roles', { good: [{}, { caller: {} }, { singer: 5 }], bad: [[], 1, 'caller', { caller: 5 }] }],
  ['hello', 'authmethods', textLists],
  ['hello', 'authid', optionalTexts],
  ['hello', 'authextra', { good: [{}, null], bad: [[], 1, 'a'] }],
  ['welcome', 'realm', optionalTexts],
  ['closing', 'message', optionalTexts],
  ['publish', 'acknowledge', bools],
  ['publish', 'exclude_me', bools],
  ['publish', 'retain', bools],
  ['publish', 'disclose_me', bools],
  ['publish', 'exclude', idLists],
  ['publish', 'eligible', idLists],
  ['publish', 'exclude_authid', textLists],
  ['publish', 'exclude_authrole', textLists],
  ['publish', 'eligible_authid', textLists],
  ['publish', 'eligible_authrole', textLists],
  ['publish', 'ppt_scheme', texts],
  ['publish', 'transaction_hash', texts],
  ['publish', 'forward_for', trails],
  ['publish', 'enc_algo', { good: ['cryptobox', 'x_mine', null], bad: ['rot13', 1, ''] }],
  ['publish', 'enc_serializer', { good: ['cbor', 'x_mine', null], bad: ['xml', 1, ''] }],
  ['subscribe', 'match', { good: ['exact', 'prefix', 'wildcard'], bad: ['regex', '', 1] }],
  ['subscribe', 'get_retained', bools],
  ['event', 'publisher', ids],
  ['event', 'trustlevel', naturals],
  ['call', 'timeout', naturals],
  ['call', 'receive_progress', bools],
  ['cancel', 'mode', { good: ['skip', 'kill', 'killnowait'], bad: ['abort', 1] }],
  ['interrupt', 'reason', texts],
  ['progress', 'progress', bools],
  ['error', 'ppt_keyid', texts],
  ['register', 'match', { good: ['exact', 'prefix', 'wildcard'], bad: ['glob'] }],
  [
    'register',
    'invoke',
    {
      good: ['single', 'first', 'last', 'roundrobin', 'random', 'least_pending', 'sticky'],
      bad: ['all', '', 1],
    },
  ],
  ['register', 'concurrency', { good: [1, 10], bad: [0, -1, 1.5, '1'] }],
  ['invocation', 'caller', ids],
  ['revocation', 'subscription', ids],
];

describe('checkOptions', () => {
  it.each(CASES)('of %s checks %s', (table, key, { good, bad }) => {
    for (const value of good) {
      const dictionary = { [key]: value };
      expect(checkOptions(dictionary, OPTION_RULES[table], 'X')).toBe(dictionary);
    }
    for (const value of bad) {
      expect(() => checkOptions({ [key]: value }, OPTION_RULES[table], 'X.Options')).toThrow(
        expect.objectContaining({
          code: 'wrong_type',
          message: `X.Options.${key} has a wrong type or value`,
        }) as Error,
      );
    }
  });

  it('throws nothing but a ProtocolViolation', () => {
    let thrown: unknown;
    try {
      checkOptions({ match: 7 }, OPTION_RULES.subscribe, 'SUBSCRIBE.Options');
    } catch (error) {
      thrown = error;
    }
    expect(ProtocolViolation.is(thrown)).toBe(true);
  });

  it('takes a key out that is null or undefined: some clients leave options out that way', () => {
    const dictionary = { match: undefined, get_retained: null, x_mine: null };
    expect(checkOptions(dictionary, OPTION_RULES.subscribe, 'SUBSCRIBE.Options')).toEqual({ x_mine: null });
    expect(Object.keys(dictionary)).toEqual(['x_mine']);
  });

  it('ignores keys that it does not know, also those that every object has', () => {
    const dictionary = { x_mine: 1, constructor: 2, rkey: [], hasOwnProperty: 'a' };
    expect(checkOptions(dictionary, OPTION_RULES.call, 'CALL.Options')).toBe(dictionary);
  });

  it('does not look into the empty dictionary', () => {
    expect(checkOptions(EMPTY_DICT, OPTION_RULES.call, 'CALL.Options')).toBe(EMPTY_DICT);
  });
});
