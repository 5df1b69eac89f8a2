import { Router } from '@wamp/router';
import { expect, it } from 'vitest';
import { leftovers, runTraffic } from './leak-traffic.fixture.js';

const makeRouter = (): Router =>
  new Router({ realms: { realm1: { dealerLimits: { queuedCallsPerRegistration: 20 } } } });

it('after 2,000 calls that end in every way nothing stays in the tables of the router', async () => {
  const router = makeRouter();
  const { registrations } = router.stats().realms.get('realm1')!;
  const tally = await runTraffic(router, 2_000, 1);
  expect(tally.faults).toEqual([]);
  expect(leftovers(router)).toEqual([]);
  // What is left are the procedures of the router itself.
  expect(router.stats().realms.get('realm1')!.registrations).toBe(registrations);
  // A run in which nothing happens would show nothing.
  for (const uri of ['wamp.error.canceled', 'wamp.error.timeout', 'leak.error.failed']) {
    expect(tally.errors.get(uri), uri).toBeGreaterThan(20);
  }
  expect(tally.results).toBeGreaterThan(500);
  expect(
    Math.min(tally.progress, tally.abandoned, tally.interrupts, tally.cuts, tally.goodbyes),
  ).toBeGreaterThan(0);
  await router.close();
});

it('what stands in the tables is told', async () => {
  const router = makeRouter();
  await runTraffic(router, 10, 2);
  router.openTransport().open({
    receive: () => undefined,
    violated: () => undefined,
    drained: () => undefined,
    closed: () => undefined,
  });
  expect(leftovers(router)).toEqual(['1 handshakes']);
  await router.close();
});
