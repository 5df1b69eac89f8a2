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

const ppt = { ppt_scheme: 'x_mine', ppt_serializer: 'cbor', ppt_cipher: 'aes256gcm', ppt_keyid: 'key' };
const bytes = new Uint8Array([1, 2, 3]);
const UNSUPPORTED = 'wamp.error.feature_not_supported';

function calling(options: SceneOptions = {}, callOptions = {}): Scene {
  const scene = setScene(options);
  scene.caller.sends(call('com.proc', { options: callOptions }));
  scene.callee.gets(invocation());
  return scene;
}

describe('payload passthru mode', () => {
  it('PPT-001, PPT-014: CALL to INVOCATION: attributes and payload are passed on untouched', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc', { args: [bytes], options: { ...ppt, other: 1 } }));
    callee.gets(invocation({ args: [bytes], details: ppt }));
  });

  it('PPT-002: YIELD to RESULT, progressive or final', () => {
    const { callee, caller } = calling({}, { receive_progress: true });
    callee.sends(yields([bytes], { options: { ...ppt, progress: true } }));
    caller.gets(result([bytes], { details: { ...ppt, progress: true } }));
    callee.sends(yields([bytes], { options: { ppt_scheme: 'mqtt', other: 1 } }));
    caller.gets(result([bytes], { details: { ppt_scheme: 'mqtt' } }));
  });

  it('PPT-003: ERROR to ERROR', () => {
    const { callee, caller } = calling();
    callee.sends(fails('com.bad', { args: [bytes], details: { ...ppt, other: 1 } }));
    caller.gets(error('com.bad', { args: [bytes], details: ppt }));
  });

  it('payload transparency, as Crossbar.io has it, passes without being announced', () => {
    const enc = { enc_algo: 'cryptobox', enc_key: 'k', enc_serializer: 'cbor' };
    const { callee, caller } = setScene({ caller: callerWithout('payload_passthru_mode') });
    caller.sends(call('com.proc', { args: [bytes], options: { ...enc, other: 1 } }));
    callee.gets(invocation({ args: [bytes], details: enc }));
    callee.sends(yields([bytes], { options: enc }));
    caller.gets(result([bytes], { details: enc }));
  });

  it('PPT-005: a caller that did not announce it breaks the protocol', () => {
    const { callee, caller } = setScene({ caller: callerWithout('payload_passthru_mode') });
    caller.sends(call('com.proc', { options: ppt }));
    caller.isAborted('feature_not_announced');
    callee.getsNothing();
  });

  it('PPT-007: so does a callee, with YIELD or ERROR; the caller gets canceled', () => {
    for (const answer of [
      yields([], { options: ppt }),
      yields([], { options: { ...ppt, progress: true } }),
      fails('com.bad', { details: ppt }),
    ]) {
      const { world, callee, caller } = calling({ callee: calleeWithout('payload_passthru_mode') });
      callee.sends(answer);
      callee.isAborted('feature_not_announced');
      caller.gets(error('wamp.error.canceled'));
      isQuiet(world, caller);
    }
  });

  it('PPT-009: a callee that did not announce it cannot be called this way', () => {
    const { world, callee, caller } = setScene({ callee: calleeWithout('payload_passthru_mode') });
    caller.sends(call('com.proc', { options: ppt }));
    caller.gets(error(UNSUPPORTED));
    isQuiet(world, callee, caller);
  });

  it('PPT-010: a caller that did not announce it gets feature_not_supported for such an answer; the call is over', () => {
    for (const answer of [yields([bytes], { options: ppt }), fails('com.bad', { details: ppt })]) {
      const { world, callee, caller } = calling({ caller: callerWithout('payload_passthru_mode') });
      callee.sends(answer);
      caller.gets(error(UNSUPPORTED, { details: {} }));
      expect(callee.violation).toBeUndefined();
      isQuiet(world, callee, caller);
    }
  });

  it('PPT-010: for a progressive answer the callee is told to stop, too', () => {
    const { world, callee, caller } = calling(
      { caller: callerWithout('payload_passthru_mode') },
      { receive_progress: true },
    );
    callee.sends(yields([bytes], { options: { ...ppt, progress: true } }));
    caller.gets(error(UNSUPPORTED));
    callee.gets(interrupt('killnowait', 1));
    isQuiet(world, callee, caller);
  });

  it('PPT-010: after a kill a progressive answer of that kind ends the call as well', () => {
    const { world, callee, caller } = calling(
      { caller: callerWithout('payload_passthru_mode') },
      { receive_progress: true },
    );
    caller.sends(cancel('kill'));
    callee.gets(interrupt('kill'));
    callee.sends(yields([bytes], { options: { ...ppt, progress: true } }));
    caller.gets(error(UNSUPPORTED));
    isQuiet(world, callee, caller);
  });

  it('PCR-014: progress that nobody asked for is dropped, passed thru or not', () => {
    const { callee, caller } = calling({ caller: callerWithout('payload_passthru_mode') });
    callee.sends(yields([bytes], { options: { ...ppt, progress: true } }));
    caller.getsNothing();
    callee.sends(yields(['plain']));
    caller.gets(result(['plain']));
  });

  it('PPT-012: an empty or absent scheme is no passthru', () => {
    const { callee, caller } = setScene({ caller: {}, callee: {} });
    for (const options of [{ ppt_scheme: '' }, { ppt_serializer: 'cbor' }]) {
      caller.sends(call('com.proc', { options }));
      callee.gets(invocation({ details: {} }));
      callee.sends(yields([], { options }));
      caller.gets(result([], { details: {} }));
    }
  });
});
