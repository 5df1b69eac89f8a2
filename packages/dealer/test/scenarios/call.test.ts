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
  yields,
} from '../../src/testing/index.js';
import { addCallee, calleeWithout, isQuiet, setScene } from './scene.fixture.js';

const CALL = 48;

describe('the basic flow', () => {
  it('RPC-008: a call to nothing is refused', () => {
    const world = new DealerWorld();
    const caller = world.joins();
    const request = caller.sends(call('com.nothing'));
    caller.gets(
      error('wamp.error.no_such_procedure', {
        request,
        requestKind: CALL,
        details: {},
        args: ['no callee has registered this procedure'],
      }),
    );
    isQuiet(world, caller);
  });

  it('URI-001, URI-002: a call to an invalid URI is refused, even where a pattern would match it', () => {
    const { caller, callee } = setScene({ procedure: '', register: { match: 'prefix' } });
    for (const uri of ['', '.', 'a..b', '.a', 'a.', 'a b', 'a.\tb', 'a#b', 'a.b\n']) {
      caller.sends(call(uri));
      caller.gets(error('wamp.error.invalid_uri'));
    }
    callee.getsNothing();
  });

  it('URI-016: URIs are compared with their case', () => {
    const { caller } = setScene({ procedure: 'a.B' });
    caller.sends(call('a.b'));
    caller.gets(error('wamp.error.no_such_procedure'));
  });

  it('RPC-010: CALL, INVOCATION, YIELD, RESULT carry ids, arguments and keyword arguments', () => {
    const { world, callee, caller, registration } = setScene();
    const request = caller.sends(call('com.proc', { args: [1, 'two'], kwargs: { three: 3 } }));
    callee.gets(invocation({ id: 1, registration, args: [1, 'two'], kwargs: { three: 3 }, details: {} }));
    callee.sends(yields(['sum'], { kwargs: { carry: true } }));
    caller.gets(result(['sum'], { kwargs: { carry: true }, request, details: {} }));
    isQuiet(world, callee, caller);
  });

  it('RPC-011: an ERROR of the callee reaches the caller with URI, arguments and keyword arguments', () => {
    const { world, callee, caller } = setScene();
    const request = caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(fails('com.bad', { args: [1], kwargs: { why: 'x' } }));
    caller.gets(
      error('com.bad', { args: [1], kwargs: { why: 'x' }, request, requestKind: CALL, details: {} }),
    );
    isQuiet(world, callee, caller);
  });

  it('RPC-012, RPC-038: nothing of options and details is passed on but what the specification defines', () => {
    const { callee, caller } = setScene();
    const smuggled = {
      caller: 99,
      caller_authid: 'root',
      forward_for: [],
      x_custom: 1,
      procedure: 'com.fake',
    };
    caller.sends(call('com.proc', { options: smuggled }));
    callee.gets(invocation({ details: {} }));
    callee.sends(yields([], { options: { x_custom: 1, callee: 3 } }));
    caller.gets(result([], { details: {} }));
    caller.sends(call('com.proc'));
    callee.gets(invocation({ details: {} }));
    callee.sends(fails('com.bad', { details: { x_custom: 1, trace: 'stack' } }));
    caller.gets(error('com.bad', { details: {} }));
  });

  it('RPC-013: 100 calls at once, answered in reverse order', () => {
    const { world, callee, caller } = setScene();
    const requests = Array.from({ length: 100 }, () => caller.sends(call('com.proc')));
    for (let id = 1; id <= 100; id += 1) callee.gets(invocation({ id }));
    for (let id = 100; id >= 1; id -= 1) {
      callee.sends(yields([id], { invocation: id }));
      caller.gets(result([id], { request: requests[id - 1]! }));
    }
    isQuiet(world, callee, caller);
  });

  it('RPC-014: a session may call itself', () => {
    const { world, callee } = setScene();
    callee.sends(call('com.proc', { args: ['me'] }));
    callee.gets(invocation({ args: ['me'] }));
    callee.sends(yields(['too']));
    callee.gets(result(['too']));
    isQuiet(world, callee);
  });

  it('RPC-039: 100,000 calls one after the other leave nothing behind', () => {
    const { world, callee, caller } = setScene();
    const { dealer } = world;
    for (let count = 0; count < 100_000; count += 1) {
      caller.sends(call('com.proc'));
      callee.sends(yields());
      if (count % 1000 === 999) world.history.length = 0;
    }
    expect(dealer.stats()).toEqual({ sessions: 2, registrations: 1, openCalls: 0, queuedCalls: 0 });
    expect(callee.session.invocations.size + caller.session.calls.size).toBe(0);
    expect(dealer.isAtRest()).toBe(true);
  });

  it('ID-003, ID-004: INVOCATION ids are sequential per callee', () => {
    const { world, callee, caller } = setScene();
    const other = addCallee(world, {}, undefined, 'com.other');
    for (const [procedure, peer, id] of [
      ['com.proc', callee, 1],
      ['com.other', other, 1],
      ['com.proc', callee, 2],
      ['com.other', other, 2],
      ['com.proc', callee, 3],
    ] as const) {
      caller.sends(call(procedure));
      peer.gets(invocation({ id }));
    }
  });

  it('ORDER-004: calls of one caller to two procedures of one callee arrive in order', () => {
    const { callee, caller } = setScene();
    callee.sends(register('com.second'));
    callee.gets(registered());
    for (let count = 0; count < 20; count += 1) {
      caller.sends(call(count % 3 === 0 ? 'com.proc' : 'com.second', { args: [count] }));
    }
    for (let count = 0; count < 20; count += 1) callee.gets(invocation({ args: [count] }));
  });

  it('SEC-003: a session has a limited number of open calls', () => {
    const { callee, caller } = setScene({ dealer: { limits: { callsPerSession: 2 } } });
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.limit_exceeded'));
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.gets(invocation());
  });

  it('a call may name another identity than that of its session', () => {
    const { world, callee, caller } = setScene({ register: { disclose_caller: true } });
    const message = call('com.proc')(caller);
    const identity = { session: 77, authid: 'far', authrole: 'away' };
    world.does((dealer, now) => {
      if (message.kind === CALL) dealer.call(caller.session, message, now, identity);
    });
    callee.gets(invocation({ details: { caller: 77, caller_authid: 'far', caller_authrole: 'away' } }));
  });
});

