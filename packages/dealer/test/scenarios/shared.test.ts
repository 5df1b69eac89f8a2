import type { InvokePolicy } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import {
  call,
  error,
  invocation,
  register,
  registered,
  unregister,
  unregistered,
  yields,
  type ScenarioPeer,
} from '../../src/testing/index.js';
import { addCallee, isQuiet, setScene, setSharedScene, whoWasInvoked } from './scene.fixture.js';

/** Makes some calls and tells which callees were invoked, in order. */
function invokedBy(caller: ScenarioPeer, callees: readonly ScenarioPeer[], calls: number): number[] {
  return Array.from({ length: calls }, () => {
    caller.sends(call('com.proc'));
    return whoWasInvoked(callees)[0]!;
  });
}

describe('who may share', () => {
  it('SHARED-001, SHARED-018: the default is single, and the explicit single is the same', () => {
    for (const options of [{}, { invoke: 'single' as const }]) {
      const { world } = setScene({ register: options });
      expect(world.dealer.registrations.get(1)?.invoke).toBe('single');
      for (const second of [{}, { invoke: 'single' as const }]) {
        const other = world.joins();
        other.sends(register('com.proc', second));
        other.gets(error('wamp.error.procedure_already_exists'));
      }
    }
  });

  it('SHARED-002: a second callee with the same policy joins the same registration', () => {
    const { world, registration } = setScene({ register: { invoke: 'roundrobin' } });
    const second = world.joins();
    second.sends(register('com.proc', { invoke: 'roundrobin' }));
    second.gets(registered({ registration }));
    expect(world.events).toEqual(['create 1 by 1', 'register 1 by 1', 'register 1 by 3']);
  });

  it('SHARED-003, SHARED-004: a second callee with another policy is refused', () => {
    const pairs: [InvokePolicy, InvokePolicy | undefined][] = [
      ['roundrobin', 'random'],
      ['roundrobin', undefined],
      ['single', 'roundrobin'],
    ];
    for (const [first, second] of pairs) {
      const { world } = setScene({ register: { invoke: first } });
      const other = world.joins();
      other.sends(register('com.proc', second && { invoke: second }));
      other.gets(error('wamp.error.procedure_already_exists'));
    }
  });

  it('SHARED-011: a callee that registers again keeps one place; one UNREGISTER is enough', () => {
    const { world, callees, caller } = setSharedScene(2, { invoke: 'roundrobin' });
    const [first] = callees;
    first!.sends(register('com.proc', { invoke: 'roundrobin' }));
    first!.gets(registered({ registration: 1 }));
    expect(world.events).toHaveLength(3);
    expect(invokedBy(caller, callees, 4)).toEqual([0, 1, 0, 1]);
    first!.sends(unregister(1));
    first!.gets(unregistered());
    expect(invokedBy(caller, callees, 3)).toEqual([1, 1, 1]);
  });

  it('a callee that registers again gets its new options', () => {
    const { callee, caller } = setScene({ register: { invoke: 'first', disclose_caller: false } });
    callee.sends(register('com.proc', { invoke: 'first', disclose_caller: true }));
    callee.gets(registered());
    caller.sends(call('com.proc'));
    expect(callee.gets(invocation()).details.caller).toBe(caller.id);
  });

  it('SHARED-012: who unregisters gets no further INVOCATION, the others go on', () => {
    const { callees, caller } = setSharedScene(2, { invoke: 'random' });
    callees[0]!.sends(unregister());
    callees[0]!.gets(unregistered());
    expect(invokedBy(caller, callees, 3)).toEqual([1, 1, 1]);
  });

  it('SHARED-013: when all have left, another policy and another id are possible', () => {
    const { world, callees } = setSharedScene(2, { invoke: 'roundrobin' });
    for (const callee of callees) callee.leaves();
    const next = world.joins();
    next.sends(register('com.proc', { invoke: 'last' }));
    next.gets(registered({ registration: 2 }));
  });

  it('SHARED-014: policies combine with patterns', () => {
    const { world, callee, caller } = setScene({
      procedure: 'com',
      register: { match: 'prefix', invoke: 'roundrobin' },
    });
    const second = addCallee(world, { match: 'prefix', invoke: 'roundrobin' }, undefined, 'com');
    expect(invokedBy(caller, [callee, second], 4)).toEqual([0, 1, 0, 1]);
  });

  it('SHARED-015: disclose_caller holds for the callee that set it', () => {
    const { world, callee, caller } = setScene({ register: { invoke: 'roundrobin' } });
    const curious = addCallee(world, { invoke: 'roundrobin', disclose_caller: true });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    callee.gets(invocation({ details: {} }));
    expect(curious.gets(invocation()).details.caller).toBe(caller.id);
  });

  it('SHARED-016: forward_timeout holds for the callee that set it', () => {
    const { world, callee, caller } = setScene({ register: { invoke: 'roundrobin' } });
    const watchful = addCallee(world, { invoke: 'roundrobin', forward_timeout: true });
    caller.sends(call('com.proc', { options: { timeout: 50 } }));
    caller.sends(call('com.proc', { options: { timeout: 50 } }));
    callee.gets(invocation({ details: {} }));
    watchful.gets(invocation({ details: { timeout: 50 } }));
  });

  it('SHARED-017: the selected callee leaves: canceled, not retried', () => {
    const { callees, caller } = setSharedScene(2, { invoke: 'first' });
    caller.sends(call('com.proc'));
    callees[0]!.leaves();
    caller.gets(error('wamp.error.canceled'));
    callees[1]!.getsNothing();
  });
});

