import { describe, expect, it } from 'vitest';
import { FailureTable } from './failure-table.js';
import { LoginLimiter } from './login-limiter.js';

const LIMITS = {
  loginFailuresPerIdentity: 3,
  loginFailuresPerAddress: 10,
  loginFailuresBeforeDelay: 5,
  loginDelayMs: 2_000,
  loginWindowMs: 60_000,
  loginTableSize: 100,
};

function limiterAt(): { limiter: LoginLimiter; pass: (ms: number) => void } {
  let now = 1_000_000;
  return { limiter: new LoginLimiter(LIMITS, () => now), pass: (ms) => (now += ms) };
}

const fail = (limiter: LoginLimiter, address: string, authid: string, times: number): void => {
  for (let n = 0; n < times; n += 1) limiter.attempt(address, 'realm1', authid).failed();
};

const waits = (limiter: LoginLimiter, address: string | undefined, authid?: string): number =>
  limiter.attempt(address, 'realm1', authid).blockedMs();

describe('the limiter of logins', () => {
  it('refuses an identity from an address after some failures, and lets it try again later', () => {
    const { limiter, pass } = limiterAt();
    fail(limiter, 'here', 'joe', 2);
    expect(waits(limiter, 'here', 'joe')).toBe(0);
    fail(limiter, 'here', 'joe', 1);
    expect(waits(limiter, 'here', 'joe')).toBe(20_000);
    expect(waits(limiter, 'here', 'jim')).toBe(0);
    expect(limiter.attempt('here', 'realm2', 'joe').blockedMs()).toBe(0);
    pass(20_000);
    expect(waits(limiter, 'here', 'joe')).toBe(0);
    fail(limiter, 'here', 'joe', 1);
    expect(waits(limiter, 'here', 'joe')).toBeGreaterThan(0);
  });

  it('strangers do not lock the owner out, at a known or at a new address', () => {
    const { limiter } = limiterAt();
    limiter.attempt('home', 'realm1', 'joe').succeeded();
    for (let n = 0; n < 50; n += 1) fail(limiter, `elsewhere ${n}`, 'joe', 3);
    expect(waits(limiter, 'home', 'joe')).toBe(0);
    expect(limiter.attempt('home', 'realm1', 'joe').delayMs()).toBe(0);
    // At a new address the owner has to wait a moment, as the strangers have.
    expect(waits(limiter, 'hotel', 'joe')).toBe(0);
    expect(limiter.attempt('hotel', 'realm1', 'joe').delayMs()).toBe(2_000);
    expect(limiter.attempt('hotel', 'realm1', 'jim').delayMs()).toBe(0);
  });

  it('an address that tries many identities is refused, but not those who are known there', () => {
    const { limiter } = limiterAt();
    limiter.attempt('office', 'realm1', 'joe').succeeded();
    for (let n = 0; n < 10; n += 1) fail(limiter, 'office', `guess ${n}`, 1);
    expect(waits(limiter, 'office', 'jim')).toBe(6_000);
    expect(waits(limiter, 'office')).toBe(6_000);
    expect(waits(limiter, 'office', 'joe')).toBe(0);
    expect(waits(limiter, 'home', 'jim')).toBe(0);
  });

  it('success forgives the mistakes before it', () => {
    const { limiter } = limiterAt();
    fail(limiter, 'here', 'joe', 2);
    limiter.attempt('here', 'realm1', 'joe').succeeded();
    fail(limiter, 'here', 'joe', 2);
    expect(waits(limiter, 'here', 'joe')).toBe(0);
  });

  it('peers without address are not limited', () => {
    const { limiter } = limiterAt();
    for (let n = 0; n < 100; n += 1) limiter.attempt(undefined, 'realm1', 'joe').failed();
    expect(waits(limiter, undefined, 'joe')).toBe(0);
  });

  it('names cannot be chosen so that two logins are mixed up', () => {
    const { limiter } = limiterAt();
    for (let n = 0; n < 3; n += 1) limiter.attempt('here', 'a","b', 'c').failed();
    expect(limiter.attempt('here', 'a', 'b","c').blockedMs()).toBe(0);
  });
});

it('a table of failures forgets what has been left alone for longest', () => {
  const table = new FailureTable(1, 60_000, 2);
  for (const key of ['a', 'b', 'a', 'c']) table.add(key, 0);
  expect(['a', 'b', 'c'].map((key) => table.waitMs(key, 0) > 0)).toEqual([true, false, true]);
});
