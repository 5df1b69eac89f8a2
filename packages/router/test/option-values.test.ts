/** Wrong values of known options, written as a stranger writes them: in raw JSON. */
import {
  InterruptMessage,
  MessageKind,
  YieldMessage,
  CallMessage,
  CancelMessage,
  PublishMessage,
  RegisterMessage,
  SubscribeMessage,
} from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { describe, expect, it } from 'vitest';
import { ALL_FEATURES, House, settled, type TestPeer } from './test-peer.fixture.js';

function sendsRaw(peer: TestPeer, message: unknown): void {
  peer.transport.send(new TextEncoder().encode(JSON.stringify(message)));
}

/** The features of one role without one of them. */
function without(role: string, ...features: string[]): Record<string, unknown> {
  const roles = structuredClone(ALL_FEATURES) as Record<string, { features: Record<string, true> }>;
  for (const feature of features) Reflect.deleteProperty(roles[role]!.features, feature);
  return { roles };
}

describe('a known option with a wrong value ends the session, and only that one', () => {
  const publish = (options: object): unknown[] => [16, 1, options, 'a.b'];
  const subscribe = (options: object): unknown[] => [32, 1, options, 'a.b'];
  const register = (options: object): unknown[] => [64, 1, options, 'a.b'];
  const call = (options: object): unknown[] => [48, 1, options, 'a.b'];
  const cases: readonly [string, readonly unknown[][]][] = [
    ['MSG-012: PUBLISH.acknowledge', [publish({ acknowledge: 1 })]],
    ['MSG-013: PUBLISH.exclude_me', [publish({ exclude_me: 'true' })]],
    ['MSG-014: PUBLISH.retain', [publish({ retain: 0 })]],
    [
      'MSG-015: PUBLISH.exclude and eligible',
      [publish({ exclude: 5 }), publish({ exclude: ['a'] }), publish({ eligible: {} })],
    ],
    [
      'MSG-016: PUBLISH by authid and authrole',
      [publish({ exclude_authid: [1] }), publish({ eligible_authrole: 'x' })],
    ],
    ['MSG-018: SUBSCRIBE.match', [subscribe({ match: 'regex' }), subscribe({ match: 1 })]],
    ['MSG-019: SUBSCRIBE.get_retained', [subscribe({ get_retained: 1 })]],
    [
      'MSG-020: REGISTER.match and invoke',
      [
        register({ match: 'regex' }),
        register({ match: 1 }),
        register({ invoke: 'foo' }),
        register({ invoke: 5 }),
      ],
    ],
    ['MSG-021: CALL.timeout', ['5', -1, 1.5, true].map((timeout) => call({ timeout }))],
    [
      'MSG-022: CALL flags',
      [call({ receive_progress: 1 }), call({ progress: 'x' }), call({ disclose_me: 1 })],
    ],
    [
      'MSG-023, CANCEL-011: CANCEL.mode',
      [
        [49, 1, { mode: 'foo' }],
        [49, 1, { mode: 5 }],
      ],
    ],
    [
      'CANCEL-030: CANCEL of another length',
      [
        [49, 1],
        [49, 1, {}, []],
      ],
    ],
    ['CONC-012: REGISTER.concurrency', [0, -1, true, '5'].map((concurrency) => register({ concurrency }))],
    ['PPT-013: ppt_scheme', [call({ ppt_scheme: 1 }), publish({ ppt_scheme: {} })]],
  ];
  const rows = cases.flatMap(([name, messages]) =>
    messages.map((message): [string, unknown] => [name, message]),
  );

  it.each(rows)('%s: %j', async (_, message) => {
    const house = new House();
    const offender = await house.joins('realm1', undefined, json());
    const other = await house.joins('realm1', undefined, json());
    sendsRaw(offender, message);
    expect(await offender.isAborted()).not.toBe('');
    expect(await other.result('wamp.session.count')).toEqual([1]);
  });

  it('MSG-017: empty lists are valid, and an empty whitelist is nobody', async () => {
    const peer = await new House().joins('realm1', undefined, json());
    sendsRaw(peer, [
      16,
      1,
      { acknowledge: true, exclude: [], exclude_authid: [], exclude_authrole: [] },
      'a.b',
    ]);
    expect((await peer.gets(MessageKind.Published)).request).toBe(1);
  });

  it('CANCEL-030: CANCEL without options is accepted', async () => {
    const peer = await new House().joins();
    peer.sends(new CancelMessage(1, {}));
    await peer.getsNothing();
    expect(await peer.isClosed()).toBe(false);
  });
});

