import { describe, expect, it } from 'vitest';
import { ProtocolViolation } from './protocol-violation.js';

describe('ProtocolViolation', () => {
  it('is an error with a code and a sentence', () => {
    const violation = new ProtocolViolation('wrong_length', 'CALL has 2 elements');
    expect(violation).toBeInstanceOf(Error);
    expect(violation).toMatchObject({ name: 'ProtocolViolation', code: 'wrong_length' });
    expect(violation.message).toBe('CALL has 2 elements');
    expect(ProtocolViolation.is(violation)).toBe(true);
  });

  it('is recognised when it comes from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), {
      code: 'malformed',
      [Symbol.for('@wamp/protocol/ProtocolViolation')]: true,
    });
    expect(ProtocolViolation.is(foreign)).toBe(true);
  });

  it('is not taken for something else', () => {
    for (const value of [new Error('x'), null, undefined, 'ProtocolViolation', { code: 'malformed' }]) {
      expect(ProtocolViolation.is(value)).toBe(false);
    }
  });

  it('does not show its brand to whoever lists its properties', () => {
    expect(Object.keys(new ProtocolViolation('malformed', 'x'))).toEqual(['name', 'code']);
  });
});
