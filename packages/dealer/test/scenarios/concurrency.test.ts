import type { InvokePolicy } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  call,
  cancel,
  error,
  fails,
  interrupt,
  invocation,
  register,
  registered,
  result,
  unregister,
  unregistered,
  yields,
} from '../../src/testing/index.js';
import {
  addCallee,
  calleeWithout,
  isQuiet,
  setScene,
  setSharedScene,
  whoWasInvoked,
} from './scene.fixture.js';

const queueing = { limits: { queuedCallsPerRegistration: 3 } };
const one = { concurrency: 1 };

describe('without a queue', () => {
  it('CONC-001: a call beyond the limit is refused with max_concurrency_reached, and leaves no record', () => {
    const { world, callee, caller } = setScene({ register: { concurrency: 2 } });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    expect(world.dealer.stats().openCalls).toBe(2);
    callee.gets(invocation());
    callee.gets(invocation());
    callee.getsNothing();
  });

  it('CONC-002, CONC-003: a final YIELD or an ERROR gives the slot back', () => {
    const { world, callee, caller } = setScene({ register: one });
    for (const answer of [yields(), fails('com.bad')]) {
      caller.sends(call('com.proc'));
      callee.gets(invocation());
      callee.sends(answer);
    }
    caller.gets(result());
    caller.gets(error('com.bad'));
    isQuiet(world, callee, caller);
  });

  it('CONC-005: roundrobin passes over a busy callee', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'roundrobin', ...one });
    for (let count = 0; count < 3; count += 1) caller.sends(call('com.proc'));
    expect(whoWasInvoked(callees)).toEqual([0, 1, 2]);
    callees[1]!.sends(yields());
    caller.sends(call('com.proc'));
    expect(whoWasInvoked(callees)).toEqual([1]);
  });

  it('CONC-006: random chooses among the free ones only', () => {
    for (const drawn of [0, 0.3, 0.5, 0.99]) {
      const { callees, caller } = setSharedScene(3, { invoke: 'random', ...one }, { random: () => drawn });
      for (let count = 0; count < 3; count += 1) caller.sends(call('com.proc'));
      expect(whoWasInvoked(callees).sort()).toEqual([0, 1, 2]);
      caller.sends(call('com.proc'));
      caller.gets(error('crossbar.error.max_concurrency_reached'));
    }
  });

  it.each<[InvokePolicy, number[]]>([
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
    ['least_pending', [0, 1, 2]],
  ])('%s falls over to the next callee when one is full', (invoke, order) => {
    const { callees, caller } = setSharedScene(3, { invoke, ...one });
    const invoked = order.flatMap(() => {
      caller.sends(call('com.proc'));
      return whoWasInvoked(callees);
    });
    expect(invoked).toEqual(order);
  });

  it("concurrency is each callee's own, and per registration", () => {
    const { world, callee, caller } = setScene({ register: { invoke: 'roundrobin', concurrency: 1 } });
    const unlimited = addCallee(world, { invoke: 'roundrobin' });
    for (let count = 0; count < 4; count += 1) caller.sends(call('com.proc'));
    expect(whoWasInvoked([callee, unlimited])).toEqual([0, 1, 1, 1]);
    callee.sends(register('com.other', one));
    callee.gets(registered());
    caller.sends(call('com.other'));
    callee.gets(invocation());
  });

  it('CONC-004: a progressive YIELD does not give the slot back', () => {
    const { callee, caller } = setScene({ register: one });
    caller.sends(call('com.proc', { options: { receive_progress: true } }));
    callee.gets(invocation());
    callee.sends(yields([1], { options: { progress: true } }));
    caller.gets(result([1]));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
  });

  it('PCI-030: a progressive invocation takes one slot', () => {
    const { world, callee, caller } = setScene({ register: { concurrency: 2 } });
    const request = caller.sends(call('com.proc', { options: { progress: true } }));
    caller.sends(call('com.proc', { request, options: { progress: true } }));
    caller.sends(call('com.proc', { request }));
    caller.sends(call('com.proc'));
    for (const id of [1, 1, 1, 2]) callee.gets(invocation({ id }));
    callee.sends(yields([], { invocation: 1 }));
    callee.sends(yields([], { invocation: 2 }));
    caller.gets(result());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });
});

