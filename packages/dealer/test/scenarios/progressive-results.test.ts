import { describe, expect, it } from 'vitest';
import {
  call,
  error,
  fails,
  interrupt,
  invocation,
  register,
  registered,
  result,
  yields,
} from '../../src/testing/index.js';
import { calleeWithout, isQuiet, setScene, type Scene, type SceneOptions } from './scene.fixture.js';

const progress = { progress: true };

function streaming(options: SceneOptions = {}): Scene & { request: number } {
  const scene = setScene(options);
  const request = scene.caller.sends(call('com.proc', { options: { receive_progress: true } }));
  return { ...scene, request };
}

describe('progressive call results', () => {
  it('PCR-001: receive_progress is forwarded', () => {
    const { callee } = streaming();
    callee.gets(invocation({ details: { receive_progress: true } }));
  });

  it('PCR-002: not to a callee that did not announce it; the call works', () => {
    const { callee, caller } = streaming({ callee: calleeWithout('progressive_call_results') });
    callee.gets(invocation({ details: {} }));
    callee.sends(yields(['all']));
    caller.gets(result(['all'], { details: {} }));
  });

  it('PCR-003, on purpose otherwise: a callee that announced it without call_canceling gets it as well', () => {
    const { callee, caller } = streaming({ callee: calleeWithout('call_canceling') });
    callee.gets(invocation({ details: { receive_progress: true } }));
    callee.sends(yields([1], { options: progress }));
    caller.gets(result([1], { details: progress }));
  });

  it('PCR-004: not if the caller did not ask', () => {
    const { callee, caller } = setScene();
    for (const options of [{}, { receive_progress: false }]) {
      caller.sends(call('com.proc', { options }));
      callee.gets(invocation({ details: {} }));
    }
  });

  it('PCR-005, PCR-006: progress arrives at once and marked, the final result is not marked', () => {
    const { world, callee, caller, request } = streaming();
    callee.gets(invocation());
    callee.sends(yields([1], { options: progress }));
    caller.gets(result([1], { request, details: progress }));
    callee.sends(yields([2], { options: { progress: false } }));
    caller.gets(result([2], { request, details: {} }));
    isQuiet(world, callee, caller);
  });

  it('PCR-007, ORDER-007: 1000 progressive results stay in order', () => {
    const { callee, caller } = streaming();
    for (let count = 0; count < 1000; count += 1) callee.sends(yields([count], { options: progress }));
    callee.sends(yields(['end']));
    for (let count = 0; count < 1000; count += 1) caller.gets(result([count], { details: progress }));
    caller.gets(result(['end'], { details: {} }));
  });

  it('PCR-008: the final answer may be an ERROR', () => {
    const { world, callee, caller } = streaming();
    callee.gets(invocation());
    callee.sends(yields([1], { options: progress }));
    callee.sends(fails('com.bad'));
    caller.gets(result([1]));
    caller.gets(error('com.bad'));
    isQuiet(world, callee, caller);
  });

  it('PCR-009, PCR-010: payloads may be empty or of any shape', () => {
    const { callee, caller } = streaming();
    callee.sends(yields([], { options: progress }));
    caller.gets(result([], { kwargs: {}, details: progress }));
    callee.sends(yields([], { kwargs: { a: 1 }, options: progress }));
    caller.gets(result([], { kwargs: { a: 1 } }));
    callee.sends(yields([2], { options: progress }));
    caller.gets(result([2], { kwargs: {} }));
    callee.sends(yields());
    caller.gets(result([], { details: {} }));
  });

  it('PCR-011: progress after the final result is discarded', () => {
    const { world, callee, caller } = streaming();
    callee.gets(invocation());
    callee.sends(yields());
    callee.sends(yields([1], { options: progress }));
    caller.gets(result());
    expect(callee.violation).toBeUndefined();
    isQuiet(world, callee, caller);
  });

  it('PCR-012: the caller leaves mid-stream: the callee is interrupted, further results are discarded', () => {
    const { world, callee, caller } = streaming();
    callee.gets(invocation());
    callee.sends(yields([1], { options: progress }));
    caller.gets(result());
    caller.leaves();
    callee.gets(interrupt('killnowait', 1));
    callee.sends(yields([2], { options: progress }));
    callee.sends(yields([3]));
    isQuiet(world, callee, caller);
  });

  it('PCR-013: the callee leaves mid-stream: canceled', () => {
    const { world, callee, caller } = streaming();
    callee.sends(yields([1], { options: progress }));
    callee.leaves();
    caller.gets(result([1]));
    caller.gets(error('wamp.error.canceled'));
    isQuiet(world, caller);
  });

  it('PCR-014: progress that nobody asked for is dropped, the final result is delivered', () => {
    const { world, callee, caller } = setScene();
    caller.sends(call('com.proc'));
    callee.gets(invocation());
    callee.sends(yields([1], { options: progress }));
    caller.getsNothing();
    callee.sends(yields([2]));
    caller.gets(result([2], { details: {} }));
    isQuiet(world, callee, caller);
  });

  it('PCR-015: a callee may ignore the wish', () => {
    const { callee, caller } = streaming();
    callee.sends(yields(['all']));
    caller.gets(result(['all'], { details: {} }));
  });

  it('a callee that announced nothing at all may send progress if the caller asked', () => {
    const { callee, caller } = streaming({ callee: {} });
    callee.gets(invocation({ details: {} }));
    callee.sends(yields([1], { options: progress }));
    caller.gets(result([1], { details: progress }));
  });

  it("streams of two callees do not get in each other's way", () => {
    const { world, callee, caller, request } = streaming();
    const other = world.joins();
    other.sends(register('com.other'));
    other.gets(registered());
    const second = caller.sends(call('com.other', { options: { receive_progress: true } }));
    callee.sends(yields(['a'], { options: progress }));
    other.sends(yields(['b'], { options: progress }));
    callee.sends(yields(['c']));
    caller.gets(result(['a'], { request }));
    caller.gets(result(['b'], { request: second }));
    caller.gets(result(['c'], { request }));
    expect(world.dealer.stats().openCalls).toBe(1);
  });
});
