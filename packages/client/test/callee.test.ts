import type { ErrorMessage } from '@wamp/protocol';
import {
  InterruptMessage,
  InvocationMessage,
  MessageKind,
  Payload,
  RegisteredMessage,
  UnregisteredMessage,
  type Message,
} from '@wamp/protocol';
import {
  CanceledError,
  connect,
  ConnectionLostError,
  Result,
  TimeoutError,
  UnavailableError,
  WampError,
  type Client,
  type ConnectOptions,
  type Invocation,
  type InvocationHandler,
  type RegisterOptions,
  type Registration,
} from '@wamp/client';
import { describe, expect, it } from 'vitest';
import { joined, scripted, settle, type ScriptedRouter } from './scripted-router.fixture.js';

const REGISTRATION = 77;

interface Served {
  client: Awaited<ReturnType<typeof joined>>['client'];
  router: ScriptedRouter;
  registration: Registration;
}

/** A client that serves `a.b` as registration 77. */
async function serving(
  handler: InvocationHandler,
  options: RegisterOptions = {},
  connectOptions: Partial<ConnectOptions> = {},
): Promise<Served> {
  const { client, router } = await joined({ onError: () => undefined, ...connectOptions });
  const registering = client.register('a.b', handler, options);
  await router.registers(REGISTRATION);
  return { client, router, registration: await registering };
}

function invokes(
  router: ScriptedRouter,
  request: number,
  args: unknown[] = [],
  details = {},
  kwargs = {},
): void {
  router.sends(new InvocationMessage(request, REGISTRATION, details, Payload.of(args, kwargs)));
}

/** What is sent for one invocation of this handler. */
async function answerOf(handler: InvocationHandler, args: unknown[] = [], details = {}): Promise<Message> {
  const { router } = await serving(handler);
  invokes(router, 1, args, details);
  while (router.unread.length === 0) await settle();
  const [answer] = router.unread;
  return answer!;
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('registering', () => {
  it('sends the options under their names in the specification', async () => {
    const { client, router } = await joined();
    void client.register('a.', () => 1, {
      match: 'prefix',
      invoke: 'roundrobin',
      concurrency: 3,
      discloseCaller: true,
      forceReregister: true,
      forwardTimeout: true,
      onRevoked: () => undefined,
    });
    const register = await router.registers(5);
    expect(register.procedure).toBe('a.');
    expect(register.options).toEqual({
      match: 'prefix',
      invoke: 'roundrobin',
      concurrency: 3,
      disclose_caller: true,
      force_reregister: true,
      forward_timeout: true,
    });
  });

  it('rejects with the router’s refusal', async () => {
    const { client, router } = await joined();
    const registering = client.register('a.b', () => 1);
    const { request } = await router.gets(MessageKind.Register);
    router.refuses(MessageKind.Register, request, 'wamp.error.procedure_already_exists');
    await expect(registering).rejects.toMatchObject({ uri: 'wamp.error.procedure_already_exists' });
  });

  it('serves an INVOCATION that comes in the same moment as REGISTERED', async () => {
    const { client, router } = await joined();
    void client.register('a.b', () => 'there');
    const { request } = await router.gets(MessageKind.Register);
    router.sends(new RegisteredMessage(request, REGISTRATION), new InvocationMessage(1, REGISTRATION));
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['there']);
  });

  it('a second registration of the same procedure in one session is refused, the first stays', async () => {
    const { client, router } = await serving(() => 'first');
    const second = client.register('a.b', () => 'second', { invoke: 'roundrobin' });
    await router.registers(REGISTRATION);
    await expect(second).rejects.toMatchObject({ uri: 'wamp.error.procedure_already_exists' });
    invokes(router, 1);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['first']);
  });

  it('gives a registration back that comes after its signal was aborted', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    const registering = client.register('a.b', () => 'never', { signal: stop.signal });
    const { request } = await router.gets(MessageKind.Register);
    stop.abort();
    await expect(registering).rejects.toBeInstanceOf(CanceledError);
    router.sends(new RegisteredMessage(request, REGISTRATION), new InvocationMessage(1, REGISTRATION));
    expect((await router.gets(MessageKind.Unregister)).registration).toBe(REGISTRATION);
    expect((await router.gets(MessageKind.Error)).error).toBe('wamp.error.no_such_registration');
  });

  it('unregisters once, and serves until the router has confirmed', async () => {
    const { router, registration } = await serving(() => 'here');
    const leaving = [registration.unregister(), registration.unregister()];
    const { request } = await router.gets(MessageKind.Unregister);
    invokes(router, 1);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['here']);
    router.sends(new UnregisteredMessage(request));
    await Promise.all(leaving);
    expect(registration.isActive).toBe(false);
    await registration.unregister();
    expect(router.unread).toEqual([]);
  });

  it('an UNREGISTER that is refused leaves the registration in place, unless the router does not know it', async () => {
    const { router, registration } = await serving(() => 'here');
    const first = registration.unregister();
    router.refuses(MessageKind.Unregister, (await router.gets(MessageKind.Unregister)).request, 'a.refusal');
    await expect(first).rejects.toMatchObject({ uri: 'a.refusal' });
    expect(registration.isActive).toBe(true);
    const second = registration.unregister();
    const { request } = await router.gets(MessageKind.Unregister);
    router.refuses(MessageKind.Unregister, request, 'wamp.error.no_such_registration');
    await expect(second).rejects.toMatchObject({ uri: 'wamp.error.no_such_registration' });
    expect(registration.isActive).toBe(false);
    invokes(router, 1);
    expect((await router.gets(MessageKind.Error)).error).toBe('wamp.error.no_such_registration');
  });

  it('a revocation callback that throws is reported', async () => {
    const reported: unknown[] = [];
    const trouble = new Error('no');
    const fail = (): never => {
      throw trouble;
    };
    const onError = (error: unknown, origin: unknown): unknown => reported.push(error, origin);
    const { client, router } = await serving(() => 1, { onRevoked: fail }, { onError });
    router.sends(new UnregisteredMessage(0, { registration: REGISTRATION }));
    await settle();
    expect(reported).toEqual([trouble, { where: 'revocation', uri: 'a.b' }]);
    expect(client.status.current).toBe('open');
  });

  it('REVOKE-005: a revocation removes the handler and is told; an unknown one is ignored', async () => {
    const reasons: unknown[] = [];
    const { client, router, registration } = await serving(() => 1, {
      onRevoked: (reason) => reasons.push(reason),
    });
    router.sends(new UnregisteredMessage(0, { registration: 12345 }));
    router.sends(
      new UnregisteredMessage(0, { registration: REGISTRATION, reason: 'wamp.error.unregistered' }),
    );
    invokes(router, 1);
    expect((await router.gets(MessageKind.Error)).error).toBe('wamp.error.no_such_registration');
    expect(reasons).toEqual(['wamp.error.unregistered']);
    expect(registration.isActive).toBe(false);
    expect(client.status.current).toBe('open');
  });
});