describe('whose turn it is', () => {
  it('SHARED-005: roundrobin goes round in the order of registration', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'roundrobin' });
    expect(invokedBy(caller, callees, 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  });

  it.each([
    ['before the turn', 2, 0, [2, 3, 1, 2, 3, 1]],
    ['at the turn', 2, 2, [3, 0, 1, 3, 0, 1]],
    ['after the turn', 2, 3, [2, 0, 1, 2, 0, 1]],
    ['last, at the turn', 3, 3, [0, 1, 2, 0, 1, 2]],
  ])('SHARED-006: roundrobin stays fair when a callee is removed %s', (_where, calls, removed, then) => {
    const { callees, caller } = setSharedScene(4, { invoke: 'roundrobin' });
    invokedBy(caller, callees, calls);
    callees[removed]!.sends(unregister());
    callees[removed]!.gets(unregistered());
    expect(invokedBy(caller, callees, 6)).toEqual(then);
  });

  it('SHARED-007: random uses all callees, about equally', () => {
    let seed = 1;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x80000000;
    };
    const { callees, caller } = setSharedScene(4, { invoke: 'random' }, { random });
    const counts = [0, 0, 0, 0];
    for (const index of invokedBy(caller, callees, 1000)) counts[index]! += 1;
    for (const count of counts) expect(count).toBeGreaterThan(180);
  });

  it('SHARED-008: first invokes the oldest, then the next oldest', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'first' });
    expect(invokedBy(caller, callees, 2)).toEqual([0, 0]);
    callees[0]!.leaves();
    expect(invokedBy(caller, callees, 2)).toEqual([1, 1]);
  });

  it('SHARED-009, SHARED-010: last invokes the newest, also one that has just come', () => {
    const { world, callees, caller } = setSharedScene(2, { invoke: 'last' });
    expect(invokedBy(caller, callees, 2)).toEqual([1, 1]);
    callees.push(addCallee(world, { invoke: 'last' }));
    expect(invokedBy(caller, callees, 2)).toEqual([2, 2]);
    callees[2]!.leaves();
    expect(invokedBy(caller, callees, 1)).toEqual([1]);
  });

  it('least_pending invokes the callee with the fewest open invocations, and takes turns among equals', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'least_pending' });
    expect(invokedBy(caller, callees, 3)).toEqual([0, 1, 2]);
    callees[1]!.sends(yields());
    expect(invokedBy(caller, callees, 2)).toEqual([1, 2]);
    callees[0]!.sends(yields());
    callees[0]!.leaves();
    expect(invokedBy(caller, callees, 1)).toEqual([1]);
  });

  it('sticky invokes the same callee for the same key; when one leaves, only its keys move', () => {
    const { callees, caller } = setSharedScene(5, { invoke: 'sticky' });
    const keys = Array.from({ length: 200 }, (_none, index) => `customer-${index}`);
    const owners = (): number[] =>
      keys.map((rkey) => {
        caller.sends(call('com.proc', { options: { rkey } }));
        return whoWasInvoked(callees)[0]!;
      });
    const before = owners();
    expect(owners()).toEqual(before);
    expect(new Set(before).size).toBe(5);
    callees[2]!.leaves();
    const after = owners();
    before.forEach((owner, index) => {
      if (owner === 2) expect(after[index]).not.toBe(2);
      else expect(after[index]).toBe(owner);
    });
  });

  it('sticky without a usable key rotates', () => {
    const { callees, caller } = setSharedScene(2, { invoke: 'sticky' });
    expect(invokedBy(caller, callees, 4)).toEqual([0, 1, 0, 1]);
  });

  it.each<InvokePolicy>(['first', 'last', 'roundrobin', 'random', 'least_pending', 'sticky'])(
    'RPC-040: %s passes over congested callees while others are left',
    (invoke) => {
      const { world, callees, caller } = setSharedScene(3, { invoke });
      callees[0]!.isCongested(true);
      callees[2]!.isCongested(true);
      const options = { rkey: 'key' };
      for (let count = 0; count < 3; count += 1) {
        caller.sends(call('com.proc', { options }));
        expect(whoWasInvoked(callees)).toEqual([1]);
      }
      callees[1]!.isCongested(true);
      caller.sends(call('com.proc', { options }));
      caller.gets(error('wamp.error.network_failure'));
      callees[1]!.leaves();
      for (let count = 0; count < 3; count += 1) caller.gets(error('wamp.error.canceled'));
      isQuiet(world, caller, ...callees);
    },
  );
});
