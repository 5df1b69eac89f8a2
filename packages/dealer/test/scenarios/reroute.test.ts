import { describe, expect, it } from 'vitest';
import type { RegisterOptions } from '@wamp/protocol';
import {
  call,
  cancel,
  error,
  fails,
  interrupt,
  invocation,
  result,
  unregister,
  unregistered,
  yields,
} from '../../src/testing/index.js';
import { addCallee, calleeWithout, isQuiet, setScene, setSharedScene } from './scene.fixture.js';

const UNAVAILABLE = 'wamp.error.unavailable';
const NO_CALLEE = 'wamp.error.no_available_callee';
const reroute = { reroute: true };
const sharedBy = (count: number, options: RegisterOptions): ReturnType<typeof setSharedScene> =>
  setSharedScene(count, options, reroute);

describe('re-routing', () => {
  it('REROUTE-001: roundrobin: the next callee gets the call with all its arguments; the caller sees the result only', () => {
    const { world, callees, caller } = sharedBy(2, { invoke: 'roundrobin' });
    caller.sends(call('com.proc', { args: [1], kwargs: { two: 2 } }));
    callees[0]!.gets(invocation({ id: 1 }));
    callees[0]!.sends(fails(UNAVAILABLE));
    callees[1]!.gets(invocation({ id: 1, args: [1], kwargs: { two: 2 } }));
    callees[1]!.sends(yields(['ok']));
    caller.gets(result(['ok']));
    isQuiet(world, caller, ...callees);
  });

  it('REROUTE-002: single: no_available_callee', () => {
    const { world, callee, caller } = setScene({ dealer: reroute });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(fails(UNAVAILABLE));
    caller.gets(error(NO_CALLEE));
    isQuiet(world, callee, caller);
  });

  it.each(['roundrobin', 'random', 'first', 'last', 'least_pending', 'sticky'] as const)(
    'REROUTE-003: %s: all are unavailable: each is tried once, then no_available_callee',
    (invoke) => {
      const { world, callees, caller } = sharedBy(4, { invoke });
      caller.sends(call('com.proc', { options: { rkey: 'k' } }));
      for (let tries = 0; tries < 4; tries += 1) {
        const invoked = callees.filter((callee) => callee.inbox.length > 0);
        expect(invoked).toHaveLength(1);
        invoked[0]!.gets(invocation({ id: 1 }));
        invoked[0]!.sends(fails(UNAVAILABLE));
      }
      caller.gets(error(NO_CALLEE));
      isQuiet(world, caller, ...callees);
    },
  );

  it.each([
    ['first', [0, 1, 2]],
    ['last', [2, 1, 0]],
  ] as const)('REROUTE-004: %s tries the others in order', (invoke, order) => {
    const { callees, caller } = sharedBy(3, { invoke });
    caller.sends(call('com.proc'));
    for (const index of order) {
      callees[index]!.gets(invocation());
      callees[index]!.sends(fails(UNAVAILABLE));
    }
    caller.gets(error(NO_CALLEE));
  });

  it('REROUTE-005: the error of a callee that did not announce call_reroute is forwarded', () => {
    const { world, callee, caller } = setScene({
      dealer: reroute,
      register: { invoke: 'first' },
      callee: calleeWithout('call_reroute'),
    });
    const other = addCallee(world, { invoke: 'first' });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(fails(UNAVAILABLE, { args: ['later'] }));
    caller.gets(error(UNAVAILABLE, { args: ['later'] }));
    other.getsNothing();
  });

  it('REROUTE-005: where re-routing is off, the default, the error is forwarded', () => {
    const { callees, caller } = setSharedScene(2, { invoke: 'first' });
    caller.sends(call('com.proc'));
    callees[0]!.sends(fails(UNAVAILABLE));
    caller.gets(error(UNAVAILABLE));
  });

  it('REROUTE-006: not after a progressive result', () => {
    const { callees, caller } = sharedBy(2, { invoke: 'first' });
    caller.sends(call('com.proc', { options: { receive_progress: true } }));
    callees[0]!.sends(yields([1], { options: { progress: true } }));
    callees[0]!.sends(fails(UNAVAILABLE));
    caller.gets(result([1]));
    caller.gets(error(UNAVAILABLE));
    callees[1]!.getsNothing();
  });

  it('REROUTE-007: CANCEL and timeout end a re-routed call once, at the callee that has it', () => {
    for (const ends of ['cancel', 'timeout'] as const) {
      const { world, callees, caller } = sharedBy(2, { invoke: 'first' });
      caller.sends(call('com.proc', { options: { timeout: 100 } }));
      callees[0]!.gets(invocation());
      world.passes(60);
      callees[0]!.sends(fails(UNAVAILABLE));
      callees[1]!.gets(invocation({ id: 1 }));
      if (ends === 'cancel') {
        caller.sends(cancel('killnowait'));
        caller.gets(error('wamp.error.canceled'));
      } else {
        world.passes(40);
        caller.gets(error('wamp.error.timeout'));
      }
      callees[1]!.gets(interrupt('killnowait', 1));
      callees[1]!.sends(fails(UNAVAILABLE));
      isQuiet(world, caller, ...callees);
    }
  });

  it('REROUTE-007: after a kill, unavailable is the answer', () => {
    const { world, callees, caller } = sharedBy(2, { invoke: 'first' });
    caller.sends(call('com.proc'));
    caller.sends(cancel('kill'));
    callees[0]!.gets(invocation());
    callees[0]!.gets(interrupt('kill'));
    callees[0]!.sends(fails(UNAVAILABLE));
    caller.gets(error(UNAVAILABLE));
    isQuiet(world, caller, ...callees);
  });

  it('a progressive invocation is not re-routed: its chunks are gone', () => {
    const { world, callees, caller } = sharedBy(2, { invoke: 'first' });
    const request = caller.sends(call('com.proc', { options: { progress: true } }));
    callees[0]!.gets(invocation());
    callees[0]!.sends(fails(UNAVAILABLE));
    caller.gets(error(NO_CALLEE));
    caller.sends(call('com.proc', { request }));
    isQuiet(world, caller, ...callees);
  });

  it('a callee that lacks a feature of the call is passed over', () => {
    const { world, callee, caller } = setScene({ dealer: reroute, register: { invoke: 'first' } });
    const plain = addCallee(world, { invoke: 'first' }, calleeWithout('payload_passthru_mode'));
    const able = addCallee(world, { invoke: 'first' });
    caller.sends(call('com.proc', { options: { ppt_scheme: 'x_mine' } }));
    callee.gets(invocation());
    callee.sends(fails(UNAVAILABLE));
    plain.getsNothing();
    able.gets(invocation({ details: { ppt_scheme: 'x_mine' } }));
  });

  it('the slot of the unavailable callee comes back', () => {
    const { world, callees, caller } = sharedBy(2, { invoke: 'first', concurrency: 1 });
    caller.sends(call('com.proc'));
    callees[0]!.gets(invocation());
    callees[0]!.sends(fails(UNAVAILABLE));
    callees[1]!.gets(invocation());
    caller.sends(call('com.proc'));
    callees[0]!.gets(invocation({ id: 2 }));
    callees[0]!.sends(yields());
    callees[1]!.sends(yields());
    caller.gets(result());
    caller.gets(result());
    isQuiet(world, caller, ...callees);
  });

  it('who has unregistered meanwhile is not tried; who watches the clock takes the timer over', () => {
    const { world, callees, caller } = sharedBy(3, { invoke: 'first' });
    const watchful = addCallee(world, { invoke: 'first', forward_timeout: true });
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    callees[1]!.sends(unregister());
    callees[1]!.gets(unregistered());
    callees[2]!.leaves();
    world.passes(30);
    callees[0]!.gets(invocation());
    callees[0]!.sends(fails(UNAVAILABLE));
    watchful.gets(invocation({ details: { timeout: 70 } }));
    expect(world.dealer.nextDeadline()).toBeUndefined();
  });

  it('the dealer watches the clock again when the next callee does not', () => {
    const { world, callee, caller } = setScene({
      dealer: reroute,
      register: { invoke: 'first', forward_timeout: true },
    });
    const other = addCallee(world, { invoke: 'first' });
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    callee.gets(invocation({ details: { timeout: 100 } }));
    world.passes(90);
    callee.sends(fails(UNAVAILABLE));
    other.gets(invocation({ details: {} }));
    world.passes(10);
    caller.gets(error('wamp.error.timeout'));
  });
});
