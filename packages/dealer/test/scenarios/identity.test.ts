import type { Dict } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { call, error, invocation, register, registered } from '../../src/testing/index.js';
import { calleeWithout, isQuiet, setScene } from './scene.fixture.js';

const disclosed = (caller: number): Dict => ({ caller, caller_authid: 'joe', caller_authrole: 'user' });
const DISALLOWED = 'wamp.error.option_disallowed.disclose_me';

describe('caller identification', () => {
  it('IDENT-001, IDENT-002: disclose_me shows session, authid and authrole', () => {
    const { callee, caller } = setScene();
    caller.sends(call('com.proc', { options: { disclose_me: true } }));
    callee.gets(invocation({ details: disclosed(caller.id) }));
  });

  it('IDENT-003: without a wish nothing is shown', () => {
    const { callee, caller } = setScene();
    for (const options of [{}, { disclose_me: false }]) {
      caller.sends(call('com.proc', { options }));
      callee.gets(invocation({ details: {} }));
    }
  });

  it('IDENT-004: where it is disallowed, disclose_me is refused and nothing is invoked', () => {
    const { world, callee, caller } = setScene({ dealer: { disclosure: 'never' } });
    const request = caller.sends(call('com.proc', { options: { disclose_me: true } }));
    caller.gets(error(DISALLOWED, { request, requestKind: 48 }));
    isQuiet(world, callee, caller);
    caller.sends(call('com.proc'));
    callee.gets(invocation({ details: {} }));
  });

  it('IDENT-006: disclose_caller shows the caller of every call', () => {
    const { callee, caller } = setScene({ register: { disclose_caller: true } });
    for (let count = 0; count < 2; count += 1) {
      caller.sends(call('com.proc'));
      callee.gets(invocation({ details: disclosed(caller.id) }));
    }
  });

  it('IDENT-007: where it is disallowed, disclose_caller is refused', () => {
    const { callee } = setScene({ dealer: { disclosure: 'never' } });
    const request = callee.sends(register('com.other', { disclose_caller: true }));
    callee.gets(error(DISALLOWED, { request, requestKind: 64 }));
  });

  it('IDENT-009: a callee that did not announce caller_identification is told nothing', () => {
    const { callee, caller } = setScene({
      callee: calleeWithout('caller_identification'),
      register: { disclose_caller: true },
    });
    caller.sends(call('com.proc', { options: { disclose_me: true } }));
    callee.gets(invocation({ details: {} }));
  });

  it('configured always: every callee is told about every call', () => {
    const { callee, caller } = setScene({ callee: {}, dealer: { disclosure: 'always' } });
    caller.sends(call('com.proc'));
    callee.gets(invocation({ details: disclosed(caller.id) }));
  });

  it('IDENT-010: an identity in the options is not believed', () => {
    const { callee, caller } = setScene();
    const forged = { caller: 1, caller_authid: 'root', caller_authrole: 'admin', trustlevel: 9 };
    caller.sends(call('com.proc', { options: { ...forged, disclose_me: true } }));
    callee.gets(invocation({ details: disclosed(caller.id) }));
  });

  it('IDENT-011: a configured trust level is shown to callees that announced call_trustlevels', () => {
    for (const [features, details] of [
      [undefined, { trustlevel: 3 }],
      [calleeWithout('call_trustlevels'), {}],
    ] as const) {
      const { world, callee } = setScene(features && { callee: features });
      world.joins({ trustLevel: 3 }).sends(call('com.proc'));
      callee.gets(invocation({ details }));
    }
  });

  it("the router's own procedures know who calls, whatever is configured", () => {
    const { world, caller } = setScene({ dealer: { disclosure: 'never' } });
    const router = world.joins({ trusted: true, features: {} });
    router.sends(register('wamp.session.kill', { disclose_caller: true }));
    router.gets(registered());
    caller.sends(call('wamp.session.kill'));
    expect(router.gets(invocation()).details.caller).toBe(caller.id);
  });
});
