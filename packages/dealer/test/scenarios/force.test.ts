import { describe, expect, it } from 'vitest';
import {
  call,
  DealerWorld,
  error,
  invocation,
  register,
  registered,
  result,
  revoked,
  unregister,
  unregistered,
  yields,
} from '../../src/testing/index.js';
import { calleeWithout, isQuiet, setScene, setSharedScene } from './scene.fixture.js';

const force = { force_reregister: true };

describe('force_reregister', () => {
  it('FORCE-001, FORCE-002: the new callee replaces the old one, which is told if it understands', () => {
    for (const features of [undefined, calleeWithout('registration_revocation')]) {
      const { world, callee, caller } = setScene(features && { callee: features });
      const next = world.joins();
      next.sends(register('com.proc', force));
      next.gets(registered({ registration: 2 }));
      if (features === undefined) callee.gets(revoked(1, 'wamp.error.unregistered'));
      callee.getsNothing();
      caller.sends(call('com.proc'));
      next.gets(invocation({ registration: 2 }));
      callee.getsNothing();
    }
  });

  it('FORCE-003, FORCE-004: three callees are removed at once; replies and events come in order', () => {
    const { world, callees } = setSharedScene(3, { invoke: 'roundrobin' });
    const next = world.joins();
    world.history.length = 0;
    next.sends(register('com.proc', { invoke: 'last', ...force }));
    next.gets(registered({ registration: 2 }));
    for (const callee of callees) callee.gets(revoked(1, 'wamp.error.unregistered'));
    expect(world.events).toEqual([
      'unregister 1 by 1',
      'unregister 1 by 2',
      'unregister 1 by 3',
      'delete 1 by 3',
      'create 2 by 5',
      'register 2 by 5',
    ]);
    const steps = world.history.map((entry) => (entry.type === 'send' ? entry.message.kind : entry.type));
    expect(steps).toEqual([67, 'event', 67, 'event', 67, 'event', 'event', 65, 'event', 'event']);
  });

  it('FORCE-006: what is in flight is still answered', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    const next = world.joins();
    next.sends(register('com.proc', force));
    callee.gets(invocation());
    callee.gets(revoked(1, 'wamp.error.unregistered'));
    callee.sends(yields(['done']));
    caller.gets(result(['done']));
    next.gets(registered());
    isQuiet(world, callee, caller, next);
  });

  it('FORCE-007: without an existing registration it is an ordinary REGISTER', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    callee.sends(register('com.proc', force));
    callee.gets(registered({ registration: 1 }));
    expect(world.events).toEqual(['create 1 by 1', 'register 1 by 1']);
  });

  it('FORCE-008: the removed callee cannot unregister any more', () => {
    const { world, callee } = setScene();
    world.joins().sends(register('com.proc', force));
    callee.gets(revoked(1, 'wamp.error.unregistered'));
    callee.sends(unregister(1));
    callee.gets(error('wamp.error.no_such_registration'));
  });

  it('a callee may force out itself', () => {
    const { callee, caller } = setScene();
    callee.sends(register('com.proc', force));
    callee.gets(revoked(1, 'wamp.error.unregistered'));
    callee.gets(registered({ registration: 2 }));
    caller.sends(call('com.proc'));
    callee.gets(invocation({ registration: 2 }));
    callee.sends(unregister(2));
    callee.gets(unregistered());
  });

  it('calls that wait in the old registration are canceled', () => {
    const { world, callee, caller } = setScene({
      register: { concurrency: 1 },
      dealer: { limits: { queuedCallsPerRegistration: 5 } },
    });
    caller.sends(call('com.proc'));
    const waiting = caller.sends(call('com.proc'));
    world.joins().sends(register('com.proc', force));
    caller.gets(error('wamp.error.canceled', { request: waiting }));
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
  });
});

describe('revocation', () => {
  it('REVOKE-001, REVOKE-003, REVOKE-004: a removed callee is told, and gets no further INVOCATION', () => {
    const { world, callee, caller, registration } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    const outcome = world.does((dealer, now) =>
      dealer.removeCallee(registration, callee.id, 'com.reason.maintenance', now),
    );
    expect(outcome).toBe('removed');
    callee.gets(revoked(registration, 'com.reason.maintenance'));
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.no_such_procedure'));
    callee.sends(yields(['still']));
    caller.gets(result(['still']));
    expect(world.events.slice(2)).toEqual(['unregister 1 by 1', 'delete 1 by 1']);
    isQuiet(world, callee, caller);
  });

  it('REVOKE-001: the reason may be left out', () => {
    const { world, callee, registration } = setScene();
    world.does((dealer, now) => dealer.removeCallee(registration, callee.id, undefined, now));
    callee.gets(revoked(registration));
  });

  it('REVOKE-002: a callee that did not announce it is told nothing', () => {
    const { world, callee, caller, registration } = setScene({
      callee: calleeWithout('registration_revocation'),
    });
    world.does((dealer, now) => dealer.removeCallee(registration, callee.id, 'com.reason', now));
    callee.getsNothing();
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.no_such_procedure'));
  });

  it('REVOKE-004: the registration lives on while others are left', () => {
    const { world, callees, caller } = setSharedScene(2, { invoke: 'first' });
    world.does((dealer, now) => dealer.removeCallee(1, callees[0]!.id, undefined, now));
    expect(world.events.at(-1)).toBe('unregister 1 by 1');
    caller.sends(call('com.proc'));
    callees[1]!.gets(invocation());
  });

  it('unknown registrations and sessions are told apart', () => {
    const { world, caller, registration } = setScene();
    expect(world.dealer.removeCallee(99, 1, undefined, 0)).toBe('no_such_registration');
    expect(world.dealer.removeCallee(registration, caller.id, undefined, 0)).toBe('no_such_session');
  });
});
