import {
  CallMessage,
  ChallengeMessage,
  ErrorMessage,
  EventMessage,
  EventReceivedMessage,
  InterruptMessage,
  InvocationMessage,
  MessageKind,
  PublishedMessage,
  PublishMessage,
  RegisteredMessage,
  RegisterMessage,
  ResultMessage,
  SubscribedMessage,
  SubscribeMessage,
  UnregisteredMessage,
  UnregisterMessage,
  UnsubscribedMessage,
  UnsubscribeMessage,
  WelcomeMessage,
  type Message,
  type RequestKind,
} from '@wamp/protocol';
import { json } from '@wamp/protocol/json';
import { describe, expect, it } from 'vitest';
import { House, SERIALIZERS } from './test-peer.fixture.js';

const ODD = { foo_bar: 1, _my_key: 2, forward_for: [{ session: 1, authid: 'x', authrole: 'y' }], caller: 5 };

describe.each(SERIALIZERS)('options that nobody knows, over %s', (_, serializer) => {
  it('MSG-010, MSG-011, RPC-038, SEC-005: are ignored, and copied nowhere', async () => {
    const house = new House();
    const one = await house.joins('realm1', undefined, serializer());
    const other = await house.joins('realm1', undefined, serializer());
    await other.registers('a.proc', ODD);
    await other.subscribes('a.topic', ODD);
    const call = one.calls('a.proc', [1], undefined, { ...ODD, transport: 1, publisher: 7 });
    const invocation = await other.gets(MessageKind.Invocation);
    expect(invocation.details).toEqual({});
    other.yields(invocation, [2]);
    expect(await one.gets(MessageKind.Result)).toMatchObject({ request: call, details: {} });
    one.publishes('a.topic', [1], { ...ODD, acknowledge: true });
    await one.gets(MessageKind.Published);
    expect((await other.gets(MessageKind.Event)).details).toEqual({});
    other.sends(new UnregisterMessage(other.next(), 0x1_0000));
    expect(await other.isRefused(MessageKind.Unregister, 3)).toBe('wamp.error.no_such_registration');
  });
});

describe('the direction of messages', () => {
  const forClients: readonly Message[] = [
    new WelcomeMessage(1, { roles: { broker: {} } }),
    new ChallengeMessage('ticket', {}),
    new PublishedMessage(1, 1),
    new SubscribedMessage(1, 1),
    new UnsubscribedMessage(1),
    new EventMessage(1, 1),
    new ResultMessage(1),
    new RegisteredMessage(1, 1),
    new UnregisteredMessage(1),
    new InvocationMessage(1, 1),
    new InterruptMessage(1, {}),
  ];
  it.each(forClients.map((message): [number, Message] => [message.kind, message]))(
    'MSG-024: message %i from a client is a violation',
    async (_, message) => {
      const peer = await new House().joins();
      peer.sends(message);
      await peer.isAborted();
    },
  );

  it.each<RequestKind>([16, 32, 34, 48, 64, 66])(
    'MSG-025: ERROR that answers a request of kind %i is a violation',
    async (kind) => {
      const peer = await new House().joins();
      peer.sends(new ErrorMessage(kind, 1, {}, 'a.b'));
      await peer.isAborted();
    },
  );

  it('MSG-034: EVENT_RECEIVED is ignored', async () => {
    const peer = await new House().joins();
    peer.sends(new EventReceivedMessage(4711));
    await peer.getsNothing();
    expect(await peer.result('wamp.session.count')).toEqual([1]);
  });
});

describe('what is no message at all', () => {
  it.each([
    ['MSG-001', '[]'],
    ['MSG-002', '{}'],
    ['MSG-002', '5'],
    ['MSG-002', '"x"'],
    ['MSG-002', 'null'],
    ['MSG-003', '["48",1,{},"a.b"]'],
    ['MSG-004', '[99,1]'],
    ['MSG-004', '[0]'],
    ['MSG-004', '[7]'],
    ['MSG-005', '[256,1]'],
    ['MSG-006', '[48,1,{}]'],
    ['MSG-007', '[48,1,[],"a.b"]'],
    ['MSG-008', '[32,1,{},5]'],
    ['MSG-009', '[16,"1",{},"a.b"]'],
    ['MSG-012', '[16,1,{"acknowledge":1},"a.b"]'],
    ['MSG-020', '[64,1,{"invoke":"whatever"},"a.b"]'],
    ['no JSON', '[48,1,{}'],
  ])('%s: %s ends the session, and only that one', async (_, text) => {
    const house = new House();
    const peer = await house.joins('realm1', undefined, json());
    const other = await house.joins();
    peer.transport.send(new TextEncoder().encode(text));
    await peer.isAborted();
    expect(await other.result('wamp.session.count')).toEqual([1]);
  });
});

