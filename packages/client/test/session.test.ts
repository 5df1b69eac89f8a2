import {
  AbortMessage,
  ChallengeMessage,
  ErrorMessage,
  EventMessage,
  GoodbyeMessage,
  InvocationMessage,
  MessageKind,
  Payload,
  ResultMessage,
  WelcomeMessage,
} from '@wamp/protocol';
import {
  CanceledError,
  connect,
  ConnectionError,
  ConnectionLostError,
  TimeoutError,
  UsageError,
  WampError,
  type Authenticator,
} from '@wamp/client';
import { describe, expect, it } from 'vitest';
import { joined, scripted, settle } from './scripted-router.fixture.js';

const PROTOCOL_VIOLATION = 'wamp.error.protocol_violation';

describe('joining a realm', () => {
  it('says HELLO with the realm and the four roles, and is open after WELCOME', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1' });
    const hello = await router.welcomes();
    expect(hello.realm).toBe('realm1');
    expect(Object.keys(hello.details['roles'] as object)).toEqual([
      'publisher',
      'subscriber',
      'caller',
      'callee',
    ]);
    const client = await connecting;
    expect(client).toMatchObject({ sessionId: 4711, realm: 'realm1', status: { current: 'open' } });
  });

  it('SESS-038: announces call_canceling as a callee, so that INTERRUPT may come', async () => {
    const { transport, router } = scripted();
    void connect(transport, { realm: 'realm1' });
    const { details } = await router.welcomes();
    expect(details).toMatchObject({ roles: { callee: { features: { call_canceling: true } } } });
  });

  it('rejects with the reason of an ABORT and the sentence in it', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'nowhere' });
    await router.gets(MessageKind.Hello);
    router.sends(new AbortMessage({ message: 'no realm "nowhere"' }, 'wamp.error.no_such_realm'));
    await expect(connecting).rejects.toMatchObject({
      uri: 'wamp.error.no_such_realm',
      args: ['no realm "nowhere"'],
    });
    await expect(connecting).rejects.toBeInstanceOf(WampError);
  });

  it('SESS-034: RESULT, EVENT or INVOCATION before WELCOME: ABORT protocol_violation', async () => {
    for (const message of [
      new ResultMessage(1),
      new EventMessage(1, 1),
      new InvocationMessage(1, 1),
      new GoodbyeMessage({}, 'wamp.close.system_shutdown'),
    ]) {
      const { transport, router } = scripted();
      const connecting = connect(transport, { realm: 'realm1' });
      await router.gets(MessageKind.Hello);
      router.sends(message);
      await expect(connecting).rejects.toMatchObject({ uri: PROTOCOL_VIOLATION });
      expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
      await router.seesTheEnd();
    }
  });

  it('CHALLENGE for a method that was not offered: ABORT cannot_authenticate', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1' });
    const hello = await router.gets(MessageKind.Hello);
    expect(hello.details).not.toHaveProperty('authmethods');
    router.sends(new ChallengeMessage('ticket', {}));
    await expect(connecting).rejects.toMatchObject({ uri: 'wamp.error.cannot_authenticate' });
    expect((await router.gets(MessageKind.Abort)).reason).toBe('wamp.error.cannot_authenticate');
  });

  it('answers CHALLENGE with what the authenticator says', async () => {
    const auth: Authenticator = {
      method: 'ticket',
      authid: 'joe',
      extra: { hint: 1 },
      onChallenge: ({ method, extra }) => ({
        signature: `${method} for ${String(extra['who'])}`,
        extra: { a: 1 },
      }),
    };
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1', auth });
    const { details } = await router.gets(MessageKind.Hello);
    expect(details).toMatchObject({ authmethods: ['ticket'], authid: 'joe', authextra: { hint: 1 } });
    router.sends(new ChallengeMessage('ticket', { who: 'joe' }));
    expect(await router.gets(MessageKind.Authenticate)).toMatchObject({
      signature: 'ticket for joe',
      extra: { a: 1 },
    });
    router.sends(new WelcomeMessage(1, { roles: {} }));
    expect((await connecting).status.current).toBe('open');
  });

  it('an authenticator that fails ends the attempt, its error is the cause', async () => {
    const trouble = new Error('no key');
    const { transport, router } = scripted();
    const connecting = connect(transport, {
      realm: 'realm1',
      auth: [{ method: 'ticket', onChallenge: () => Promise.reject(trouble) }],
    });
    await router.gets(MessageKind.Hello);
    router.sends(new ChallengeMessage('ticket', {}));
    await expect(connecting).rejects.toMatchObject({ uri: 'wamp.error.cannot_authenticate', cause: trouble });
  });

  it('WELCOME while an authenticator still works is a violation', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, {
      realm: 'realm1',
      auth: { method: 'ticket', onChallenge: () => new Promise<string>(() => undefined) },
    });
    await router.gets(MessageKind.Hello);
    router.sends(new ChallengeMessage('ticket', {}), new WelcomeMessage(1, {}));
    await expect(connecting).rejects.toMatchObject({ uri: PROTOCOL_VIOLATION });
  });

  it('gives up after handshakeTimeoutMs, with ABORT', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1', handshakeTimeoutMs: 20 });
    await expect(connecting).rejects.toBeInstanceOf(TimeoutError);
    await router.gets(MessageKind.Hello);
    expect((await router.gets(MessageKind.Abort)).reason).toBe('wamp.error.timeout');
    await router.seesTheEnd();
  });

  it('gives up when its signal is aborted; the reason is the cause', async () => {
    const { transport, router } = scripted();
    const stop = new AbortController();
    const connecting = connect(transport, { realm: 'realm1', signal: stop.signal });
    await router.gets(MessageKind.Hello);
    stop.abort('enough');
    await expect(connecting).rejects.toBeInstanceOf(CanceledError);
    await expect(connecting).rejects.toMatchObject({ cause: 'enough' });
    await router.seesTheEnd();
  });

  it('terminates a transport that a factory delivers after the attempt was given up', async () => {
    const { transport, router } = scripted();
    const stop = new AbortController();
    let deliver!: () => void;
    const connecting = connect(() => new Promise((resolve) => (deliver = () => resolve(transport))), {
      realm: 'realm1',
      signal: stop.signal,
    });
    stop.abort();
    await expect(connecting).rejects.toBeInstanceOf(CanceledError);
    deliver();
    expect((await router.seesTheEnd()).wasClean).toBe(false);
    expect(router.received).toEqual([]);
  });

  it('a factory that fails: ConnectionError with the cause', async () => {
    const trouble = new Error('no route');
    const connecting = connect(() => Promise.reject(trouble), { realm: 'realm1' });
    await expect(connecting).rejects.toBeInstanceOf(ConnectionError);
    await expect(connecting).rejects.toMatchObject({ cause: trouble });
  });

  it('a connection that ends before WELCOME: ConnectionError', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1' });
    await router.gets(MessageKind.Hello);
    router.cuts();
    await expect(connecting).rejects.toBeInstanceOf(ConnectionError);
  });

  it('an attempt that is given up in the very moment in which the transport is there', async () => {
    const { transport, router } = scripted();
    const stop = new AbortController();
    const connecting = connect(
      async () => {
        queueMicrotask(() => queueMicrotask(() => stop.abort()));
        return transport;
      },
      { realm: 'realm1', signal: stop.signal, handshakeTimeoutMs: 60_000 },
    );
    await expect(connecting).rejects.toBeInstanceOf(CanceledError);
    await router.seesTheEnd();
  });

  it('a target that is none: UsageError', async () => {
    await expect(connect('http://localhost', { realm: 'realm1' })).rejects.toBeInstanceOf(UsageError);
    await expect(connect(42 as never, { realm: 'realm1' })).rejects.toBeInstanceOf(UsageError);
  });
});

