/** Faults of other WAMP systems, each with the number that it has in our list of them. */
import type { RegisterOptions } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  call,
  cancel,
  DealerWorld,
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

const CANCELED = 'wamp.error.canceled';
const progress = { progress: true };

describe('faults that other systems have', () => {
  it('fault 1: CANCEL kill, then the callee disconnects: one ERROR, empty tables', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    caller.sends(cancel('kill'));
    callee.leaves();
    caller.gets(error(CANCELED));
    expect(world.dealer.stats()).toMatchObject({ openCalls: 0, registrations: 0 });
    isQuiet(world, caller);
  });

  it('fault 2: a refused call leaves no record, so its id does not block anything', () => {
    const { world, callee, caller } = setScene({
      callee: calleeWithout('progressive_call_invocations', 'payload_passthru_mode'),
      dealer: { disclosure: 'never' },
    });
    for (const options of [progress, { ppt_scheme: 'x_mine' }, { disclose_me: true }]) {
      caller.sends(call('com.proc', { options }));
      caller.gets(error());
      expect(world.dealer.stats().openCalls).toBe(0);
      expect(caller.session.calls.size + callee.session.invocations.size).toBe(0);
    }
    isQuiet(world, callee, caller);
  });

  it('fault 3: a chunk after the registration was removed goes to the same callee, under one deadline', () => {
    const { world, callee, caller } = setScene();
    const request = caller.sends(call('com.proc', { options: { ...progress, timeout: 100 } }));
    callee.gets(invocation({ id: 1 }));
    callee.sends(unregister());
    callee.gets(unregistered());
    world.passes(60);
    caller.sends(call('com.proc', { request, options: { timeout: 5, disclose_me: true } }));
    callee.gets(invocation({ id: 1, details: {} }));
    world.passes(99);
    caller.getsNothing();
    world.passes(1);
    caller.gets(error('wamp.error.timeout'));
    callee.gets(interrupt());
    world.passes(1000);
    isQuiet(world, callee, caller);
  });

  it('fault 4: a..c and .bb.c both match a.bb.c: a..c wins, in whatever order they came', () => {
    for (const patterns of [
      ['a..c', '.bb.c'],
      ['.bb.c', 'a..c'],
    ]) {
      const world = new DealerWorld();
      const callee = world.joins();
      const caller = world.joins();
      const ids = new Map<string, number>();
      for (const pattern of patterns) {
        callee.sends(register(pattern, { match: 'wildcard' }));
        ids.set(pattern, callee.gets(registered()).registration);
      }
      caller.sends(call('a.bb.c'));
      callee.gets(invocation({ registration: ids.get('a..c')! }));
    }
  });

  it('fault 5: skip, or a callee that cannot cancel: canceled at once, the later YIELD is dropped', () => {
    for (const features of [undefined, calleeWithout('call_canceling')]) {
      const { world, callee, caller } = setScene(features && { callee: features });
      caller.sends(call('com.proc'));
      callee.gets(invocation());
      caller.sends(cancel(features ? 'kill' : 'skip'));
      caller.gets(error(CANCELED));
      callee.sends(yields());
      isQuiet(world, callee, caller);
    }
  });

  it('fault 6: a timeout is in milliseconds, answers timeout, and gives the slot back', () => {
    const { world, callee, caller } = setScene({ register: { concurrency: 1 } });
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    world.passes(100);
    caller.gets(error('wamp.error.timeout'));
    callee.gets(invocation());
    callee.gets(interrupt('killnowait'));
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('fault 6: where the callee cannot be interrupted, its late answer gives the slot back', () => {
    const { world, callee, caller } = setScene({
      register: { concurrency: 1 },
      callee: calleeWithout('call_canceling'),
    });
    caller.sends(call('com.proc', { options: { timeout: 100 } }));
    callee.gets(invocation());
    world.passes(100);
    caller.gets(error('wamp.error.timeout'));
    callee.sends(yields());
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it("fault 8: YIELD or ERROR for somebody else's invocation has no effect on that call", () => {
    for (const answer of [yields(['forged'], { invocation: 1 }), fails('com.forged', { invocation: 1 })]) {
      const { world, callee, caller } = setScene();
      const other = addCallee(world, {}, undefined, 'com.other');
      caller.sends(call('com.proc'));
      callee.gets(invocation({ id: 1 }));
      other.sends(answer);
      caller.getsNothing();
      callee.sends(yields(['true']));
      caller.gets(result(['true']));
    }
  });

  it('fault 9: UNREGISTER of an unknown or foreign id is refused, everything lives', () => {
    const { world, callee, caller } = setScene();
    for (const id of [1, 99, 2 ** 53]) {
      caller.sends(unregister(id));
      caller.gets(error('wamp.error.no_such_registration'));
    }
    expect(world.events).toEqual(['create 1 by 1', 'register 1 by 1']);
    caller.sends(call('com.proc'));
    callee.gets(invocation());
  });

  it('fault 10: a member of a shared registration that unregisters gets no further call', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'roundrobin' });
    callees[1]!.sends(unregister());
    callees[1]!.gets(unregistered());
    for (let count = 0; count < 6; count += 1) caller.sends(call('com.proc'));
    expect(whoWasInvoked(callees).filter((index) => index === 1)).toEqual([]);
  });

  it('fault 11: exact and prefix registrations of one URI live side by side', () => {
    const { callee, caller } = setScene({ procedure: 'com.a' });
    callee.sends(register('com.a', { match: 'prefix' }));
    callee.gets(registered({ registration: 2 }));
    caller.sends(call('com.a'));
    caller.sends(call('com.a.b'));
    callee.gets(invocation({ registration: 1 }));
    callee.gets(invocation({ registration: 2 }));
    callee.sends(unregister(1));
    callee.gets(unregistered());
    caller.sends(call('com.a'));
    callee.gets(invocation({ registration: 2 }));
  });

  it('fault 12: the callee leaves mid-call: the ERROR comes at once, for progressive calls too', () => {
    for (const options of [
      {},
      { receive_progress: true },
      progress,
      { receive_progress: true, ...progress },
    ]) {
      const { world, callee, caller } = setScene();
      caller.sends(call('com.proc', { options }));
      callee.leaves();
      caller.gets(error(CANCELED));
      isQuiet(world, caller);
    }
  });

  it('fault 14: a callee that answers at the first opportunity is heard', () => {
    const { callee, caller } = setScene();
    const request = caller.sends(call('com.proc'));
    callee.sends(yields(['quick'], { invocation: 1 }));
    caller.gets(result(['quick'], { request }));
  });

  it('fault 15: 10,000 sessions leave, each costs no more than what was its own', () => {
    const { world, callee, caller } = setScene();
    const peers = Array.from({ length: 10_000 }, (_none, index) => {
      const peer = world.joins();
      peer.sends(register('com.crowd', { invoke: 'roundrobin' }));
      peer.sends(register(`com.own.${index}`));
      peer.sends(call('com.proc'));
      return peer;
    });
    expect(world.dealer.stats()).toEqual({
      sessions: 10_002,
      registrations: 10_002,
      openCalls: 10_000,
      queuedCalls: 0,
    });
    for (const peer of peers) peer.leaves();
    expect(world.dealer.stats()).toEqual({ sessions: 2, registrations: 1, openCalls: 0, queuedCalls: 0 });
    caller.sends(call('com.proc'));
    callee.sends(yields());
    caller.gets(result());
  });

  it('fault 17: the caller leaves with slots taken: they come back', () => {
    for (const features of [undefined, calleeWithout('call_canceling')]) {
      const { world, callee, caller } = setScene({
        register: { concurrency: 2 },
        ...(features && { callee: features }),
      });
      caller.sends(call('com.proc'));
      caller.sends(call('com.proc'));
      caller.leaves();
      if (features) {
        callee.sends(yields([], { invocation: 1 }));
        callee.sends(yields([], { invocation: 2 }));
      }
      expect(world.dealer.isAtRest()).toBe(true);
      const next = world.joins();
      next.sends(call('com.proc'));
      next.sends(call('com.proc'));
      next.getsNothing();
      expect(world.dealer.stats().openCalls).toBe(2);
    }
  });

  it('fault 18: progressive results do not count as completions', () => {
    const { callee, caller } = setScene({ register: { concurrency: 1 } });
    caller.sends(call('com.proc', { options: { receive_progress: true } }));
    for (let count = 0; count < 5; count += 1) callee.sends(yields([count], { options: progress }));
    const second = caller.sends(call('com.proc'));
    for (let count = 0; count < 5; count += 1) caller.gets(result([count]));
    caller.gets(error('crossbar.error.max_concurrency_reached', { request: second }));
  });

  it('fault 19: a callee that never announced call_canceling never gets an INTERRUPT', () => {
    const { world, callee, caller } = setScene({ callee: { callee: ['progressive_call_results'] } });
    for (const mode of ['kill', 'killnowait', 'skip', undefined] as const) {
      caller.sends(call('com.proc'));
      caller.sends(cancel(mode));
      caller.gets(error(CANCELED));
    }
    caller.sends(call('com.proc', { options: { timeout: 10 } }));
    world.passes(10);
    caller.gets(error('wamp.error.timeout'));
    caller.sends(call('com.proc'));
    caller.leaves();
    for (let id = 1; id <= 6; id += 1) callee.gets(invocation({ id }));
    isQuiet(world, callee, caller);
  });

  it('fault 20: no INVOCATION after UNREGISTERED, and no second final answer', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(unregister());
    callee.gets(unregistered());
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.no_such_procedure'));
    callee.sends(yields());
    callee.sends(yields());
    callee.sends(fails('com.bad'));
    caller.gets(result());
    caller.getsNothing();
    callee.getsNothing();
  });

  it('fault 21: progressive results from a callee without call_canceling are forwarded', () => {
    const { callee, caller } = setScene({ callee: { callee: ['progressive_call_results'] } });
    caller.sends(call('com.proc', { options: { receive_progress: true } }));
    callee.gets(invocation({ details: { receive_progress: true } }));
    callee.sends(yields([1], { options: progress }));
    caller.gets(result([1], { details: progress }));
  });

  it('fault 26: holders() names the sessions to ask before a REGISTER is refused', () => {
    const { world, callee, caller } = setScene();
    const message = register('com.proc')(caller);
    if (message.kind !== 64) throw new Error('not a REGISTER');
    expect(world.dealer.holders(message)).toEqual([callee]);
    callee.leaves();
    expect(world.dealer.holders(message)).toEqual([]);
  });
});

describe('holders', () => {
  const registerBy = (world: DealerWorld, options: RegisterOptions, uri = 'com.proc'): readonly unknown[] => {
    const message = register(uri, options)(world.joins());
    if (message.kind !== 64) throw new Error('not a REGISTER');
    return world.dealer.holders(message);
  };

  it('nobody stands in the way of joining or forcing; another policy is in the way', () => {
    const { world, callees } = setSharedScene(2, { invoke: 'random' });
    expect(registerBy(world, { invoke: 'random' })).toEqual([]);
    expect(registerBy(world, { force_reregister: true })).toEqual([]);
    expect(registerBy(world, { match: 'prefix' })).toEqual([]);
    expect(registerBy(world, { invoke: 'first' })).toEqual(callees);
    expect(registerBy(world, {})).toEqual(callees);
  });

  it('internal registrations cannot be joined or forced', () => {
    const world = new DealerWorld();
    const router = world.joins({ trusted: true });
    router.sends(register('com.internal', { invoke: 'random' }));
    expect(registerBy(world, { invoke: 'random' }, 'com.internal')).toEqual([router]);
    expect(registerBy(world, { force_reregister: true }, 'com.internal')).toEqual([router]);
  });
});
