import { MessageKind } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { House } from './test-peer.fixture.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('a call that asks for no timeout', () => {
  it('ends after a day with wamp.error.timeout: no call waits for ever', async () => {
    const house = new House();
    const callee = await house.joins();
    const caller = await house.joins();
    await callee.registers('a.proc');
    const request = caller.calls('a.proc');
    await callee.gets(MessageKind.Invocation);
    house.clock.advance(DAY_MS - 1);
    await caller.getsNothing();
    house.clock.advance(1);
    expect(await caller.isRefused(MessageKind.Call, request)).toBe('wamp.error.timeout');
  });

  it('TIMEOUT-006: waits for ever where the operator wants it', async () => {
    const house = new House({ realms: { realm1: { maxTimeoutMs: 0 } } });
    const callee = await house.joins();
    const caller = await house.joins();
    await callee.registers('a.proc');
    caller.calls('a.proc');
    const invocation = await callee.gets(MessageKind.Invocation);
    house.clock.advance(30 * DAY_MS);
    await caller.getsNothing();
    callee.yields(invocation, ['late']);
    expect((await caller.gets(MessageKind.Result)).payload.args).toEqual(['late']);
  });
});