describe('an established session', () => {
  it('SESS-032: a second WELCOME: ABORT protocol_violation', async () => {
    const { client, router } = await joined();
    router.sends(new WelcomeMessage(1, { roles: {} }));
    expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
    expect(await client.closed).toMatchObject({ by: 'client', reason: PROTOCOL_VIOLATION });
    expect(client.status.current).toBe('closed');
  });

  it('SESS-033: CHALLENGE after WELCOME: ABORT protocol_violation', async () => {
    const { client, router } = await joined();
    const call = client.call('com.example.add');
    call.catch(() => undefined);
    await router.gets(MessageKind.Call);
    router.sends(new ChallengeMessage('ticket', {}));
    expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
  });

  it('bytes that are no message: ABORT protocol_violation', async () => {
    const { client, router } = await joined();
    router.sendsBytes(new TextEncoder().encode('[36,'));
    expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
    expect((await client.closed).reason).toBe(PROTOCOL_VIOLATION);
  });

  it('a message that only clients send: ABORT protocol_violation', async () => {
    const { router } = await joined();
    router.sendsBytes(new TextEncoder().encode('[48,1,{},"com.example.add"]'));
    expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
  });

  it('ERROR for an INVOCATION, which only clients send: ABORT protocol_violation', async () => {
    const { router } = await joined();
    router.sends(new ErrorMessage(MessageKind.Invocation, 1, {}, 'com.example.error'));
    expect((await router.gets(MessageKind.Abort)).reason).toBe(PROTOCOL_VIOLATION);
  });

  it('SESS-035: GOODBYE from the router: goodbye_and_out is the answer, everything pending rejects', async () => {
    const { client, router } = await joined();
    const pending = [
      client.call('com.example.add'),
      client.register('com.example.add', () => 1),
      client.subscribe('com.example.topic', () => undefined),
      client.publish('com.example.topic', [], { acknowledge: true }),
    ];
    const outcomes = Promise.allSettled(pending);
    for (const kind of [MessageKind.Call, MessageKind.Register, MessageKind.Subscribe, MessageKind.Publish]) {
      await router.gets(kind);
    }
    router.sends(new GoodbyeMessage({}, 'wamp.close.system_shutdown'));
    expect((await router.gets(MessageKind.Goodbye)).reason).toBe('wamp.close.goodbye_and_out');
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionLostError) });
    }
    expect(await client.closed).toMatchObject({
      by: 'router',
      reason: 'wamp.close.system_shutdown',
      wasClean: true,
    });
  });

  it('ABORT from the router: everything pending rejects, the reason is the cause', async () => {
    const { client, router } = await joined();
    const call = client.call('com.example.add');
    call.catch(() => undefined);
    await router.gets(MessageKind.Call);
    router.sends(new AbortMessage({}, 'wamp.close.killed'));
    await expect(call).rejects.toMatchObject({ cause: { uri: 'wamp.close.killed' } });
    expect((await client.closed).by).toBe('router');
    await router.seesTheEnd();
    expect(router.unread).toEqual([]);
  });

  it('SESS-037: a reply to an unknown request is ignored and told', async () => {
    const ignored: string[] = [];
    const { client, router } = await joined({ onIgnored: (sentence) => ignored.push(sentence) });
    router.sends(new ResultMessage(99, {}, Payload.of([1])));
    router.refuses(MessageKind.Call, 98, 'com.example.error');
    const call = client.call('com.example.add');
    const { request } = await router.gets(MessageKind.Call);
    // an answer of the wrong kind with the right id
    router.refuses(MessageKind.Subscribe, request, 'com.example.error');
    router.sends(new ResultMessage(request, {}, Payload.of([3])));
    expect(await call).toBe(3);
    expect(ignored).toHaveLength(3);
  });

  it('fault 22, RPC-034: connection lost: all pending calls reject with ConnectionLostError', async () => {
    const { client, router } = await joined();
    const calls = Promise.allSettled([client.call('a'), client.call('b')]);
    await router.gets(MessageKind.Call);
    await router.gets(MessageKind.Call);
    router.cuts();
    for (const outcome of await calls) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(ConnectionLostError) });
    }
    expect(await client.closed).toMatchObject({ by: 'connection', wasClean: false });
    await expect(client.call('c')).rejects.toBeInstanceOf(ConnectionLostError);
  });

  it('ID-016: request ids are 1, 2, 3, … over all kinds of requests, without gaps when one cannot be sent', async () => {
    const { client, router } = await joined();
    void client.publish('com.example.topic');
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    await expect(client.call('com.example.add', [circle])).rejects.toBeInstanceOf(UsageError);
    client.call('com.example.add').catch(() => undefined);
    client.subscribe('com.example.topic', () => undefined).catch(() => undefined);
    expect((await router.gets(MessageKind.Publish)).request).toBe(1);
    expect((await router.gets(MessageKind.Call)).request).toBe(2);
    expect((await router.gets(MessageKind.Subscribe)).request).toBe(3);
  });
});