it('MSG-035: an ERROR names the kind and the id of the request that it answers', async () => {
  const peer = await new House().joins();
  peer.sends(
    new PublishMessage(1, { acknowledge: true }, 'a..b'),
    new SubscribeMessage(2, {}, 'a..b'),
    new UnsubscribeMessage(3, 1),
    new CallMessage(4, {}, 'a.b'),
    new RegisterMessage(5, {}, 'a..b'),
    new UnregisterMessage(6, 1),
  );
  const expected: [RequestKind, string][] = [
    [MessageKind.Publish, 'wamp.error.invalid_uri'],
    [MessageKind.Subscribe, 'wamp.error.invalid_uri'],
    [MessageKind.Unsubscribe, 'wamp.error.no_such_subscription'],
    [MessageKind.Call, 'wamp.error.no_such_procedure'],
    [MessageKind.Register, 'wamp.error.invalid_uri'],
    [MessageKind.Unregister, 'wamp.error.no_such_registration'],
  ];
  for (const [index, [kind, uri]] of expected.entries()) {
    const error = await peer.gets(MessageKind.Error);
    expect(error).toMatchObject({ requestKind: kind, request: index + 1, details: {}, error: uri });
  }
});

describe('the name space wamp', () => {
  it.each([
    ['URI-010', 'wamp.foo', {}],
    ['URI-011', 'wamp', {}],
    ['URI-011', 'wamp', { match: 'prefix' }],
    ['URI-011', 'wamp.', { match: 'prefix' }],
    ['URI-011', 'wamp..x', { match: 'wildcard' }],
  ] as const)('%s: REGISTER %s %j is refused', async (_, uri, options) => {
    const peer = await new House().joins();
    peer.sends(new RegisterMessage(1, options, uri));
    expect(await peer.isRefused(MessageKind.Register, 1)).toBe('wamp.error.invalid_uri');
  });

  it('URI-012: nobody can forge a meta event', async () => {
    const house = new House();
    const forger = await house.joins();
    const watcher = await house.joins();
    await watcher.subscribes('wamp.session.on_join');
    forger.publishes('wamp.session.on_join', [{ session: 1 }]);
    const acknowledged = forger.publishes('wamp.session.on_join', [{}], { acknowledge: true });
    expect(await forger.isRefused(MessageKind.Publish, acknowledged)).toBe('wamp.error.invalid_uri');
    await watcher.getsNothing();
  });

  it('URI-013: a prefix registration of everything does not capture wamp.*', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('', { match: 'prefix' });
    expect(await callee.failure('wamp.foo.bar')).toBe('wamp.error.no_such_procedure');
    await callee.getsNothing();
  });

  it('URI-014: a wildcard registration does not capture the meta API', async () => {
    const house = new House();
    const callee = await house.joins();
    await callee.registers('..', { match: 'wildcard' });
    expect(await callee.result('wamp.session.count')).toEqual([1]);
    await callee.getsNothing();
  });

  it('URI-015: names that only look like it are ordinary', async () => {
    const peer = await new House().joins();
    await peer.registers('wampx.foo');
    await peer.registers('com.wamp.foo');
  });

  it('a realm with the strict rule refuses what the loose rule admits', async () => {
    const house = new House({ realms: { realm1: { uriRule: 'strict' } } });
    const peer = await house.joins();
    peer.sends(new SubscribeMessage(1, {}, 'A.b'), new RegisterMessage(2, {}, 'a-b'));
    expect(await peer.isRefused(MessageKind.Subscribe, 1)).toBe('wamp.error.invalid_uri');
    expect(await peer.isRefused(MessageKind.Register, 2)).toBe('wamp.error.invalid_uri');
  });
});
