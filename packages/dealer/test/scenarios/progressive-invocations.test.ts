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
  type Draft,
} from '../../src/testing/index.js';
import {
  addCallee,
  calleeWithout,
  callerWithout,
  isQuiet,
  setScene,
  setSharedScene,
  whoWasInvoked,
  type Scene,
  type SceneOptions,
} from './scene.fixture.js';

const progress = { progress: true };

const chunk = (request: number, args: readonly unknown[] = [], procedure = 'com.proc'): Draft =>
  call(procedure, { request, args, options: progress });
const lastChunk = (request: number, args: readonly unknown[] = [], procedure = 'com.proc'): Draft =>
  call(procedure, { request, args });

/** The first chunk of a progressive call is out. */
function uploading(options: SceneOptions = {}, callOptions = {}): Scene & { request: number } {
  const scene = setScene(options);
  const first = call('com.proc', { args: [0], options: { ...progress, ...callOptions } });
  return { ...scene, request: scene.caller.sends(first) };
}

describe('progressive call invocations', () => {
  it('PCI-001: every chunk is an INVOCATION with the same id; the last has no progress', () => {
    const { world, callee, caller, request, registration } = uploading();
    caller.sends(chunk(request, [1]));
    caller.sends(call('com.proc', { request, args: [2], options: { progress: false } }));
    callee.gets(invocation({ id: 1, registration, args: [0], details: progress }));
    callee.gets(invocation({ id: 1, registration, args: [1], details: progress }));
    callee.gets(invocation({ id: 1, registration, args: [2], details: {} }));
    callee.sends(yields(['sum']));
    caller.gets(result(['sum'], { request }));
    isQuiet(world, callee, caller);
  });

  it('PCI-002: a caller that did not announce it breaks the protocol', () => {
    const { callee, caller } = uploading({ caller: callerWithout('progressive_call_invocations') });
    caller.isAborted('feature_not_announced');
    callee.getsNothing();
  });

  it.each(['progressive_call_invocations', 'call_canceling'])(
    'PCI-004, PCI-005, PCI-006: a callee without %s: feature_not_supported, no record; later chunks are discarded',
    (feature) => {
      const { world, callee, caller, request } = uploading({ callee: calleeWithout(feature) });
      caller.gets(error('wamp.error.feature_not_supported', { request }));
      caller.sends(chunk(request));
      caller.sends(lastChunk(request));
      expect(world.dealer.stats().openCalls).toBe(0);
      isQuiet(world, callee, caller);
    },
  );

  it('PCI-007: other calls may come between the chunks', () => {
    const { callee, caller, request } = uploading();
    caller.sends(call('com.proc', { args: ['other'] }));
    caller.sends(lastChunk(request));
    for (const id of [1, 2, 1]) callee.gets(invocation({ id }));
    expect(caller.violation).toBeUndefined();
  });

  it('PCI-010: a chunk for an ordinary call is a violation', () => {
    const { callee, caller } = setScene();
    const request = caller.sends(call('com.proc'));
    callee.gets(invocation());
    caller.sends(chunk(request));
    caller.isAborted('invalid_request_id');
  });

  it('PCI-011, PCI-027: an early result ends the call once; later chunks are discarded without a reply', () => {
    const { world, callee, caller, request } = uploading();
    callee.gets(invocation());
    callee.sends(yields(['enough']));
    caller.gets(result(['enough']));
    caller.sends(chunk(request));
    caller.sends(lastChunk(request));
    callee.sends(yields(['again']));
    isQuiet(world, callee, caller);
    expect(caller.session.endedStreams.size).toBe(0);
  });

  it('PCI-012: an early ERROR ends the call; later chunks are discarded', () => {
    const { world, callee, caller, request } = uploading();
    callee.gets(invocation());
    callee.sends(fails('com.full'));
    caller.gets(error('com.full'));
    caller.sends(chunk(request));
    caller.sends(lastChunk(request));
    isQuiet(world, callee, caller);
  });

  it('PCI-013: a chunk of a call that ended early long ago is discarded', () => {
    const { world, callee, caller, request } = uploading();
    callee.gets(invocation());
    callee.sends(yields());
    caller.gets(result());
    for (let count = 0; count < 500; count += 1) {
      caller.sends(call('com.nothing', { options: progress }));
      caller.gets(error('wamp.error.no_such_procedure'));
    }
    caller.sends(chunk(request));
    isQuiet(world, callee, caller);
  });

  it('what is remembered of ended calls is bounded', () => {
    const { caller } = uploading({ dealer: { limits: { endedStreamsPerSession: 2 } } });
    for (let count = 0; count < 3; count += 1) {
      caller.sends(call('com.nothing', { options: progress }));
      caller.gets(error('wamp.error.no_such_procedure'));
    }
    expect(caller.session.endedStreams.size).toBe(2);
  });

  it('ID-009: a progressive call may have a lower id than an earlier call, and is answered', () => {
    const { caller } = setScene();
    for (const request of [10, 5, 4]) {
      caller.sends(call('com.nothing', { request, options: request === 4 ? progress : {} }));
      caller.gets(error('wamp.error.no_such_procedure', { request }));
    }
  });

  it('chunks of a call to nothing are discarded', () => {
    const { world, callee, caller } = setScene();
    const request = caller.sends(call('com.later', { options: progress }));
    caller.gets(error('wamp.error.no_such_procedure'));
    callee.sends(register('com.later'));
    callee.gets(registered());
    caller.sends(chunk(request, [], 'com.later'));
    caller.sends(lastChunk(request, [], 'com.later'));
    isQuiet(world, callee, caller);
  });

  it('a new ordinary call may have a lower id than an earlier one', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc', { request: 50 }));
    caller.sends(call('com.proc', { request: 20 }));
    callee.gets(invocation({ id: 1 }));
    callee.gets(invocation({ id: 2 }));
    callee.sends(yields(['low'], { invocation: 2 }));
    caller.gets(result(['low'], { request: 20 }));
  });

  it('PCI-014: all chunks go to the same callee, the next call to the next one', () => {
    const { callees, caller } = setSharedScene(3, { invoke: 'roundrobin' });
    const request = caller.sends(call('com.proc', { options: progress }));
    caller.sends(chunk(request));
    caller.sends(lastChunk(request));
    expect(whoWasInvoked(callees)).toEqual([0, 0, 0]);
    caller.sends(call('com.proc'));
    expect(whoWasInvoked(callees)).toEqual([1]);
  });

  it('PCI-015: options of later chunks are ignored', () => {
    const { world, callee, caller, request } = uploading();
    callee.gets(invocation({ details: progress }));
    const others = { disclose_me: true, timeout: 5, receive_progress: true, ppt_scheme: 'x_other', rkey: 1 };
    caller.sends(call('com.proc', { request, options: { ...progress, ...others } }));
    callee.gets(invocation({ details: progress }));
    caller.sends(call('com.proc', { request, options: others }));
    callee.gets(invocation({ details: {} }));
    expect(world.dealer.nextDeadline()).toBeUndefined();
    callee.sends(yields([1], { options: progress }));
    caller.getsNothing();
  });

  it('PCI-016, PCI-017, PPT-017: every INVOCATION repeats the details of the first', () => {
    const scene = setScene({
      procedure: 'com',
      register: { match: 'prefix', forward_timeout: true },
    });
    const { callee, caller } = scene;
    const options = {
      ...progress,
      disclose_me: true,
      receive_progress: true,
      timeout: 500,
      ppt_scheme: 'x_mine',
      ppt_keyid: 'k',
    };
    const request = caller.sends(call('com.proc', { options }));
    caller.sends(chunk(request));
    caller.sends(lastChunk(request));
    const details = {
      procedure: 'com.proc',
      caller: caller.id,
      caller_authid: 'joe',
      caller_authrole: 'user',
      receive_progress: true,
      timeout: 500,
      ppt_scheme: 'x_mine',
      ppt_keyid: 'k',
    };
    callee.gets(invocation({ details: { ...details, ...progress } }));
    callee.gets(invocation({ details: { ...details, ...progress } }));
    callee.gets(invocation({ details }));
  });

  it('PCI-018: the caller leaves mid-upload: the callee is interrupted', () => {
    const { world, callee, caller } = uploading();
    callee.gets(invocation());
    caller.leaves();
    callee.gets(interrupt('killnowait', 1));
    isQuiet(world, callee, caller);
  });

  it('PCI-019: the callee leaves mid-upload: canceled; further chunks are discarded', () => {
    const { world, callee, caller, request } = uploading();
    callee.leaves();
    caller.gets(error('wamp.error.canceled'));
    caller.sends(chunk(request));
    caller.sends(lastChunk(request));
    isQuiet(world, caller);
  });

  it('PCI-020: chunks one way and progressive results the other way, in order', () => {
    const { world, callee, caller, request } = uploading({}, { receive_progress: true });
    callee.gets(invocation({ args: [0] }));
    for (let count = 1; count < 10; count += 1) {
      callee.sends(yields([count], { options: progress }));
      caller.sends(chunk(request, [count]));
    }
    caller.sends(lastChunk(request, [10]));
    callee.sends(yields(['end']));
    for (let count = 1; count <= 10; count += 1) callee.gets(invocation({ args: [count] }));
    for (let count = 1; count < 10; count += 1) caller.gets(result([count], { details: progress }));
    caller.gets(result(['end'], { details: {} }));
    isQuiet(world, callee, caller);
  });

  it.each(['kill', 'killnowait', 'skip'] as const)(
    'PCI-021: CANCEL %s mid-upload; later chunks are discarded',
    (mode) => {
      const { world, callee, caller, request } = uploading();
      callee.gets(invocation());
      caller.sends(cancel(mode));
      if (mode !== 'skip') callee.gets(interrupt(mode, 1));
      if (mode !== 'kill') caller.gets(error('wamp.error.canceled'));
      caller.sends(chunk(request));
      caller.sends(lastChunk(request));
      if (mode === 'kill') {
        callee.sends(fails('wamp.error.canceled'));
        caller.gets(error('wamp.error.canceled'));
      }
      isQuiet(world, callee, caller);
    },
  );

  it('PCI-022: the registration is removed mid-upload: chunks still reach the callee', () => {
    const { world, callee, caller, request } = uploading();
    callee.gets(invocation());
    callee.sends(unregister());
    callee.gets(unregistered());
    caller.sends(chunk(request, [1]));
    caller.sends(lastChunk(request, [2]));
    callee.gets(invocation({ id: 1, registration: 1, args: [1] }));
    callee.gets(invocation({ id: 1, registration: 1, args: [2] }));
    callee.sends(yields());
    caller.gets(result());
    isQuiet(world, callee, caller);
  });

  it('PCI-023: a better match comes mid-upload: the stream stays where it is', () => {
    const { world, callee, caller } = setScene({ procedure: 'com', register: { match: 'prefix' } });
    const request = caller.sends(call('com.proc', { options: progress }));
    const better = addCallee(world, {});
    caller.sends(lastChunk(request));
    callee.gets(invocation());
    callee.gets(invocation());
    better.getsNothing();
  });

  it('PCI-024: a chunk for another procedure is a violation and is never delivered', () => {
    const { callee, caller, request } = uploading();
    callee.gets(invocation());
    callee.sends(register('com.other'));
    callee.gets(registered());
    caller.sends(chunk(request, [], 'com.other'));
    caller.isAborted('invalid_request_id');
    callee.gets(interrupt('killnowait'));
    callee.getsNothing();
  });

  it('PCI-025: a chunk after the own last one is a violation while the call is open', () => {
    for (const draft of [chunk, lastChunk]) {
      const { callee, caller, request } = uploading();
      caller.sends(lastChunk(request));
      callee.gets(invocation());
      callee.gets(invocation());
      caller.sends(draft(request));
      caller.isAborted('invalid_request_id');
    }
  });

  it('PCI-029: a call with the id 2^53 goes on while the ids start again at 1', () => {
    const { callee, caller } = setScene();
    const last = 2 ** 53;
    caller.sends(call('com.proc', { request: last, options: progress }));
    caller.sends(call('com.proc', { request: 1, options: progress, args: ['new'] }));
    caller.sends(lastChunk(last));
    callee.gets(invocation({ id: 1 }));
    callee.gets(invocation({ id: 2, args: ['new'] }));
    callee.gets(invocation({ id: 1 }));
    callee.sends(yields([], { invocation: 1 }));
    caller.gets(result([], { request: last }));
    caller.sends(lastChunk(1));
    callee.gets(invocation({ id: 2 }));
    expect(caller.violation).toBeUndefined();
  });

  it('CONC-013 with chunks: after a skip mid-upload the slot is held until the callee answers', () => {
    const { world, callee, caller } = uploading({ register: { concurrency: 1 } });
    caller.sends(cancel('skip'));
    caller.gets(error('wamp.error.canceled'));
    caller.sends(call('com.proc'));
    caller.gets(error('crossbar.error.max_concurrency_reached'));
    callee.gets(invocation());
    callee.sends(yields());
    isQuiet(world, callee, caller);
  });
});