describe('answers that do not belong', () => {
  it('RPC-015: a second final YIELD is discarded, the session stays', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(yields([1]));
    callee.sends(yields([2]));
    callee.sends(fails('com.late'));
    caller.gets(result([1]));
    caller.getsNothing();
    expect(callee.violation).toBeUndefined();
  });

  it.each([0, 2, 2 ** 53])(
    'RPC-016: YIELD or ERROR for the id %d that was never issued is a violation',
    (id) => {
      for (const answer of [yields([], { invocation: id }), fails('com.bad', { invocation: id })]) {
        const { callee, caller } = setScene();
        caller.sends(call('com.proc'));
        callee.gets(invocation({ id: 1 }));
        callee.sends(answer);
        callee.isAborted('invalid_request_id');
        caller.gets(error('wamp.error.canceled'));
        caller.getsNothing();
      }
    },
  );

  it('RPC-017: YIELD and ERROR for canceled calls are discarded', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(cancel('skip'));
    caller.gets(error('wamp.error.canceled'));
    callee.sends(yields([1], { options: { progress: true } }));
    callee.sends(yields([1]));
    callee.sends(fails('com.bad'));
    expect(callee.violation).toBeUndefined();
    isQuiet(world, callee, caller);
  });

  it("RPC-018: a YIELD for another callee's invocation does not reach its caller", () => {
    const { world, callee, caller } = setScene();
    const stranger = addCallee(world, {}, undefined, 'com.other');
    caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 1 }));
    stranger.sends(yields(['forged'], { invocation: 1 }));
    stranger.isAborted('invalid_request_id');
    caller.getsNothing();
    callee.sends(yields(['true']));
    caller.gets(result(['true']));
  });

  it.each(['', 'a b', 'a..b'])(
    'URI-017: the error URI %j is a violation, the caller gets canceled',
    (uri) => {
      const { world, callee, caller } = setScene();
      caller.sends(call('com.proc'));
      callee.gets(invocation());
      callee.sends(fails(uri));
      callee.isAborted('invalid_uri');
      caller.gets(error('wamp.error.canceled'));
      isQuiet(world, caller);
    },
  );

  it('an error URI with capitals is accepted even where names are strict', () => {
    const { callee, caller } = setScene({ dealer: { uriRule: 'strict' } });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(fails('com.Error.Bad-One'));
    caller.gets(error('com.Error.Bad-One'));
  });

  it('ID-009, PCI-010: the id of an open call used again is a violation', () => {
    const { world, callee, caller } = setScene();
    const request = caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(call('com.proc', { request }));
    caller.isAborted('invalid_request_id');
    callee.gets(interrupt('killnowait', 1));
    isQuiet(world, caller, callee);
  });
});

