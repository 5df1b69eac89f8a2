import { describe, expect, it } from 'vitest';
import { effectiveTimeout, resolveOptions } from './dealer-options.js';
import { DEFAULT_LIMITS } from './limits.js';

const random = (): number => 0;

describe('dealer options', () => {
  it('have defaults', () => {
    expect(resolveOptions({ random })).toEqual({
      random,
      uriRule: 'loose',
      disclosure: 'on_request',
      defaultTimeoutMs: 0,
      maxTimeoutMs: 0,
      reroute: false,
      limits: DEFAULT_LIMITS,
    });
  });

  it('single limits can be replaced', () => {
    const { limits } = resolveOptions({ random, limits: { callsPerSession: 5 } });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, callsPerSession: 5 });
  });

  it.each([
    [undefined, 0, 0, 0],
    [0, 0, 0, 0],
    [50, 0, 0, 50],
    [undefined, 70, 0, 70],
    [0, 70, 0, 70],
    [500, 70, 100, 100],
    [undefined, 0, 100, 100],
    [30, 70, 100, 30],
  ])(
    'timeout %s with default %d and maximum %d is %d',
    (requested, defaultTimeoutMs, maxTimeoutMs, expected) => {
      expect(effectiveTimeout(requested, resolveOptions({ random, defaultTimeoutMs, maxTimeoutMs }))).toBe(
        expected,
      );
    },
  );
});
