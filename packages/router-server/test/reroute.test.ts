/** Call re-routing from client to client through a running router. */
import { UnavailableError, WampError, type Client, type RegisterOptions } from '@wamp/client';
import { afterEach, describe, expect, it } from 'vitest';
import { RunningRouter } from './integration/running-router.fixture.js';

const PROCEDURE = 'com.example.work';

let running: RunningRouter;
afterEach(async () => {
  await running.stop();
  expect(running.violations).toEqual([]);
  expect(running.failures).toEqual([]);
});

type Answer = (progress: (value: unknown) => boolean) => unknown;

/** A caller, callees that register in this order, and who of them was asked. */
async function scene(
  invoke: RegisterOptions['invoke'],
  answers: readonly Answer[],
  reroute = true,
): Promise<{ caller: Client; asked: number[] }> {
  running = await RunningRouter.start({ router: { realms: { realm1: { reroute } } } });
  const asked: number[] = [];
  for (const [i, answer] of answers.entries()) {
    const callee = await running.client('cbor');
    await callee.register(
      PROCEDURE,
      (_args, invocation) => {
        asked.push(i);
        return answer((value) => invocation.progress(value));
      },
      invoke === undefined ? {} : { invoke },
    );
  }
  return { caller: await running.client('json'), asked };
}

const busy: Answer = () => {
  throw new UnavailableError(['busy']);
};
const works: Answer = () => 'done';

describe('a callee that is unavailable', () => {
  it('REROUTE-001: roundrobin: the next one is asked, the caller sees only its result', async () => {
    const { caller, asked } = await scene('roundrobin', [busy, busy, works]);
    expect(await caller.call(PROCEDURE)).toBe('done');
    expect(asked).toEqual([0, 1, 2]);
  });

  it('REROUTE-002: single: the caller gets no_available_callee', async () => {
    const { caller, asked } = await scene('single', [busy]);
    await expect(caller.call(PROCEDURE)).rejects.toMatchObject({ uri: 'wamp.error.no_available_callee' });
    expect(asked).toEqual([0]);
  });

  it.each(['roundrobin', 'random', 'first', 'last'] as const)(
    'REROUTE-003: %s, all are unavailable: each is asked once, then no_available_callee',
    async (invoke) => {
      const { caller, asked } = await scene(invoke, [busy, busy, busy]);
      await expect(caller.call(PROCEDURE)).rejects.toMatchObject({ uri: 'wamp.error.no_available_callee' });
      expect([...asked].sort((a, b) => a - b)).toEqual([0, 1, 2]);
    },
  );

  it('REROUTE-004: first asks the next later one, last the next earlier one', async () => {
    const first = await scene('first', [busy, busy, works, works]);
    expect(await first.caller.call(PROCEDURE)).toBe('done');
    expect(first.asked).toEqual([0, 1, 2]);
    await running.stop();
    const last = await scene('last', [works, works, busy, busy]);
    expect(await last.caller.call(PROCEDURE)).toBe('done');
    expect(last.asked).toEqual([3, 2, 1]);
  });

  it('REROUTE-006: that has sent progress already: its error is the answer', async () => {
    const begins: Answer = (progress) => {
      progress('part');
      throw new UnavailableError(['too late']);
    };
    const { caller, asked } = await scene('roundrobin', [begins, works]);
    const parts: unknown[] = [];
    const call = caller.call(PROCEDURE, [], { onProgress: (part) => parts.push(part) });
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ uri: 'wamp.error.unavailable', args: ['too late'] });
    expect(parts).toEqual(['part']);
    expect(asked).toEqual([0]);
  });

  it('REROUTE-007: a call that is canceled while it is re-routed ends once', async () => {
    const controller = new AbortController();
    const waits: Answer = () => {
      controller.abort();
      return new Promise((resolve) => setTimeout(resolve, 20, 'late'));
    };
    const { caller, asked } = await scene('roundrobin', [busy, waits, works]);
    const call = caller.call(PROCEDURE, [], { signal: controller.signal });
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.canceled' });
    expect(await caller.call(PROCEDURE)).toBe('done');
    expect(asked.slice(0, 2)).toEqual([0, 1]);
  });

  it('in a realm without re-routing gives its error to the caller', async () => {
    const { caller, asked } = await scene('roundrobin', [busy, works], false);
    const error: unknown = await caller.call(PROCEDURE).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({ args: ['busy'] });
    expect(asked).toEqual([0]);
  });
});
