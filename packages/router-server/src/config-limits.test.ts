import { DEFAULT_BROKER_LIMITS, DEFAULT_DEALER_LIMITS, DEFAULT_LIMITS } from '@wamp/router';
import { describe, expect, it } from 'vitest';
import { brokerLimitsOf, dealerLimitsOf, LIMITS, routerLimitsOf } from './config-limits.js';

describe('the limits of a configuration', () => {
  const limits = LIMITS.parse({});

  it("are all that sessions, calls and publications have, with the router's defaults, except one that only concerns programs", () => {
    // A configuration names its realms; only a program has realms made on demand.
    expect(routerLimitsOf(limits)).toEqual({ ...DEFAULT_LIMITS, realms: undefined });
    expect(dealerLimitsOf(limits)).toEqual(DEFAULT_DEALER_LIMITS);
    expect(brokerLimitsOf(limits)).toEqual(DEFAULT_BROKER_LIMITS);
  });
});