describe('what the application is told', () => {
  it('an onError or onIgnored that throws does not end the session', async () => {
    const logged: unknown[] = [];
    const before = console.error;
    console.error = (...args: unknown[]): unknown => logged.push(args);
    try {
      const fail = (): never => {
        throw new Error('the log is full');
      };
      const { client, router } = await joined({ onError: fail, onIgnored: fail });
      void client.subscribe('a.b', fail);
      await router.subscribes(5);
      router.sends(new EventMessage(5, 1), new ResultMessage(99));
      await settle();
      expect(client.status.current).toBe('open');
      expect(logged).toHaveLength(2);
    } finally {
      console.error = before;
    }
  });

  it('without onError: the console hears of event handlers, but not of what a caller was told anyway', async () => {
    const logged: unknown[] = [];
    const before = console.error;
    console.error = (...args: unknown[]): unknown => logged.push(args);
    try {
      const trouble = new Error('oops');
      const fail = (): never => {
        throw trouble;
      };
      const { client, router } = await joined();
      void client.subscribe('a.b', fail);
      void client.register('a.b', fail);
      await router.subscribes(5);
      await router.registers(6);
      router.sends(new InvocationMessage(1, 6), new EventMessage(5, 1));
      await router.gets(MessageKind.Error);
      await settle();
      expect(logged).toEqual([[expect.stringContaining('event'), trouble]]);
    } finally {
      console.error = before;
    }
  });
});

