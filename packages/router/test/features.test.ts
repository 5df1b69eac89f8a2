import { MessageKind, PublishMessage, SubscribeMessage } from '@wamp/protocol';
import { describe, expect, it } from 'vitest';
import { House } from './test-peer.fixture.js';

async function announced(options = {}): Promise<Record<string, string[]>> {
  const peer = await new House({ realms: { realm1: options } }).joins();
  const roles = peer.welcome!.details['roles'] as Record<string, { features: Record<string, true> }>;
  return Object.fromEntries(
    Object.entries(roles).map(([role, { features }]) => [role, Object.keys(features).sort()]),
  );
}

it('FEAT-001: WELCOME announces what works, and nothing else', async () => {
  expect(await announced()).toEqual({
    broker: [
      'event_retention',
      'pattern_based_subscription',
      'payload_passthru_mode',
      'publisher_exclusion',
      'publisher_identification',
      'session_meta_api',
      'subscriber_blackwhite_listing',
      'subscription_meta_api',
      'subscription_revocation',
    ],
    dealer: [
      'call_canceling',
      'call_timeout',
      'caller_identification',
      'pattern_based_registration',
      'payload_passthru_mode',
      'progressive_call_invocations',
      'progressive_call_results',
      'registration_meta_api',
      'registration_revocation',
      'session_meta_api',
      'shared_registration',
      'testament_meta_api',
      'x_credit',
    ],
  });
  expect((await announced({ reroute: true }))['dealer']).toContain('call_reroute');
  const idle = await announced({ roles: [{ name: 'anonymous' }] });
  const trusting = [
    await announced({ roles: [{ name: 'anonymous', trustLevel: 0 }] }),
    await announced({ trustLevelOf: () => undefined }),
  ];
  for (const [role, feature] of [
    ['dealer', 'call_trustlevels'],
    ['broker', 'publication_trustlevels'],
  ] as const) {
    expect(idle[role]).not.toContain(feature);
    for (const roles of trusting) expect(roles[role]).toContain(feature);
  }
  expect((await announced({ history: [] }))['broker']).not.toContain('event_history');
  expect((await announced({ history: [{ uri: 'a.topic' }] }))['broker']).toContain('event_history');
});

it('FEAT-002: progressive results and invocations come with canceling', async () => {
  const { dealer } = await announced();
  expect(dealer).toEqual(
    expect.arrayContaining(['progressive_call_results', 'progressive_call_invocations', 'call_canceling']),
  );
});

describe('what is announced works through the whole router', () => {
  it('publisher_exclusion, subscriber_blackwhite_listing: the publisher chooses who gets an event', async () => {
    const house = new House();
    const [one, two, three] = [await house.joins(), await house.joins(), await house.joins()];
    for (const peer of [one, two, three]) await peer.subscribes('a.topic');
    one.publishes('a.topic', [1], { exclude: [two.id] });
    expect((await three.gets(MessageKind.Event)).payload.args).toEqual([1]);
    one.publishes('a.topic', [2], { exclude_me: false, eligible: [one.id] });
    expect((await one.gets(MessageKind.Event)).payload.args).toEqual([2]);
    one.publishes('a.topic', [3], { eligible: [] });
    for (const peer of [one, two, three]) await peer.getsNothing();
  });

  it('publisher_identification, caller_identification: identity is given where it is asked for', async () => {
    const house = new House();
    const [one, two] = [await house.joins(), await house.joins()];
    await two.subscribes('a.topic');
    await two.registers('a.proc');
    one.publishes('a.topic', [], { disclose_me: true });
    expect((await two.gets(MessageKind.Event)).details).toMatchObject({ publisher: one.id });
    one.calls('a.proc', [], undefined, { disclose_me: true });
    expect((await two.gets(MessageKind.Invocation)).details).toMatchObject({
      caller: one.id,
      caller_authrole: 'anonymous',
    });
  });

  it('shared_registration: calls go round', async () => {
    const house = new House();
    const [caller, one, two] = [await house.joins(), await house.joins(), await house.joins()];
    await one.registers('a.proc', { invoke: 'roundrobin' });
    await two.registers('a.proc', { invoke: 'roundrobin' });
    caller.calls('a.proc', [1]);
    caller.calls('a.proc', [2]);
    expect((await one.gets(MessageKind.Invocation)).payload.args).toEqual([1]);
    expect((await two.gets(MessageKind.Invocation)).payload.args).toEqual([2]);
  });

  it('payload_passthru_mode: a publisher that did not announce it breaks the protocol', async () => {
    const house = new House();
    const announcing = await house.joins();
    const silent = await house.joins('realm1', { roles: { publisher: {} } });
    const watching = await house.joins();
    watching.sends(new SubscribeMessage(1, {}, 'a.topic'));
    await watching.gets(MessageKind.Subscribed);
    announcing.sends(new PublishMessage(1, { ppt_scheme: 'x_my' }, 'a.topic'));
    expect((await watching.gets(MessageKind.Event)).details).toEqual({ ppt_scheme: 'x_my' });
    silent.sends(new PublishMessage(1, { ppt_scheme: 'x_my' }, 'a.topic'));
    await silent.isAborted();
    await watching.getsNothing();
  });
});
