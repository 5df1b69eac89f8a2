import { describe, expect, it } from 'vitest';
import {
  call,
  cancel,
  error,
  fails,
  interrupt,
  invocation,
  result,
  yields,
} from '../../src/testing/index.js';
import {
  calleeWithout,
  callerWithout,
  isQuiet,
  setScene,
  type Scene,
  type SceneOptions,
} from './scene.fixture.js';

const CANCELED = 'wamp.error.canceled';

/** A call is out, and its INVOCATION has arrived. */
function calling(options: SceneOptions = {}, callOptions = {}): Scene & { request: number } {
  const scene = setScene(options);
  const request = scene.caller.sends(call('com.proc', { options: callOptions }));
  scene.callee.gets(invocation({ id: 1 }));
  return { ...scene, request };
}

describe('skip', () => {
  it('CANCEL-001: the caller gets canceled at once, the callee gets no INTERRUPT', () => {
    const { world, callee, caller, request } = calling();
    caller.sends(cancel('skip'));
    caller.gets(error(CANCELED, { request, requestKind: 48, details: {} }));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-002: later answers are discarded, the callee stays', () => {
    for (const answer of [yields(), fails('com.bad')]) {
      const { world, callee, caller } = calling();
      caller.sends(cancel('skip'));
      caller.gets(error(CANCELED));
      callee.sends(answer);
      expect(callee.violation).toBeUndefined();
      isQuiet(world, callee, caller);
    }
  });
});

describe('kill', () => {
  it('CANCEL-003: the callee is interrupted, the caller waits', () => {
    const { callee, caller } = calling();
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill', 1));
    caller.getsNothing();
  });

  it("CANCEL-004: the callee's ERROR is the answer, unchanged", () => {
    const { world, callee, caller, request } = calling();
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    callee.sends(fails('com.stopped', { args: [1], kwargs: { at: 2 } }));
    caller.gets(error('com.stopped', { request, args: [1], kwargs: { at: 2 } }));
    isQuiet(world, callee, caller);
  });

  it("CANCEL-005: so is the callee's result", () => {
    const { world, callee, caller, request } = calling();
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    callee.sends(yields(['done']));
    caller.gets(result(['done'], { request }));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-008: a callee without call_canceling: canceled at once, no INTERRUPT', () => {
    const { world, callee, caller } = calling({ callee: calleeWithout('call_canceling') });
    caller.sends(cancel('kill'));
    caller.gets(error(CANCELED));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-017: the callee leaves while its answer is awaited: canceled, exactly once', () => {
    const { world, callee, caller } = calling();
    caller.sends(cancel('kill'));
    callee.leaves();
    caller.gets(error(CANCELED));
    isQuiet(world, caller);
  });

  it('CANCEL-020: the deadline stays armed: timeout, once', () => {
    const { world, callee, caller } = calling({}, { timeout: 100 });
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    world.passes(100);
    caller.gets(error('wamp.error.timeout'));
    callee.sends(fails(CANCELED));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-028: progressive results do not end the call, and are not passed on any more', () => {
    const { world, callee, caller } = calling({}, { receive_progress: true, timeout: 100 });
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    world.passes(60);
    callee.sends(yields([1], { options: { progress: true } }));
    caller.getsNothing();
    world.passes(40);
    caller.gets(error('wamp.error.timeout'));
    callee.sends(yields());
    isQuiet(world, callee, caller);
  });

  it('CANCEL-029: a session that calls itself can interrupt itself', () => {
    const { world, callee } = setScene();
    callee.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(cancel('kill'));
    callee.gets(interrupt('kill', 1));
    callee.sends(fails(CANCELED));
    callee.gets(error(CANCELED));
    isQuiet(world, callee);
  });
});

