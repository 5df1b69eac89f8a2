import { describe, expect, it } from 'vitest';
import {
  call,
  cancel,
  DealerWorld,
  error,
  fails,
  interrupt,
  invocation,
  ManualClock,
  register,
  registered,
  result,
  revoked,
  unregister,
  unregistered,
  yields,
} from './index.js';

describe('the scenario language', () => {
  it('reads like a diagram', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    const caller = world.joins();
    callee.sends(register('add'));
    callee.gets(registered());
    caller.sends(call('add'));
    callee.gets(invocation());
    callee.leaves();
    caller.gets(error('wamp.error.canceled'));
    caller.getsNothing();
  });

  it('fails when nothing, something else or something different arrives', () => {
    const world = new DealerWorld();
    const callee = world.joins();
    callee.sends(register('add'));
    expect(() => callee.gets(registered({ registration: 7 }))).toThrow(/registration is 1/);
    expect(() => callee.gets(registered())).toThrow(/nothing arrived instead of REGISTERED/);
    callee.sends(register('sub'));
    expect(() => callee.gets(unregistered())).toThrow(/another message/);
    callee.sends(call('add', { args: [1], kwargs: { a: [1] } }));
    expect(() => callee.gets(invocation({ args: [2] }))).toThrow(/args is \[1\]/);
    callee.sends(call('add', { args: [1], kwargs: { a: [1] } }));
    expect(() => callee.gets(invocation({ kwargs: { a: { 0: 1 } } }))).toThrow(/kwargs is/);
    callee.sends(unregister());
    expect(() => callee.gets(revoked(1))).toThrow(/request is/);
    expect(() => callee.getsNothing()).not.toThrow();
    callee.sends(call('nothing'));
    expect(() => callee.getsNothing()).toThrow(/unexpected messages/);
  });

  it('compares only what is named', () => {
    const world = new DealerWorld();
    const peer = world.joins();
    peer.sends(register('add'));
    peer.gets(registered());
    peer.sends(call('add', { args: [new Uint8Array([1]), null, { deep: [1] }] }));
    peer.gets(invocation({ args: [new Uint8Array([1]), null, { deep: [1] }] }));
    peer.sends(cancel('kill'));
    peer.gets(interrupt());
    peer.sends(yields(['x']));
    expect(peer.gets(result()).payload.args).toEqual(['x']);
  });

  it('tells how a peer broke the protocol', () => {
    const world = new DealerWorld();
    const peer = world.joins();
    expect(() => peer.isAborted('invalid_uri')).toThrow(/missing/);
    peer.sends(fails('com.bad', { invocation: 3 }));
    expect(() => peer.isAborted('invalid_uri')).toThrow(/invalid_request_id/);
    peer.isAborted('invalid_request_id');
    expect(world.dealer.stats().sessions).toBe(0);
  });

  it('a clock does not go backwards', () => {
    const clock = new ManualClock(10);
    clock.advance(5);
    expect(clock.now).toBe(15);
    expect(() => clock.advance(-1)).toThrow(RangeError);
  });
});