describe('slots of calls that ended without an answer', () => {
  it('CONC-013: after skip the slot is held until the callee answers', () => {
    for (const answer of [yields(), fails('com.bad')]) {
      const { world, callee, caller } = setScene({ register: one });
      caller.sends(call('com.proc'));
      callee.gets(invocation());
      caller.sends(cancel('skip'));
      caller.gets(error('wamp.error.canceled'));
      caller.sends(call('com.proc'));
      caller.gets(error('crossbar.error.max_concurrency_reached'));
      expect(world.dealer.isAtRest()).toBe(false);
      callee.sends(yields(['still at it'], { options: { progress: true } }));
      caller.sends(call('com.proc'));
      caller.gets(error('crossbar.error.max_concurrency_reached'));
      callee.sends(answer);
      expect(world.dealer.isAtRest()).toBe(true);
      caller.sends(call('com.proc'));
      callee.gets(invocation());
    }
  });

  it('CONC-013: after killnowait an interrupted callee need not answer, so the slot comes back at once', () => {
    const { world, callee, caller } = setScene({ register: one });
    caller.sends(call('com.proc'));
    caller.sends(cancel('killnowait'));
    caller.gets(error('wamp.error.canceled'));
    caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 1 }));
    callee.gets(interrupt('killnowait', 1));
    callee.gets(invocation({ id: 2 }));
    callee.sends(fails('wamp.error.canceled', { invocation: 1 }));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.sends(yields([], { invocation: 2 }));
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('CONC-013: a callee that cannot be interrupted keeps its slot until it answers', () => {
    const { world, callee, caller } = setScene({ register: one, callee: calleeWithout('call_canceling') });
    caller.sends(call('com.proc'));
    caller.sends(cancel('killnowait'));
    caller.gets(error('wamp.error.canceled'));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.gets(invocation());
    callee.sends(yields());
    isQuiet(world, callee, caller);
  });

  it('a kill that is overtaken holds the slot until the callee answers', () => {
    const { world, callee, caller } = setScene({ register: one });
    caller.sends(call('com.proc'));
    caller.sends(cancel('kill'));
    caller.sends(cancel('killnowait'));
    caller.gets(error('wamp.error.canceled'));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.gets(invocation());
    callee.gets(interrupt('kill'));
    callee.sends(fails('wamp.error.canceled'));
    isQuiet(world, callee, caller);
  });

  it('held slots go with their session', () => {
    const { world, callee, caller } = setScene({ register: one });
    caller.sends(call('com.proc'));
    caller.sends(cancel('skip'));
    callee.leaves();
    expect(world.dealer.isAtRest()).toBe(true);
  });

  it('held slots are bounded: beyond, the oldest comes back', () => {
    const { callee, caller } = setScene({
      register: { concurrency: 3 },
      dealer: { limits: { heldSlotsPerSession: 2 } },
    });
    for (let id = 1; id <= 3; id += 1) {
      caller.sends(call('com.proc'));
      callee.gets(invocation({ id }));
      caller.sends(cancel('skip'));
      caller.gets(error('wamp.error.canceled'));
    }
    caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 4 }));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.sends(yields([], { invocation: 1 }));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
  });

  it('a late answer after UNREGISTER frees nothing of the new registration', () => {
    const { world, callee, caller } = setScene({ register: one });
    caller.sends(call('com.proc'));
    caller.sends(cancel('skip'));
    callee.sends(unregister());
    callee.sends(register('com.proc', one));
    caller.sends(call('com.proc'));
    callee.sends(yields([], { invocation: 1 }));
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.canceled'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.sends(yields([], { invocation: 2 }));
    caller.gets(result());
    expect(world.dealer.isAtRest()).toBe(true);
  });
});