describe('leaving', () => {
  it('RPC-019, RPC-020, RPC-021, RPC-022: the callee leaves: every caller gets canceled, once, with a reason', () => {
    const { world, callee, caller } = setScene();
    const other = world.joins();
    const first = caller.sends(call('com.proc'));
    const second = caller.sends(call('com.proc'));
    other.sends(call('com.proc'));
    callee.leaves();
    const args = ['the callee left before it answered'];
    caller.gets(error('wamp.error.canceled', { request: first, requestKind: CALL, details: {}, args }));
    caller.gets(error('wamp.error.canceled', { request: second }));
    other.gets(error('wamp.error.canceled'));
    isQuiet(world, caller, other);
  });

  it('RPC-023: the caller leaves: a callee that can be interrupted is', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 1 }));
    caller.leaves();
    callee.gets(interrupt('killnowait', 1));
    isQuiet(world, callee);
  });

  it('RPC-024: the caller leaves: a callee that cannot be interrupted gets nothing', () => {
    const { world, callee, caller } = setScene({ callee: calleeWithout('call_canceling') });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.leaves();
    isQuiet(world, callee);
  });

  it('RPC-025: the answer for a caller that has left is discarded', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc'));
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.gets(invocation());
    caller.leaves();
    callee.gets(interrupt());
    callee.gets(interrupt());
    callee.sends(yields([], { invocation: 1 }));
    callee.sends(fails('com.bad', { invocation: 2 }));
    expect(callee.violation).toBeUndefined();
    caller.getsNothing();
  });

  it('RPC-026, RPC-041: a session with calls to itself leaves and everything of it disappears', () => {
    const { world, callee, caller } = setScene();
    callee.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.leaves();
    callee.getsNothing();
    caller.gets(error('wamp.error.canceled'));
    expect(world.dealer.stats()).toEqual({ sessions: 1, registrations: 0, openCalls: 0, queuedCalls: 0 });
    isQuiet(world, caller);
  });

  it('RPC-042: cancel, then the caller leaves, then the callee: nothing crashes, nothing stays', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    caller.sends(cancel('killnowait'));
    caller.leaves();
    callee.leaves();
    expect(world.dealer.stats()).toEqual({ sessions: 0, registrations: 0, openCalls: 0, queuedCalls: 0 });
    expect(world.dealer.isAtRest()).toBe(true);
  });

  it('a session that has left sends and gets nothing any more, and leaving twice is leaving once', () => {
    const { world, callee, caller } = setScene();
    caller.leaves();
    caller.leaves();
    caller.sends(call('com.proc'));
    caller.sends(register('com.more'));
    caller.sends(unregister(1));
    caller.sends(cancel());
    caller.sends(yields([], { invocation: 5 }));
    caller.sends(fails('com.bad', { invocation: 5 }));
    expect(caller.violation).toBeUndefined();
    expect(world.dealer.stats().sessions).toBe(1);
    isQuiet(world, caller, callee);
  });
});

describe('congestion', () => {
  it('RPC-040: the only callee does not take in what it is sent: network_failure, no hang', () => {
    const { world, callee, caller } = setScene();
    callee.isCongested(true);
    caller.sends(call('com.proc'));
    caller.gets(error('wamp.error.network_failure'));
    callee.isCongested(false);
    caller.sends(call('com.proc'));
    callee.gets(invocation({ id: 1 }));
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });
});
