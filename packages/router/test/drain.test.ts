import { CallMessage, GoodbyeMessage, MessageKind, Payload } from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { expect, it } from 'vitest';
import { ResumingPeer } from './resuming-peer.fixture.js';
import { ALL_FEATURES, House, settled, type TestPeer } from './test-peer.fixture.js';

const KNOWING = { roles: ALL_FEATURES, x_drain: true };
const LONG_MS = 60_000;

/** A call that runs: its caller, its callee, and the callee's invocation. */
async function runningCall(
  house: House,
): Promise<{ caller: TestPeer; callee: TestPeer; request: number; finish: () => void }> {
  const callee = await house.joins();
  await callee.registers('a.proc');
  const caller = await house.joins();
  const request = caller.calls('a.proc');
  const invocation = await callee.gets(MessageKind.Invocation);
  return { caller, callee, request, finish: () => callee.yields(invocation, ['done']) };
}

it('idle sessions end at once: their transport closes, and no GOODBYE or ABORT makes their clients stay away', async () => {
  const house = new House();
  const idle = await house.joins();
  const joining = house.peer();
  await settled();
  expect(await house.router.drain({ timeoutMs: LONG_MS })).toEqual({ interrupted: 0 });
  for (const peer of [idle, joining]) {
    expect(peer.how).toMatchObject({ wasClean: true });
    await peer.getsNothing();
  }
  const late = house.peer();
  expect(await late.isClosed()).toBe(true);
  await late.getsNothing();
  expect(house.router.stats()).toMatchObject({ sessions: 0, handshakes: 0 });
});

it('running calls finish, also those with chunks; new ones are refused as not routed', async () => {
  const house = new House();
  const { caller, callee, request, finish } = await runningCall(house);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  const late = caller.calls('a.proc');
  const refusal = await caller.gets(MessageKind.Error);
  expect(refusal).toMatchObject({
    requestKind: MessageKind.Call,
    request: late,
    error: 'wamp.error.unavailable',
    details: { x_drained: true },
  });
  await caller.registers('b.proc');
  house.clock.advance(LONG_MS / 2);
  expect(await caller.isClosed()).toBe(false);
  finish();
  expect((await caller.gets(MessageKind.Result)).request).toBe(request);
  await settled();
  house.clock.advance(1_000);
  expect(await drained).toEqual({ interrupted: 0 });
  for (const peer of [caller, callee]) {
    expect(await peer.isClosed()).toBe(true);
    await peer.getsNothing();
  }
});

it('a progressive call may go on; a new one of the same kind may not begin', async () => {
  const house = new House();
  const callee = await house.joins();
  await callee.registers('a.proc');
  const caller = await house.joins();
  const chunk = (request: number, progress: boolean): CallMessage =>
    new CallMessage(request, { progress }, 'a.proc', Payload.of(['chunk']));
  caller.sends(chunk(1, true));
  await callee.gets(MessageKind.Invocation);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  caller.sends(chunk(2, true), chunk(2, false), chunk(1, false));
  expect((await caller.gets(MessageKind.Error)).request).toBe(2);
  const last = await callee.gets(MessageKind.Invocation);
  callee.yields(last);
  expect((await caller.gets(MessageKind.Result)).request).toBe(1);
  await caller.getsNothing();
  house.clock.advance(1_000);
  expect(await drained).toEqual({ interrupted: 0 });
});

it('a client that knows it gets a GOODBYE that says that what is unanswered was not routed', async () => {
  const house = new House();
  const peer = await house.joins('realm1', KNOWING);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  // On its way when the router decided.
  peer.calls('a.proc');
  const goodbye = await peer.gets(MessageKind.Goodbye);
  expect([goodbye.reason, goodbye.details['x_drained']]).toEqual(['wamp.close.system_shutdown', true]);
  await peer.getsNothing();
  peer.sends(new GoodbyeMessage({}, 'wamp.close.goodbye_and_out'));
  expect(await peer.isClosed()).toBe(true);
  expect(await drained).toEqual({ interrupted: 0 });
});

it('when the time is up the others end too, and are counted; nobody is told that nothing was routed', async () => {
  const house = new House();
  const callee = await house.joins('realm1', KNOWING);
  await callee.registers('a.proc');
  const caller = await house.joins('realm1', KNOWING);
  caller.calls('a.proc');
  await callee.gets(MessageKind.Invocation);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  house.clock.advance(LONG_MS + 1_000);
  const goodbye = await callee.gets(MessageKind.Goodbye);
  expect(goodbye.details).not.toHaveProperty('x_drained');
  // The caller learns what became of its call, so that its GOODBYE may say that nothing else was routed.
  expect((await caller.gets(MessageKind.Error)).error).toBe('wamp.error.canceled');
  expect((await caller.gets(MessageKind.Goodbye)).details['x_drained']).toBe(true);
  for (const peer of [callee, caller]) peer.sends(new GoodbyeMessage({}, 'wamp.close.goodbye_and_out'));
  expect(await drained).toEqual({ interrupted: 1 });
});

it('a peer that does not answer GOODBYE holds nobody up', async () => {
  const house = new House();
  const peer = await house.joins('realm1', KNOWING);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  await peer.gets(MessageKind.Goodbye);
  house.clock.advance(60_000);
  expect(await peer.isClosed()).toBe(true);
  expect(await drained).toEqual({ interrupted: 0 });
});

it('with permissions to be checked it is the same, and nobody is asked about calls that are refused anyway', async () => {
  const asked: string[] = [];
  const authorizer = {
    authorize: (_: unknown, action: string, uri: string) => {
      asked.push(`${action} ${uri}`);
      return 'allowed' as const;
    },
  };
  const house = new House({ realms: { realm1: { authorizer } } });
  const { caller, finish } = await runningCall(house);
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  expect(await caller.failure('b.proc')).toBe('wamp.error.unavailable');
  expect(asked).toEqual(['register a.proc', 'call a.proc']);
  finish();
  await caller.gets(MessageKind.Result);
  house.clock.advance(1_000);
  expect(await drained).toEqual({ interrupted: 0 });
  expect(house.clock.running).toBe(0);
});

it.each([
  ['connected', false],
  ['between two connections', true],
])('a session that can be resumed, %s, holds nobody up and is not kept', async (_, isAway) => {
  const house = new House();
  const peer = new ResumingPeer({ router: house.router, serializer: json(), heard: () => undefined });
  peer.redials = false;
  peer.dial();
  await settled();
  if (isAway) {
    peer.link!.terminate('cut');
    await settled();
    expect(house.router.stats().detached).toBe(1);
  }
  const drained = house.router.drain({ timeoutMs: LONG_MS });
  await settled();
  // Whoever is away cannot take its last frames.
  if (isAway) house.clock.advance(60_000);
  expect(await drained).toEqual({ interrupted: 0 });
  expect(house.router.stats()).toMatchObject({ sessions: 0, handshakes: 0, detached: 0 });
  expect(house.clock.running).toBe(0);
});