describe('the answer to an INVOCATION', () => {
  const yields = (args: unknown[], kwargs = {}): object => ({
    kind: 70,
    request: 1,
    payload: { args, kwargs },
  });

  it('is what the handler returns, in the shape of results', async () => {
    expect(await answerOf(([a, b]) => (a as number) + (b as number), [1, 2])).toMatchObject(yields([3]));
    expect(await answerOf(() => undefined)).toMatchObject(yields([]));
    expect(await answerOf(() => new Result([1, 2], { a: 1 }))).toMatchObject(yields([1, 2], { a: 1 }));
    expect(await answerOf(() => [1, 2])).toMatchObject(yields([[1, 2]]));
    expect(await answerOf(async () => 'later')).toMatchObject(yields(['later']));
  });

  it('RPC-031: a thrown WampError is sent with its URI and arguments', async () => {
    const answer = await answerOf(() => {
      throw new WampError('com.example.empty', ['the cart is empty'], { cart: 7 });
    });
    expect(answer).toMatchObject({
      kind: MessageKind.Error,
      requestKind: MessageKind.Invocation,
      request: 1,
      error: 'com.example.empty',
      payload: { args: ['the cart is empty'], kwargs: { cart: 7 } },
    });
  });

  it('an UnavailableError asks the router to try another callee, which is why call_reroute is announced', async () => {
    const { transport, router } = scripted();
    const connecting = connect(transport, { realm: 'realm1' });
    const { details } = await router.welcomes();
    expect(details['roles']).toMatchObject({ callee: { features: { call_reroute: true } } });
    const registering = (await connecting).register('a.b', () => {
      throw new UnavailableError(['busy'], { queue: 7 });
    });
    await router.registers(REGISTRATION);
    await registering;
    invokes(router, 1);
    const error = await router.gets(MessageKind.Error);
    expect(error.error).toBe('wamp.error.unavailable');
    expect(error.payload).toMatchObject({ args: ['busy'], kwargs: { queue: 7 } });
  });

  it('anything that throws when it is looked at is a runtime_error too, and the session goes on', async () => {
    const refuse = (): never => {
      throw new Error('do not look');
    };
    class Silent extends Error {
      override get message(): string {
        return refuse();
      }
    }
    const ours = new Proxy(new WampError('a.b'), {
      get: (error, key): unknown => (key === 'uri' ? refuse() : Reflect.get(error, key)),
    });
    const thrown: unknown[] = [
      new Proxy(new Error('x'), { get: refuse }),
      new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse }),
      new Silent(),
      ours,
      new Proxy(ours, {
        get: (_, key) => {
          if (key === 'uri') throw ours;
          return Reflect.get(ours, key) as unknown;
        },
      }),
    ];
    for (const each of thrown) {
      const raise = (): never => {
        throw each;
      };
      for (const handler of [raise, async () => Promise.resolve().then(raise)]) {
        expect(await answerOf(handler)).toMatchObject({ kind: 8, error: 'wamp.error.runtime_error' });
      }
    }
  });

  it('a result that throws when it is looked at is a runtime_error, also when it comes later', async () => {
    const odd = new Proxy(
      {},
      {
        get: (_, key) => {
          if (key === 'then') return undefined;
          throw new Error('do not look');
        },
        has: () => {
          throw new Error('do not look');
        },
      },
    );
    for (const handler of [() => odd, async () => Promise.resolve(odd)]) {
      expect(await answerOf(handler)).toMatchObject({ kind: 8, error: 'wamp.error.runtime_error' });
    }
  });

  it('an Error that is returned or sent as progress, not thrown, is refused with a sentence', async () => {
    for (const handler of [() => new RangeError('x'), async () => Promise.resolve(new WampError('a.b'))]) {
      const answer = (await answerOf(handler)) as ErrorMessage;
      expect(answer).toMatchObject({ kind: 8, error: 'wamp.error.runtime_error' });
      expect(answer.payload.args).toEqual(['an Error is no value to send: throw it']);
    }
    const { client } = await joined();
    await expect(client.upload('a.b', [new Error('x')])).rejects.toThrow('an Error is no value to send');
    const answer = await answerOf((_, { progress }) => progress(new Error('x')), [], {
      receive_progress: true,
    });
    expect(answer).toMatchObject({ kind: 8, error: 'wamp.error.runtime_error' });
  });

  it('RPC-032: anything else that is thrown is a runtime_error with its message, without a stack', async () => {
    const answer = (await answerOf(() => Promise.reject(new TypeError('no such thing')))) as ErrorMessage;
    expect(answer.error).toBe('wamp.error.runtime_error');
    expect(answer.payload).toMatchObject({ args: ['no such thing'], kwargs: {} });
    expect(JSON.stringify(answer.payload.args)).not.toContain('at ');
    const odd = (await answerOf(() => {
      throw Object.create(null);
    })) as ErrorMessage;
    expect(odd.error).toBe('wamp.error.runtime_error');
  });

  it('fault 25: a handler that throws does not end the session, and onError hears of it', async () => {
    const reported: unknown[] = [];
    const trouble = new Error('oops');
    let calls = 0;
    const { router } = await serving(
      () => {
        calls += 1;
        if (calls === 1) throw trouble;
        return 'fine';
      },
      {},
      { onError: (error, origin) => reported.push(error, origin.where) },
    );
    invokes(router, 1);
    invokes(router, 2);
    await router.gets(MessageKind.Error);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['fine']);
    expect(reported).toEqual([trouble, 'invocation']);
  });

  it('RPC-033: INVOCATION for an unknown registration: ERROR no_such_registration', async () => {
    const { router } = await joined();
    router.sends(new InvocationMessage(9, 12345));
    expect(await router.gets(MessageKind.Error)).toMatchObject({
      requestKind: MessageKind.Invocation,
      request: 9,
      error: 'wamp.error.no_such_registration',
    });
  });

  it('a result that cannot be encoded is an ERROR, not silence', async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const answer = (await answerOf(() => circle)) as ErrorMessage;
    expect(answer.error).toBe('wamp.error.runtime_error');
    const thrown = (await answerOf(() => {
      throw new WampError('com.example.circle', [circle]);
    })) as ErrorMessage;
    expect(thrown.error).toBe('wamp.error.runtime_error');
  });

  it('what would break the protocol is not sent: odd errors, odd results, messages that are too long', async () => {
    const text = (await answerOf(() => {
      throw new WampError('com.example.empty', 'just a text' as never);
    })) as ErrorMessage;
    expect(text).toMatchObject({ error: 'com.example.empty', payload: { args: ['just a text'] } });
    for (const uri of ['no uri at all', '', 7 as never]) {
      const odd = (await answerOf(() => {
        throw new WampError(uri);
      })) as ErrorMessage;
      expect(odd.error).toBe('wamp.error.runtime_error');
    }
    for (const result of [new Result('text' as never), new Result([], ['list'] as never)]) {
      expect(await answerOf(() => result)).toMatchObject({ kind: 8, error: 'wamp.error.runtime_error' });
    }
  });

  it('answers also when the router accepts only short messages', async () => {
    const { transport, router } = scripted();
    const narrow = new Proxy(transport, {
      get: (target, key) => {
        const value: unknown = key === 'maxSendBytes' ? 512 : Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const connecting = connect(narrow, { realm: 'realm1', onError: () => undefined });
    await router.welcomes();
    const client = await connecting;
    const long = 'x'.repeat(1000);
    const handlers: InvocationHandler[] = [
      () => long,
      () => {
        throw new Error(long);
      },
      () => {
        throw new WampError('com.example.long', [long]);
      },
    ];
    const uris = [
      'wamp.error.payload_size_exceeded',
      'wamp.error.runtime_error',
      'wamp.error.payload_size_exceeded',
    ];
    for (const [i, handler] of handlers.entries()) {
      void client.register('a.b', handler);
      await router.registers(i + 1);
      router.sends(new InvocationMessage(i + 1, i + 1));
      expect((await router.gets(MessageKind.Error)).error).toBe(uris[i]);
    }
    await expect(client.call('a.b', [long])).rejects.toMatchObject({
      uri: 'wamp.error.payload_size_exceeded',
    });
    expect(client.status.current).toBe('open');
  });

  it('a handler may close the client', async () => {
    const { client, router } = await serving(() => client.close());
    invokes(router, 1);
    await router.dismisses();
    await client.closed;
    expect(router.unread).toEqual([]);
  });

  it('invocations run side by side and are answered as they finish', async () => {
    const finish = new Map<string, () => void>();
    const { router } = await serving(
      ([name]) => new Promise((resolve) => finish.set(name, () => resolve(name))),
    );
    invokes(router, 1, ['a']);
    invokes(router, 2, ['b']);
    await settle();
    finish.get('b')!();
    expect(await router.gets(MessageKind.Yield)).toMatchObject({ request: 2 });
    finish.get('a')!();
    expect(await router.gets(MessageKind.Yield)).toMatchObject({ request: 1 });
  });

  it('more invocations than a session may have open are refused, until one is answered', async () => {
    const finish: (() => void)[] = [];
    const { router } = await serving(() => new Promise<void>((resolve) => finish.push(resolve)));
    for (let i = 1; i <= 10_001; i++) invokes(router, i);
    expect(await router.gets(MessageKind.Error)).toMatchObject({
      request: 10_001,
      error: 'wamp.error.limit_exceeded',
    });
    finish[0]!();
    expect((await router.gets(MessageKind.Yield)).request).toBe(1);
    invokes(router, 10_002);
    await settle();
    expect(finish).toHaveLength(10_001);
    expect(router.unread).toEqual([]);
  });

  describe('with a concurrency, at a router that does not keep it', () => {
    /** Two at a time; each runs until it is told to finish. */
    async function gated(): Promise<{
      router: ScriptedRouter;
      running: Map<number, () => void>;
      client: Client;
    }> {
      const running = new Map<number, () => void>();
      const handler: InvocationHandler = ([n]) => new Promise((resolve) => running.set(n, () => resolve(n)));
      return { running, ...(await serving(handler, { concurrency: 2 })) };
    }

    it('no more run at a time, and the others follow in order', async () => {
      const { router, running } = await gated();
      for (let i = 1; i <= 4; i++) invokes(router, i, [i]);
      await settle();
      expect([...running.keys()]).toEqual([1, 2]);
      running.get(2)!();
      expect(await router.gets(MessageKind.Yield)).toMatchObject({ request: 2 });
      await settle();
      expect([...running.keys()]).toEqual([1, 2, 3]);
      running.get(1)!();
      running.get(3)!();
      await settle();
      running.get(4)!();
      await settle();
      expect(router.unread).toMatchObject([{ request: 1 }, { request: 3 }, { request: 4 }]);
    });

    it('one that is interrupted while it waits never runs', async () => {
      const { router, running } = await gated();
      for (let i = 1; i <= 4; i++) invokes(router, i, [i]);
      router.sends(new InterruptMessage(3, { mode: 'kill' }));
      expect(await router.gets(MessageKind.Error)).toMatchObject({
        request: 3,
        error: 'wamp.error.canceled',
      });
      running.get(1)!();
      await settle();
      expect([...running.keys()]).toEqual([1, 2, 4]);
    });

    it('one that is interrupted while it runs counts until its handler has settled', async () => {
      const { router, running } = await gated();
      for (let i = 1; i <= 3; i++) invokes(router, i, [i]);
      router.sends(new InterruptMessage(1, { mode: 'killnowait' }));
      await settle();
      expect([...running.keys()]).toEqual([1, 2]);
      running.get(1)!();
      await settle();
      expect([...running.keys()]).toEqual([1, 2, 3]);
      expect(router.unread).toEqual([]);
    });

    it('handlers that throw and generators that end or are left give their place back', async () => {
      let started = 0;
      let cleaned = 0;
      const { router } = await serving(
        ([what]) => {
          started += 1;
          if (what === 'throw') throw new Error('thrown');
          if (what === 'reject') return Promise.reject(new Error('rejected'));
          return (async function* () {
            try {
              if (what === 'end') return;
              yield 1;
              await new Promise((resolve) => setImmediate(resolve));
              yield 2;
              await new Promise((resolve) => setImmediate(resolve));
              yield 3;
            } finally {
              cleaned += 1;
            }
          })();
        },
        { concurrency: 1 },
      );
      for (const [i, what] of ['throw', 'reject', 'end', 'leave', 'throw'].entries()) {
        invokes(router, i + 1, [what], { receive_progress: true });
      }
      while (started < 4) await settle();
      router.sends(new InterruptMessage(4, { mode: 'killnowait' }));
      while (started < 5) await settle();
      expect(cleaned).toBe(2);
    });

    it('what waits is given up when the session ends', async () => {
      const { router, running, client } = await gated();
      for (let i = 1; i <= 3; i++) invokes(router, i, [i]);
      await settle();
      router.cuts();
      await client.closed;
      running.get(1)!();
      await settle();
      expect([...running.keys()]).toEqual([1, 2]);
    });
  });

  it('an INVOCATION id that is open already is ignored', async () => {
    let calls = 0;
    const { client, router } = await serving(() => {
      calls += 1;
      return never();
    });
    invokes(router, 1);
    invokes(router, 1);
    await settle();
    expect(calls).toBe(1);
    expect(client.status.current).toBe('open');
  });
});

describe('what a handler learns', () => {
  async function invocationFor(details: object, args: unknown[] = [], kwargs = {}): Promise<Invocation> {
    let seen: Invocation | undefined;
    const { router } = await serving((_args, invocation) => {
      seen = invocation;
    });
    invokes(router, 1, args, details, kwargs);
    await router.gets(MessageKind.Yield);
    return seen!;
  }

  it('arguments, details, procedure and caller', async () => {
    const details = {
      procedure: 'a.b.c',
      caller: 3,
      caller_authid: 'joe',
      caller_authrole: 'user',
      trustlevel: 2,
    };
    const invocation = await invocationFor(details, [1], { k: 2 });
    expect(invocation).toMatchObject({
      args: [1],
      kwargs: { k: 2 },
      details,
      procedure: 'a.b.c',
      caller: { session: 3, authid: 'joe', authrole: 'user' },
      wantsProgress: false,
      deadline: undefined,
    });
    expect(invocation.remainingMs()).toBe(Infinity);
  });

  it('the registered procedure and no caller where the router tells nothing', async () => {
    const invocation = await invocationFor({});
    expect(invocation.procedure).toBe('a.b');
    expect(invocation.caller).toBeUndefined();
  });

  it('a timeout that the router left to the callee: deadline, then ERROR timeout and an aborted signal', async () => {
    let seen: Invocation | undefined;
    const { router } = await serving((_args, invocation) => {
      seen = invocation;
      return never();
    });
    const before = Date.now();
    invokes(router, 1, [], { timeout: 30 });
    const error = await router.gets(MessageKind.Error);
    expect(error.error).toBe('wamp.error.timeout');
    expect(seen!.deadline).toBeGreaterThanOrEqual(before + 30);
    expect(seen!.remainingMs()).toBeLessThanOrEqual(30);
    expect(seen!.signal.reason).toBeInstanceOf(TimeoutError);
  });
});

describe('INTERRUPT', () => {
  it('CANCEL-023: killnowait: the signal is aborted and nothing is sent', async () => {
    let signal: AbortSignal | undefined;
    const { router } = await serving(async (_args, invocation) => {
      ({ signal } = invocation);
      await new Promise((resolve) => invocation.signal.addEventListener('abort', resolve));
      return 'too late';
    });
    invokes(router, 1);
    await settle();
    router.sends(new InterruptMessage(1, { mode: 'killnowait' }));
    await settle();
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toBeInstanceOf(CanceledError);
    expect(router.unread).toEqual([]);
  });

  it('CANCEL-024: kill: ERROR canceled, once, whatever the handler does then', async () => {
    const { router } = await serving(async (_args, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('aborted');
    });
    invokes(router, 1);
    await settle();
    router.sends(new InterruptMessage(1, { mode: 'kill' }));
    expect(await router.gets(MessageKind.Error)).toMatchObject({ request: 1, error: 'wamp.error.canceled' });
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('CANCEL-024: a handler that finished before keeps its result', async () => {
    const { router } = await serving(() => 'done');
    invokes(router, 1);
    router.sends(new InterruptMessage(1, { mode: 'kill' }));
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['done']);
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('CANCEL-022: for an invocation that is answered or unknown is ignored', async () => {
    const { client, router } = await serving(() => 'done');
    invokes(router, 1);
    await router.gets(MessageKind.Yield);
    router.sends(new InterruptMessage(1, { mode: 'kill' }), new InterruptMessage(99, {}));
    await settle();
    expect(router.unread).toEqual([]);
    expect(client.status.current).toBe('open');
  });

  it('a signal that is looked at only after the abort is aborted', async () => {
    let seen: Invocation | undefined;
    const { router } = await serving((_args, invocation) => {
      seen = invocation;
      return never();
    });
    invokes(router, 1);
    router.sends(new InterruptMessage(1, { mode: 'killnowait', reason: 'wamp.error.timeout' }));
    await settle();
    expect(seen!.signal.aborted).toBe(true);
    expect(seen!.signal.reason).toMatchObject({ args: ['wamp.error.timeout'] });
  });

  it('connection lost: the signals of running handlers are aborted', async () => {
    let seen: Invocation | undefined;
    const { client, router, registration } = await serving((_args, invocation) => {
      seen = invocation;
      return never();
    });
    invokes(router, 1);
    await settle();
    router.cuts();
    await client.closed;
    expect(seen!.signal.reason).toBeInstanceOf(ConnectionLostError);
    expect(registration.isActive).toBe(false);
    await registration.unregister();
  });
});

describe('progressive results', () => {
  const wanted = { receive_progress: true };

  it('are sent with progress(), in order, before the final result', async () => {
    const { router } = await serving((_args, invocation) => {
      expect(invocation.progress(1)).toBe(true);
      expect(invocation.progress(2, 3)).toBe(true);
      expect(invocation.progress(new Result([], { k: 4 }))).toBe(true);
      expect(invocation.progress()).toBe(true);
      return 'end';
    });
    invokes(router, 1, [], wanted);
    const payloads = [];
    for (let i = 0; i < 5; i++) {
      const { options, payload } = await router.gets(MessageKind.Yield);
      expect(options).toEqual(i < 4 ? { progress: true } : {});
      payloads.push([payload.args, payload.kwargs]);
    }
    expect(payloads).toEqual([
      [[1], {}],
      [[2, 3], {}],
      [[], { k: 4 }],
      [[], {}],
      [['end'], {}],
    ]);
  });

  it('PCR-017: progress() does nothing if the caller did not ask, or after the answer', async () => {
    let seen: Invocation | undefined;
    const { router } = await serving((_args, invocation) => {
      seen = invocation;
      return String(invocation.progress('no'));
    });
    invokes(router, 1);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['false']);
    invokes(router, 2, [], wanted);
    await router.gets(MessageKind.Yield);
    await router.gets(MessageKind.Yield);
    expect(seen!.progress('late')).toBe(false);
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('are what a generator yields; what it returns is the final result', async () => {
    const { router } = await serving(async function* ([n]) {
      for (let i = 0; i < n; i++) yield i;
      return 'end';
    });
    invokes(router, 1, [2], wanted);
    expect(await router.gets(MessageKind.Yield)).toMatchObject({
      options: { progress: true },
      payload: { args: [0] },
    });
    expect(await router.gets(MessageKind.Yield)).toMatchObject({
      options: { progress: true },
      payload: { args: [1] },
    });
    expect(await router.gets(MessageKind.Yield)).toMatchObject({ options: {}, payload: { args: ['end'] } });
  });

  it('PCR-017: a generator runs silently to its end if the caller did not ask', async () => {
    const { router } = await serving(async function* () {
      yield 1;
      yield 2;
      return 'end';
    });
    invokes(router, 1);
    expect(await router.gets(MessageKind.Yield)).toMatchObject({ options: {}, payload: { args: ['end'] } });
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('a generator that throws is an ERROR; one that is interrupted runs its finally block and sends no more', async () => {
    const broken = await serving(async function* () {
      yield 1;
      throw new WampError('com.example.broken');
    });
    invokes(broken.router, 1, [], wanted);
    await broken.router.gets(MessageKind.Yield);
    expect((await broken.router.gets(MessageKind.Error)).error).toBe('com.example.broken');

    let cleaned = false;
    const endless = await serving(async function* (_args: unknown, { signal }: Invocation) {
      try {
        while (!signal.aborted) {
          yield 1;
          await settle();
        }
        yield 'never sent';
      } finally {
        cleaned = true;
      }
    });
    invokes(endless.router, 1, [], wanted);
    await endless.router.gets(MessageKind.Yield);
    endless.router.sends(new InterruptMessage(1, { mode: 'kill' }));
    await settle();
    await settle();
    const answers = endless.router.received.filter((message) => message.kind === MessageKind.Error);
    expect(answers).toHaveLength(1);
    expect(endless.router.received.at(-1)).toBe(answers[0]);
    expect(cleaned).toBe(true);
  });

  it('a value that cannot be encoded ends the generator with an ERROR', async () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const { router } = await serving(async function* () {
      yield circle;
      return 'never';
    });
    invokes(router, 1, [], wanted);
    expect((await router.gets(MessageKind.Error)).error).toBe('wamp.error.runtime_error');
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('progressive invocations', () => {
  const more = { progress: true };

  it('come as chunks, the first one included', async () => {
    const { router } = await serving(async (_args, { chunks }) => {
      const seen: unknown[] = [];
      for await (const chunk of chunks) seen.push(chunk);
      return new Result(seen);
    });
    invokes(router, 1, ['a'], more);
    invokes(router, 1, ['b', 'c'], more);
    invokes(router, 1, ['d']);
    const { payload } = await router.gets(MessageKind.Yield);
    expect(payload.args).toEqual(['a', { args: ['b', 'c'], kwargs: {} }, 'd']);
  });

  it('an empty last message only ends them', async () => {
    const { router } = await serving(async (_args, { chunks }) => {
      const seen: unknown[] = [];
      for await (const chunk of chunks) seen.push(chunk);
      return seen;
    });
    invokes(router, 1, ['a'], more);
    invokes(router, 1);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual([['a']]);
  });

  it('an ordinary invocation has its arguments as the only chunk', async () => {
    const collect: InvocationHandler = async (_args, { chunks }) => {
      const seen: unknown[] = [];
      for await (const chunk of chunks) seen.push(chunk);
      return seen;
    };
    expect(await answerOf(collect, ['a'])).toMatchObject({ payload: { args: [['a']] } });
    expect(await answerOf(collect)).toMatchObject({ payload: { args: [[]] } });
    expect(await answerOf(collect, [1, 2])).toMatchObject({
      payload: { args: [[{ args: [1, 2], kwargs: {} }]] },
    });
  });

  it('PCI-026: chunks after the own final answer are ignored', async () => {
    let calls = 0;
    const { client, router } = await serving(() => {
      calls += 1;
      return 'enough';
    });
    invokes(router, 1, ['a'], more);
    await router.gets(MessageKind.Yield);
    invokes(router, 1, ['b'], more);
    invokes(router, 1, ['c']);
    await settle();
    expect(calls).toBe(1);
    expect(router.unread).toEqual([]);
    expect(client.status.current).toBe('open');
  });

  it('PCI-026: remembers a bounded number of invocations that were answered early', async () => {
    let calls = 0;
    const { router } = await serving(() => {
      calls += 1;
    });
    for (let i = 1; i <= 1025; i++) invokes(router, i, ['a'], more);
    await settle();
    expect(calls).toBe(1025);
    invokes(router, 1025, ['late'], more);
    invokes(router, 2, ['late'], more);
    await settle();
    expect(calls).toBe(1025);
    invokes(router, 1, ['forgotten']);
    await settle();
    expect(calls).toBe(1026);
  });

  it('the loop over them throws when the invocation is interrupted', async () => {
    let thrown: unknown;
    const { router } = await serving(async (_args, { chunks }) => {
      try {
        for await (const chunk of chunks) expect(chunk).toBe('a');
      } catch (error) {
        thrown = error;
      }
    });
    invokes(router, 1, ['a'], more);
    await settle();
    router.sends(new InterruptMessage(1, { mode: 'killnowait' }));
    await settle();
    expect(thrown).toBeInstanceOf(CanceledError);
    expect(router.unread).toEqual([]);
  });

  it('more chunks than the buffer holds end the invocation', async () => {
    const { router } = await serving(never);
    for (let i = 0; i < 1100; i++) invokes(router, 1, [i], more);
    expect((await router.gets(MessageKind.Error)).error).toBe('wamp.error.limit_exceeded');
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('a generator that is not async', () => {
  function* counting(): Generator<number | Promise<number>, string> {
    yield 1;
    yield Promise.resolve(2);
    return 'done';
  }

  it('streams what it yields, and returns the final result', async () => {
    const { router } = await serving(counting);
    invokes(router, 1, [], { receive_progress: true });
    const yields = [];
    for (let i = 0; i < 3; i++) yields.push(await router.gets(MessageKind.Yield));
    expect(yields.map(({ payload }) => payload.args)).toEqual([[1], [2], ['done']]);
    expect(yields.map(({ options }) => options.progress)).toEqual([true, true, undefined]);
  });

  it('also one that a promise brings, and iterators without `return`; an error of it is the answer', async () => {
    const { router } = await serving(async () => Promise.resolve(counting()));
    invokes(router, 1);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual(['done']);
    const entries = { [Symbol.iterator]: () => entries, next: () => ({ done: true, value: 5 }) };
    expect(await answerOf(() => entries)).toMatchObject({ payload: { args: [5] } });
    const failing = function* (): Generator<number> {
      yield 1;
      throw new WampError('a.failure');
    };
    expect(await answerOf(failing)).toMatchObject({ kind: 8, error: 'a.failure' });
    const rejecting = function* (): Generator {
      yield Promise.reject(new WampError('a.rejection'));
    };
    expect(await answerOf(rejecting)).toMatchObject({ kind: 8, error: 'a.rejection' });
  });

  it('is stopped by an INTERRUPT, even if it never ends and never waits', async () => {
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const { router } = await serving(function* () {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        stop();
      }
    });
    invokes(router, 1);
    await settle();
    router.sends(new InterruptMessage(1, { mode: 'killnowait' }));
    await stopped;
    expect(router.unread).toEqual([]);
  });

  it('is not what lists and strings are', async () => {
    expect(await answerOf(() => [1, 2])).toMatchObject({ payload: { args: [[1, 2]] } });
    expect(await answerOf(() => 'ab')).toMatchObject({ payload: { args: ['ab'] } });
  });
});

describe('what a handler takes out of its invocation', () => {
  it('works without it: progress, remainingMs', async () => {
    const { router } = await serving((_, { progress, remainingMs }) => [
      progress(1),
      remainingMs() === Infinity,
    ]);
    invokes(router, 1, [], { receive_progress: true });
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual([1]);
    expect((await router.gets(MessageKind.Yield)).payload.args).toEqual([[true, true]]);
  });

  it('and out of a registration: unregister', async () => {
    const { router, registration } = await serving(() => 1);
    const { unregister } = registration;
    const leaving = unregister();
    router.sends(new UnregisteredMessage((await router.gets(MessageKind.Unregister)).request));
    await leaving;
    expect(registration.isActive).toBe(false);
  });
});