describe('what was not announced is not sent', () => {
  it('FEAT-003: the misspelt call_cancelling counts as call_canceling', async () => {
    const house = new House();
    const details = without('callee', 'call_canceling') as {
      roles: Record<string, { features: Record<string, true> }>;
    };
    details.roles['callee']!.features['call_cancelling'] = true;
    const callee = await house.joins('realm1', details);
    const caller = await house.joins();
    await callee.registers('a.proc');
    const request = caller.calls('a.proc');
    const invocation = await callee.gets(MessageKind.Invocation);
    caller.sends(new CancelMessage(request, { mode: 'kill' }));
    expect(await callee.gets(MessageKind.Interrupt)).toEqual(
      new InterruptMessage(invocation.request, { mode: 'kill' }),
    );
  });

  it('FEAT-004: INTERRUPT is not sent to a callee without call_canceling', async () => {
    const house = new House();
    const callee = await house.joins('realm1', without('callee', 'call_canceling'));
    const caller = await house.joins();
    await callee.registers('a.proc');
    for (const mode of ['skip', 'kill', 'killnowait'] as const) {
      const request = caller.calls('a.proc');
      await callee.gets(MessageKind.Invocation);
      caller.sends(new CancelMessage(request, { mode }));
      expect(await caller.isRefused(MessageKind.Call, request)).toBe('wamp.error.canceled');
    }
    caller.calls('a.proc');
    await callee.gets(MessageKind.Invocation);
    await caller.leaves();
    await callee.getsNothing();
  });

  it('FEAT-005, FEAT-006: revocations are not sent to those who did not announce them', async () => {
    const house = new House({ realms: { realm1: { adminRoles: ['anonymous'] } } });
    const roles = { ...ALL_FEATURES, callee: {}, subscriber: {} };
    const modest = await house.joins('realm1', { roles });
    const admin = await house.joins();
    const registration = await modest.registers('a.proc');
    const subscription = await modest.subscribes('a.topic');
    await admin.result('wamp.registration.remove_callee', [registration, modest.id]);
    await admin.result('wamp.subscription.remove_subscriber', [subscription, modest.id]);
    await modest.getsNothing();
    expect(await admin.failure('a.proc')).toBe('wamp.error.no_such_procedure');
  });

  it('FEAT-007, PCR-003 (ours): receive_progress goes to every callee that announced progressive_call_results', async () => {
    // autobahn-js and wampy never announce call_canceling; without this their progressive results would be lost.
    const house = new House();
    const callee = await house.joins('realm1', without('callee', 'call_canceling'));
    const caller = await house.joins();
    await callee.registers('a.proc');
    const request = caller.next();
    caller.sends(new CallMessage(request, { receive_progress: true }, 'a.proc'));
    const invocation = await callee.gets(MessageKind.Invocation);
    expect(invocation.details).toEqual({ receive_progress: true });
    callee.sends(
      new YieldMessage(invocation.request, { progress: true }),
      new YieldMessage(invocation.request),
    );
    expect((await caller.gets(MessageKind.Result)).details).toEqual({ progress: true });
    expect((await caller.gets(MessageKind.Result)).details).toEqual({});
  });

  it('FEAT-008: a callee without caller_identification gets no caller for a mere disclose_me', async () => {
    const house = new House();
    const callee = await house.joins('realm1', without('callee', 'caller_identification'));
    const caller = await house.joins();
    await callee.registers('a.proc');
    caller.calls('a.proc', [], {}, { disclose_me: true });
    expect((await callee.gets(MessageKind.Invocation)).details).toEqual({});
  });
});

describe('what a refusal leaves behind', () => {
  it('FORCE-005: an unauthorized force_reregister kicks nobody', async () => {
    let isAllowed = true;
    const authorizer = { authorize: () => (isAllowed ? ('allowed' as const) : ('denied' as const)) };
    const house = new House({ realms: { realm1: { authorizer } } });
    const holder = await house.joins();
    const intruder = await house.joins();
    await holder.registers('a.proc');
    isAllowed = false;
    const request = intruder.next();
    intruder.sends(new RegisterMessage(request, { force_reregister: true }, 'a.proc'));
    expect(await intruder.isRefused(MessageKind.Register, request)).toBe('wamp.error.not_authorized');
    isAllowed = true;
    intruder.calls('a.proc');
    await holder.gets(MessageKind.Invocation);
  });

  it('SEC-007: ERROR and ABORT carry sentences for people, no stack traces', async () => {
    const house = new House();
    const peer = await house.joins();
    peer.sends(
      new SubscribeMessage(peer.next(), {}, 'a..b'),
      new PublishMessage(peer.next(), { acknowledge: true }, 'wamp.x'),
    );
    for (const error of [await peer.gets(MessageKind.Error), await peer.gets(MessageKind.Error)]) {
      expect(JSON.stringify(error.payload.args)).not.toMatch(/\.ts|\.js|\n| at /);
    }
    peer.sends(new YieldMessage(99));
    expect(await peer.isAborted()).not.toMatch(/\.ts|\.js|\n| at /);
    await settled();
  });
});