describe('killnowait', () => {
  it('CANCEL-006, CANCEL-010: the caller gets canceled at once and the callee is interrupted; it is the default', () => {
    for (const mode of ['killnowait', undefined] as const) {
      const { world, callee, caller, request } = calling();
      caller.sends(cancel(mode));
      caller.gets(error(CANCELED, { request }));
      callee.gets(interrupt('killnowait', 1));
      isQuiet(world, callee, caller);
    }
  });

  it('CANCEL-007: later answers are discarded', () => {
    for (const answer of [yields(), fails(CANCELED)]) {
      const { world, callee, caller } = calling();
      caller.sends(cancel('killnowait'));
      caller.gets(error(CANCELED));
      callee.gets(interrupt());
      callee.sends(answer);
      isQuiet(world, callee, caller);
    }
  });

  it('CANCEL-009: a callee without call_canceling: canceled at once, no INTERRUPT', () => {
    const { world, callee, caller } = calling({ callee: calleeWithout('call_canceling') });
    caller.sends(cancel('killnowait'));
    caller.gets(error(CANCELED));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-018: the callee leaves afterwards: no second ERROR', () => {
    const { world, callee, caller } = calling();
    caller.sends(cancel('killnowait'));
    caller.gets(error(CANCELED));
    callee.leaves();
    isQuiet(world, caller);
  });

  it('CANCEL-019: the timeout elapses afterwards: nothing is sent', () => {
    const { world, callee, caller } = calling({}, { timeout: 100 });
    caller.sends(cancel('killnowait'));
    caller.gets(error(CANCELED));
    callee.gets(interrupt());
    expect(world.dealer.nextDeadline()).toBeUndefined();
    world.passes(1000);
    isQuiet(world, callee, caller);
  });
});

describe('any mode', () => {
  it('CANCEL-012, CANCEL-013: CANCEL for an unknown or finished call is ignored', () => {
    const { world, callee, caller, request } = calling();
    caller.sends(cancel('kill', 999));
    callee.sends(yields());
    caller.gets(result());
    caller.sends(cancel('kill', request));
    isQuiet(world, callee, caller);
  });

  it('CANCEL-014: the same CANCEL again is ignored', () => {
    const { callee, caller } = calling();
    caller.sends(cancel('kill'));
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    callee.getsNothing();
    caller.getsNothing();
  });

  it.each(['killnowait', 'skip', undefined] as const)(
    'CANCEL-015: kill, then %s: canceled at once, no second INTERRUPT, the answer is discarded',
    (mode) => {
      const { world, callee, caller } = calling();
      caller.sends(cancel('kill'));
      callee.gets(interrupt('kill'));
      caller.sends(cancel(mode));
      caller.gets(error(CANCELED));
      callee.sends(fails(CANCELED));
      isQuiet(world, callee, caller);
    },
  );

  it("CANCEL-016: nobody cancels another session's call", () => {
    const { world, callee, caller, request } = calling();
    world.joins().sends(cancel('kill', request));
    callee.getsNothing();
    callee.sends(yields());
    caller.gets(result());
  });

  it('CANCEL-021: YIELD and CANCEL cross: one final message', () => {
    for (const mode of ['skip', 'kill', 'killnowait'] as const) {
      const { world, callee, caller } = calling();
      callee.sends(yields(['first']));
      caller.sends(cancel(mode));
      caller.gets(result(['first']));
      isQuiet(world, callee, caller);
    }
  });

  it('CANCEL-027: a caller that did not announce call_canceling may cancel', () => {
    const { callee, caller } = calling({ caller: callerWithout('call_canceling') });
    caller.sends(cancel('killnowait'));
    caller.gets(error(CANCELED));
    callee.gets(interrupt('killnowait'));
  });

  it('the caller leaves after a kill: no second INTERRUPT, nothing stays', () => {
    const { world, callee, caller } = calling();
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    caller.leaves();
    callee.sends(fails(CANCELED));
    isQuiet(world, callee, caller);
  });
});

describe('a caller that forgets what it cancels', () => {
  it.each(['skip', 'killnowait', undefined] as const)('gets no answer in mode %s', (mode) => {
    const { world, callee, caller } = setScene({ callerForgets: true });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(cancel(mode));
    if (mode === 'skip') callee.getsNothing();
    else callee.gets(interrupt('killnowait'));
    callee.sends(yields());
    caller.getsNothing();
    expect(world.dealer.isAtRest()).toBe(true);
  });

  it('gets its answer in mode kill', () => {
    const { callee, caller } = setScene({ callerForgets: true });
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    callee.sends(fails('wamp.error.canceled'));
    caller.gets(error('wamp.error.canceled'));
  });
});