describe('with a queue', () => {
  it('CONC-001, CONC-002, CONC-003: calls wait and go one after the other as slots come back', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    for (let count = 1; count <= 3; count += 1) caller.sends(call('com.proc', { args: [count] }));
    expect(world.dealer.stats()).toMatchObject({ openCalls: 3, queuedCalls: 2 });
    callee.gets(invocation({ id: 1, args: [1] }));
    callee.getsNothing();
    callee.sends(yields());
    callee.gets(invocation({ id: 2, args: [2] }));
    callee.sends(fails('com.bad'));
    callee.gets(invocation({ id: 3, args: [3] }));
    callee.sends(yields());
    caller.gets(result());
    caller.gets(error('com.bad'));
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('the answer reaches the caller before the next call is invoked', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(yields());
    const kinds = world.history.flatMap((entry) => (entry.type === 'send' ? [entry.message.kind] : []));
    expect(kinds).toEqual([65, 68, 50, 68]);
  });

  it('CONC-007: CANCEL of a queued call, in every mode: canceled, never invoked', () => {
    for (const mode of ['skip', 'kill', 'killnowait', undefined] as const) {
      const { world, callee, caller } = setScene({ register: one, dealer: queueing });
      caller.sends(call('com.proc'));
      const request = caller.sends(call('com.proc'));
      caller.sends(cancel(mode));
      caller.gets(error('wamp.error.canceled', { request }));
      callee.gets(invocation());
      callee.sends(yields());
      caller.gets(result());
      isQuiet(world, callee, caller);
    }
  });

  it('CONC-008: a queued call disappears with its caller', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    const other = world.joins();
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    other.sends(call('com.proc', { args: ['other'] }));
    callee.gets(invocation({ id: 1 }));
    caller.leaves();
    callee.gets(interrupt('killnowait', 1));
    callee.gets(invocation({ id: 2, args: ['other'] }));
    callee.sends(yields());
    other.gets(result());
    isQuiet(world, callee, caller, other);
  });

  it('CONC-009, TIMEOUT-013: the timeout counts from CALL; a queued call times out and is never invoked', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    const request = caller.sends(call('com.proc', { options: { timeout: 100 } }));
    world.passes(99);
    caller.getsNothing();
    world.passes(1);
    caller.gets(error('wamp.error.timeout', { request }));
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-013: time in the queue is not given back', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    world.passes(60);
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    callee.gets(invocation({ id: 2 }));
    world.passes(39);
    caller.getsNothing();
    world.passes(1);
    caller.gets(error('wamp.error.timeout'));
    callee.gets(interrupt('killnowait', 2));
    isQuiet(world, callee, caller);
  });

  it('TIMEOUT-013: a callee that watches the clock itself is told what is left', () => {
    const { world, callee, caller } = setScene({
      register: { concurrency: 1, forward_timeout: true },
      dealer: queueing,
    });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    world.passes(60);
    callee.gets(invocation());
    callee.sends(yields());
    callee.gets(invocation({ details: { timeout: 40 } }));
    expect(world.dealer.nextDeadline()).toBeUndefined();
  });

  it('a call whose time is up when a slot comes back is not invoked any more', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc', { options: { timeout: 50 } }));
    caller.sends(call('com.proc', { options: { timeout: 50 } }));
    caller.sends(call('com.proc', { args: ['patient'] }));
    world.passes(50);
    caller.gets(error('wamp.error.timeout'));
    caller.gets(error('wamp.error.timeout'));
    callee.gets(invocation({ id: 1 }));
    callee.gets(interrupt('killnowait', 1));
    callee.gets(invocation({ id: 2, args: ['patient'] }));
    callee.getsNothing();
  });

  it('CONC-010: when the last callee leaves or unregisters, queued calls are canceled', () => {
    for (const goes of ['leaves', 'unregisters'] as const) {
      const { world, callee, caller } = setScene({ register: one, dealer: queueing });
      const first = caller.sends(call('com.proc'));
      const second = caller.sends(call('com.proc'));
      callee.gets(invocation());
      if (goes === 'leaves') {
        callee.leaves();
        caller.gets(error('wamp.error.canceled', { request: second }));
        caller.gets(error('wamp.error.canceled', { request: first }));
      } else {
        callee.sends(unregister());
        callee.gets(unregistered());
        caller.gets(error('wamp.error.canceled', { request: second }));
        callee.sends(yields());
        caller.gets(result([], { request: first }));
      }
      isQuiet(world, callee, caller);
    }
  });

  it('CONC-011, ORDER-010: the queue is bounded and keeps the order', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    for (let count = 1; count <= 5; count += 1) caller.sends(call('com.proc', { args: [count] }));
    caller.gets(error('crossbar.error.max_concurrency_reached', { request: 5 }));
    for (let count = 1; count <= 4; count += 1) {
      callee.gets(invocation({ args: [count] }));
      callee.sends(yields([count]));
      caller.gets(result([count]));
    }
    isQuiet(world, callee, caller);
  });

  it('CONC-011: a long queue with many cancellations keeps its order', () => {
    const { world, callee, caller } = setScene({
      register: one,
      dealer: { limits: { queuedCallsPerRegistration: 500 } },
    });
    const requests = Array.from({ length: 400 }, (_none, index) =>
      caller.sends(call('com.proc', { args: [index] })),
    );
    requests.forEach((request, index) => {
      if (index > 0 && index % 4 !== 0) {
        caller.sends(cancel('skip', request));
        caller.gets(error('wamp.error.canceled', { request }));
      }
    });
    for (let index = 0; index < 400; index += 4) {
      callee.gets(invocation({ args: [index] }));
      callee.sends(yields([index]));
      caller.gets(result([index]));
    }
    isQuiet(world, callee, caller);
  });

  it('CONC-014: a new callee takes over waiting calls, after it was REGISTERED', () => {
    const { world, callees, caller } = setSharedScene(1, { invoke: 'roundrobin', ...one }, queueing);
    for (let count = 1; count <= 3; count += 1) caller.sends(call('com.proc', { args: [count] }));
    const helper = world.joins();
    helper.sends(register('com.proc', { invoke: 'roundrobin', concurrency: 5 }));
    helper.gets(registered());
    helper.gets(invocation({ args: [2] }));
    helper.gets(invocation({ args: [3] }));
    callees[0]!.gets(invocation({ args: [1] }));
    expect(world.dealer.stats().queuedCalls).toBe(0);
  });

  it('a callee that registers again with a larger limit takes over waiting calls', () => {
    const { callee, caller } = setScene({ register: { invoke: 'first', concurrency: 1 }, dealer: queueing });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(register('com.proc', { invoke: 'first', concurrency: 2 }));
    callee.gets(registered());
    callee.gets(invocation());
  });

  it('waiting calls go when a congested callee takes messages in again', () => {
    const { callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    callee.isCongested(true);
    callee.gets(invocation());
    callee.sends(yields());
    callee.getsNothing();
    callee.isCongested(false);
    callee.gets(invocation());
  });

  it('a waiting call that its callee cannot take is refused, and the next one goes', () => {
    const { world, callee, caller } = setScene({
      register: one,
      dealer: queueing,
      callee: calleeWithout('payload_passthru_mode'),
    });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc', { options: { ppt_scheme: 'x_mine' } }));
    caller.sends(call('com.proc', { options: { ppt_scheme: 'x_mine' } }));
    caller.sends(call('com.proc', { args: ['plain'] }));
    callee.gets(invocation({ id: 1 }));
    callee.sends(yields());
    caller.gets(result());
    caller.gets(error('wamp.error.feature_not_supported', { request: 2 }));
    caller.gets(error('wamp.error.feature_not_supported', { request: 3 }));
    callee.gets(invocation({ id: 2, args: ['plain'] }));
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('no call overtakes a waiting one, not even while the first in the queue is past its deadline', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc', { options: { timeout: 50 } }));
    caller.sends(call('com.proc', { args: ['second'] }));
    callee.gets(invocation());
    world.clock.advance(60);
    callee.sends(yields());
    caller.gets(result());
    caller.sends(call('com.proc', { args: ['third'] }));
    callee.getsNothing();
    world.does((dealer, now) => dealer.expire(now));
    caller.gets(error('wamp.error.timeout'));
    callee.gets(invocation({ args: ['second'] }));
    callee.sends(yields());
    callee.gets(invocation({ args: ['third'] }));
  });

  it('very many waiting calls that their callee cannot take are refused one after the other', () => {
    const count = 15_000;
    const { world, callee, caller } = setScene({
      register: one,
      dealer: { limits: { queuedCallsPerRegistration: count } },
      callee: calleeWithout('payload_passthru_mode'),
    });
    caller.sends(call('com.proc'));
    for (let index = 0; index < count; index += 1) {
      caller.sends(call('com.proc', { options: { ppt_scheme: 'x_mine' } }));
    }
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    expect(caller.inbox).toHaveLength(count);
    expect(world.dealer.isAtRest()).toBe(true);
  });

  it('a progressive invocation cannot wait; its chunks are discarded', () => {
    const { world, callee, caller } = setScene({ register: one, dealer: queueing });
    caller.sends(call('com.proc'));
    const request = caller.sends(call('com.proc', { options: { progress: true } }));
    caller.gets(error('crossbar.error.max_concurrency_reached', { request }));
    caller.sends(call('com.proc', { request, options: { progress: true } }));
    caller.sends(call('com.proc', { request }));
    caller.getsNothing();
    callee.gets(invocation());
    callee.getsNothing();
    expect(world.dealer.stats().openCalls).toBe(1);
  });

  it('the limit of open calls counts waiting ones', () => {
    const { caller } = setScene({
      register: one,
      dealer: { limits: { callsPerSession: 2, queuedCallsPerRegistration: 10 } },
    });
    for (let count = 0; count < 3; count += 1) caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.limit_exceeded', { request: 3 }));
  });
});