it('what is no request is refused here, because a router would end the session for it', async () => {
  const { client, router } = await joined();
  const odd = [
    client.call(7 as never),
    client.call('a.b', [], { kwargs: [] as never }),
    client.call('a.b', [], { discloseMe: 1 as never }),
    client.register(undefined as never, () => 1),
    client.register('a.b', undefined as never),
    client.register('a.b', () => 1, { concurrency: 0 }),
    client.register('a.b', () => 1, { match: 'regex' as never }),
    client.subscribe(null as never, () => 1),
    client.subscribe('a.b', 'handler' as never),
    client.subscribe('a.b', () => 1, { match: 'suffix' as never }),
    client.publish({} as never),
    client.publish('a.b', [], { eligible: ['joe'] as never }),
    client.publish('a.b', {} as never),
    client.upload('a.b', [1], { timeoutMs: -1 }),
    client.upload('a.b', 7 as never),
    client.stream('a.b', 'x' as never).result,
  ];
  for (const outcome of await Promise.allSettled(odd)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'UsageError' } });
  }
  expect(router.unread).toEqual([]);
  const fine = client.call('a.b');
  fine.catch(() => undefined);
  expect((await router.gets(MessageKind.Call)).request).toBe(1);
});

describe('closing', () => {
  it('says GOODBYE, waits for the answer, then closes the connection', async () => {
    const { client, router } = await joined();
    const closing = client.close();
    expect(client.status.current).toBe('closing');
    expect((await router.gets(MessageKind.Goodbye)).reason).toBe('wamp.close.close_realm');
    router.sends(new GoodbyeMessage({}, 'wamp.close.goodbye_and_out'));
    await closing;
    expect(await client.closed).toMatchObject({ by: 'client', wasClean: true });
    expect(router.end?.wasClean).toBe(true);
  });

  it('SESS-036: accepts any reason in the answer', async () => {
    const { client, router } = await joined();
    const closing = client.close();
    await router.dismisses('wamp.error.something_odd');
    await closing;
    expect((await client.closed).wasClean).toBe(true);
  });

  it('is idempotent, and what is used after it rejects with UsageError', async () => {
    const { client, router } = await joined();
    const closing = [client.close(), client.close()];
    await expect(client.call('com.example.add')).rejects.toBeInstanceOf(UsageError);
    await router.dismisses();
    await Promise.all(closing);
    await client.close();
    await expect(client.call('com.example.add')).rejects.toBeInstanceOf(UsageError);
    await expect(client.register('com.example.add', () => 1)).rejects.toBeInstanceOf(UsageError);
    await expect(client.subscribe('com.example.t', () => 1)).rejects.toBeInstanceOf(UsageError);
    await expect(client.publish('com.example.t')).rejects.toBeInstanceOf(UsageError);
    await expect(client.upload('com.example.add', [1])).rejects.toBeInstanceOf(UsageError);
    expect(router.unread).toEqual([]);
  });

  it('rejects what is pending at once and ignores what still comes', async () => {
    const { client, router } = await joined();
    const call = client.call('com.example.add');
    const { request } = await router.gets(MessageKind.Call);
    const closing = client.close();
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
    await router.gets(MessageKind.Goodbye);
    router.sends(new ResultMessage(request), new InvocationMessage(1, 1), new WelcomeMessage(1, {}));
    await settle();
    expect(router.unread).toEqual([]);
    router.sends(new GoodbyeMessage({}, 'wamp.close.goodbye_and_out'));
    await closing;
  });

  it('treats a GOODBYE of the router that crosses with its own as the answer', async () => {
    const { client, router } = await joined();
    router.sends(new GoodbyeMessage({}, 'wamp.close.system_shutdown'));
    await client.close();
    await router.gets(MessageKind.Goodbye);
    expect(router.unread).toEqual([]);
  });

  it('cuts the connection of a router that never answers', async () => {
    const { client, router } = await joined({ closeTimeoutMs: 20 });
    await client.close();
    expect(await client.closed).toMatchObject({ by: 'client', wasClean: false });
    expect((await router.seesTheEnd()).wasClean).toBe(false);
  });

  it('cuts the connection when the signal of close() is aborted', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const closing = client.close({ signal: stop.signal });
    await router.gets(MessageKind.Goodbye);
    stop.abort();
    await closing;
    expect((await router.seesTheEnd()).wasClean).toBe(false);
  });

  it('is what `await using` does', async () => {
    const { client, router } = await joined();
    const disposed = client[Symbol.asyncDispose]();
    await router.dismisses();
    await disposed;
    expect(client.status.current).toBe('closed');
  });
});
