import {
  CancelMessage,
  ErrorMessage,
  MessageKind,
  UnregisterMessage,
  UnsubscribeMessage,
  YieldMessage,
} from '@wamp/protocol';
import { expect, it } from 'vitest';
import { House } from './test-peer.fixture.js';

const two = (): House => new House({ realms: { one: { adminRoles: ['anonymous'] }, two: {} } });

it('SESS-031: the same names in two realms never meet', async () => {
  const house = two();
  const [here, there] = [await house.joins('one'), await house.joins('two')];
  await here.registers('a.proc');
  await there.registers('a.proc');
  await here.subscribes('a.topic');
  await there.subscribes('a.topic');
  const [caller, publisher] = [await house.joins('one'), await house.joins('one')];
  caller.calls('a.proc', ['one']);
  publisher.publishes('a.topic', ['one']);
  expect((await here.gets(MessageKind.Invocation)).payload.args).toEqual(['one']);
  expect((await here.gets(MessageKind.Event)).payload.args).toEqual(['one']);
  await there.getsNothing();
});

it('SEC-001: nothing of one realm can be addressed by its id from another', async () => {
  const house = two();
  const [there, attacker, accomplice] = [
    await house.joins('two'),
    await house.joins('one'),
    await house.joins('one'),
  ];
  // Registration and subscription ids of the second realm that the first one does not have
  for (let n = 0; n < 5; n += 1) await there.registers(`padding.p${n}`);
  const registration = await there.registers('a.proc');
  for (let n = 0; n < 5; n += 1) await there.subscribes(`padding.t${n}`);
  const subscription = await there.subscribes('a.topic');
  await accomplice.subscribes('b.topic');

  attacker.sends(new UnregisterMessage(attacker.next(), registration));
  expect(await attacker.isRefused(MessageKind.Unregister, 1)).toBe('wamp.error.no_such_registration');
  attacker.sends(new UnsubscribeMessage(attacker.next(), subscription));
  expect(await attacker.isRefused(MessageKind.Unsubscribe, 2)).toBe('wamp.error.no_such_subscription');
  expect(await attacker.failure('wamp.session.get', [there.id])).toBe('wamp.error.no_such_session');
  expect(await attacker.failure('wamp.session.kill', [there.id])).toBe('wamp.error.no_such_session');
  expect(await attacker.failure('wamp.registration.remove_callee', [registration, there.id])).toMatch(
    /no_such_registration|no_such_session|not_authorized/,
  );
  expect(await attacker.failure('wamp.subscription.remove_subscriber', [subscription, there.id])).toBe(
    'wamp.error.no_such_subscription',
  );
  attacker.publishes('a.topic', [], { eligible: [there.id] });
  await there.getsNothing();

  const caller = await house.joins('two');
  const call = caller.calls('a.proc');
  const { request } = await there.gets(MessageKind.Invocation);
  attacker.sends(new CancelMessage(call, { mode: 'skip' }));
  await caller.getsNothing();
  attacker.sends(new YieldMessage(request));
  await attacker.isAborted();
  accomplice.sends(new ErrorMessage(MessageKind.Invocation, request, {}, 'a.b'));
  await accomplice.isAborted();
  await caller.getsNothing();
  there.sends(new YieldMessage(request));
  await caller.gets(MessageKind.Result);
});
