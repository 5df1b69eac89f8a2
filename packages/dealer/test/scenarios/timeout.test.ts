import type { CallOptions } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { call, error, fails, interrupt, invocation, result, yields } from '../../src/testing/index.js';
import { calleeWithout, isQuiet, setScene, type Scene, type SceneOptions } from './scene.fixture.js';

const TIMEOUT = 'wamp.error.timeout';

function calling(callOptions: CallOptions, options: SceneOptions = {}): Scene & { request: number } {
  const scene = setScene(options);
  const request = scene.caller.sends(call('com.proc', { options: callOptions }));
  return { ...scene, request };
}

describe('timeouts that the dealer watches', () => {
  it('TIMEOUT-001, TIMEOUT-002, TIMEOUT-014: after so many milliseconds the caller gets timeout, the callee INTERRUPT', () => {
    const { world, callee, caller, request } = calling({ timeout: 1000 });
    callee.gets(invocation({ details: {} }));
    expect(world.dealer.nextDeadline()).toBe(world.clock.now + 1000);
    world.passes(999);
    caller.getsNothing();
    callee.getsNothing();
    world.passes(1);
    caller.gets(error(TIMEOUT, { request, requestKind: 48, details: {} }));
    callee.gets(interrupt('killnowait', 1));
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-003: a callee without call_canceling gets no INTERRUPT', () => {
    const { world, callee, caller } = calling({ timeout: 50 }, { callee: calleeWithout('call_canceling') });
    world.passes(50);
    caller.gets(error(TIMEOUT));
    callee.gets(invocation());
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-004: an answer in time, and no ERROR later', () => {
    const { world, callee, caller } = calling({ timeout: 50 });
    world.passes(49);
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    world.passes(1000);
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-005: an answer after the deadline is discarded', () => {
    const { world, callee, caller } = calling({ timeout: 50 });
    world.passes(50);
    caller.gets(error(TIMEOUT));
    callee.sends(yields());
    caller.getsNothing();
    expect(callee.violation).toBeUndefined();
  });

  it('TIMEOUT-006: 0 or absent is never', () => {
    for (const options of [{}, { timeout: 0 }]) {
      const { world } = calling(options);
      expect(world.dealer.nextDeadline()).toBeUndefined();
    }
  });

  it('TIMEOUT-011: with progressive results the timeout is the gap', () => {
    const { world, callee, caller } = calling({ timeout: 100, receive_progress: true });
    for (let count = 0; count < 5; count += 1) {
      world.passes(60);
      callee.sends(yields([count], { options: { progress: true } }));
      caller.gets(result([count]));
    }
    world.passes(99);
    caller.getsNothing();
    world.passes(1);
    caller.gets(error(TIMEOUT));
  });

  it('TIMEOUT-011: progress that nobody asked for gives no more time', () => {
    const { world, callee, caller } = calling({ timeout: 100 });
    world.passes(60);
    callee.sends(yields([], { options: { progress: true } }));
    world.passes(40);
    caller.gets(error(TIMEOUT));
  });

  it('TIMEOUT-012: an enormous timeout does not fire at once', () => {
    const { world, caller } = calling({ timeout: 2 ** 40 });
    world.passes(2 ** 39);
    caller.getsNothing();
    world.passes(2 ** 39);
    caller.gets(error(TIMEOUT));
  });

  it('TIMEOUT-015: the caller leaves: the timer is gone', () => {
    const { world, callee, caller } = calling({ timeout: 50 });
    caller.leaves();
    expect(world.dealer.nextDeadline()).toBeUndefined();
    world.passes(100);
    callee.gets(invocation());
    callee.gets(interrupt());
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-016: with progressive invocations chunks give more time, too', () => {
    const { world, callee, caller, request } = calling({ timeout: 100, progress: true });
    for (let count = 0; count < 5; count += 1) {
      world.passes(60);
      caller.sends(call('com.proc', { request, options: { progress: true } }));
    }
    world.passes(60);
    caller.sends(call('com.proc', { request }));
    world.passes(99);
    caller.getsNothing();
    world.passes(1);
    caller.gets(error(TIMEOUT));
    for (let count = 0; count < 7; count += 1) callee.gets(invocation({ id: 1 }));
    callee.gets(interrupt('killnowait'));
    isQuiet(world, callee, caller);
  });

  it('many deadlines expire in their order, and expire() too early does nothing', () => {
    const { world, caller } = setScene();
    const start = world.clock.now;
    const requests = [50, 10, 40, 20, 30].map((timeout) =>
      caller.sends(call('com.proc', { options: { timeout } })),
    );
    world.does((dealer, now) => dealer.expire(now));
    caller.getsNothing();
    world.passes(30);
    for (const index of [1, 3, 4]) caller.gets(error(TIMEOUT, { request: requests[index]! }));
    caller.getsNothing();
    expect(world.dealer.nextDeadline()).toBe(start + 40);
    world.clock.advance(100);
    world.does((dealer, now) => dealer.expire(now));
    caller.gets(error(TIMEOUT, { request: requests[2]! }));
    caller.gets(error(TIMEOUT, { request: requests[0]! }));
  });
});

describe('timeouts that the callee watches', () => {
  it('TIMEOUT-007, TIMEOUT-010: forwarded to a callee that announced and asked for it; its ERROR is the answer', () => {
    const { world, callee, caller } = calling({ timeout: 50 }, { register: { forward_timeout: true } });
    callee.gets(invocation({ details: { timeout: 50 } }));
    expect(world.dealer.nextDeadline()).toBeUndefined();
    world.passes(500);
    caller.getsNothing();
    callee.sends(fails(TIMEOUT));
    caller.gets(error(TIMEOUT));
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-008: announced, but not asked for', () => {
    const { world, callee, caller } = calling({ timeout: 50 });
    callee.gets(invocation({ details: {} }));
    world.passes(50);
    caller.gets(error(TIMEOUT));
  });

  it('TIMEOUT-009: asked for, but not announced', () => {
    const { world, callee, caller } = calling(
      { timeout: 50 },
      { register: { forward_timeout: true }, callee: calleeWithout('call_timeout') },
    );
    callee.gets(invocation({ details: {} }));
    world.passes(50);
    caller.gets(error(TIMEOUT));
  });

  it('no timeout, nothing to forward', () => {
    const { callee } = calling({}, { register: { forward_timeout: true } });
    callee.gets(invocation({ details: {} }));
  });
});

describe('configured timeouts', () => {
  it.each([
    ['the default holds for calls that ask for none', { defaultTimeoutMs: 70 }, {}, 70],
    ['a call may ask for more than the default', { defaultTimeoutMs: 70 }, { timeout: 200 }, 200],
    ['the maximum bounds what a call asks for', { maxTimeoutMs: 100 }, { timeout: 200 }, 100],
    ['the maximum bounds calls that ask for none', { maxTimeoutMs: 100 }, {}, 100],
    ['the maximum bounds the default', { defaultTimeoutMs: 200, maxTimeoutMs: 100 }, { timeout: 0 }, 100],
    ['less than the maximum is left alone', { maxTimeoutMs: 100 }, { timeout: 20 }, 20],
  ])('%s', (_name, dealer, options, expected) => {
    const { world } = calling(options, { dealer });
    expect(world.dealer.nextDeadline()).toBe(world.clock.now + expected);
  });
});
