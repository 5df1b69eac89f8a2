/** A client that comes back: each attempt is a transport of its own with a scripted router at its other end. */
import {
  AbortMessage,
  ErrorMessage,
  EventMessage,
  GoodbyeMessage,
  InvocationMessage,
  MessageKind,
  Payload,
  RegisteredMessage,
  ResultMessage,
  SubscribedMessage,
  WelcomeMessage,
  type Transport,
} from '@wamp/protocol';
import {
  connect,
  ConnectionLostError,
  UsageError,
  type Client,
  type ConnectOptions,
  type ReconnectOptions,
} from '@wamp/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { longestDelay, reconnectFrom } from '../src/reconnect.js';
import { ALL_FEATURES, joined, scripted, settle, type ScriptedRouter } from './scripted-router.fixture.js';

const QUICK: ReconnectOptions = { minDelayMs: 1, maxDelayMs: 2 };

/** What a client's factory reaches: one router after the other. */
class Line {
  readonly #routers: ScriptedRouter[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];
  /** connections that were opened */
  opened = 0;
  /** connections that fail before the next one succeeds */
  failing = 0;

  readonly target = (): Promise<Transport> => {
    this.opened += 1;
    if (this.failing > 0) {
      this.failing -= 1;
      return Promise.reject(new Error('nobody listens'));
    }
    const { transport, router } = scripted();
    this.#routers.push(router);
    for (const resume of this.#waiting.splice(0)) resume();
    return Promise.resolve(transport);
  };

  /** The router at the other end of the next connection. */
  async next(): Promise<ScriptedRouter> {
    while (this.#taken >= this.#routers.length)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#routers[this.#taken++]!;
  }

  async client(options: Partial<ConnectOptions> = {}): Promise<{ client: Client; router: ScriptedRouter }> {
    const connecting = connect(this.target, { realm: 'realm1', reconnect: QUICK, ...options });
    const router = await this.next();
    await router.welcomes();
    const client = await connecting;
    clients.push(client);
    return { client, router };
  }
}

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close({ signal: AbortSignal.abort() });
});

describe('a client with reconnect', () => {
  it('brings registrations and subscriptions back after a lost link; their objects stay valid', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const [registration] = await Promise.all([
      client.register('com.proc', ([n]: [number]) => n + 1),
      router.registers(1),
    ]);
    const heard: unknown[] = [];
    const [subscription] = await Promise.all([
      client.subscribe('com.topic', (args) => heard.push(args)),
      router.subscribes(2),
    ]);
    router.cuts();
    await settle();
    expect(client.status.current).toBe('reconnecting');
    expect([registration.isActive, subscription.isActive]).toEqual([false, false]);
    const second = await line.next();
    await second.welcomes();
    expect((await second.registers(11)).procedure).toBe('com.proc');
    expect((await second.subscribes(12)).topic).toBe('com.topic');
    second.sends(
      new InvocationMessage(1, 11, {}, Payload.of([1])),
      new EventMessage(12, 99, {}, Payload.of(['news'])),
    );
    expect((await second.gets(MessageKind.Yield)).payload.args).toEqual([2]);
    expect(heard).toEqual([['news']]);
    expect(client.status.current).toBe('open');
    expect(registration).toMatchObject({ id: 11, isActive: true });
    expect(subscription).toMatchObject({ id: 12, isActive: true });
    const leaving = registration.unregister();
    expect((await second.gets(MessageKind.Unregister)).registration).toBe(11);
    second.cuts();
    await expect(leaving).rejects.toBeInstanceOf(ConnectionLostError);
    const third = await line.next();
    await third.welcomes();
    await third.subscribes(22);
    await settle();
    expect(third.unread).toEqual([]);
  });

  it('asks for everything again in one burst, before any answer', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    for (const id of [1, 2, 3])
      await Promise.all([client.register(`com.p${id}`, () => id), router.registers(id)]);
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    await settle();
    expect(second.unread.map((message) => message.kind)).toEqual(Array(3).fill(MessageKind.Register));
  });

  it.each([
    ['GOODBYE', new GoodbyeMessage({}, 'wamp.close.system_shutdown')],
    ['ABORT', new AbortMessage({}, 'wamp.close.system_shutdown')],
  ])(
    'comes back after %s, through refused connections and ABORT, replacing its last session',
    async (_, end) => {
      const line = new Line();
      const connecting = connect(line.target, { realm: 'realm1', reconnect: QUICK });
      const router = await line.next();
      await router.gets(MessageKind.Hello);
      router.sends(new WelcomeMessage(4711, { roles: ALL_FEATURES, x_session_token: 'secret' }));
      const client = await connecting;
      clients.push(client);
      line.failing = 3;
      router.sends(end);
      const refusing = await line.next();
      await refusing.gets(MessageKind.Hello);
      refusing.sends(new AbortMessage({}, 'wamp.close.system_shutdown'));
      const second = await line.next();
      const hello = await second.welcomes();
      expect(hello.details['x_replaces']).toEqual({ session: 4711, token: 'secret' });
      await settle();
      expect(client.status.current).toBe('open');
      expect(line.opened).toBe(6);
    },
  );

  it('rejects calls that were pending, and those made while there is no session, with ConnectionLostError', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const pending = client.call('com.proc');
    await router.gets(MessageKind.Call);
    line.failing = Infinity;
    router.cuts();
    await expect(pending).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(client.call('com.proc')).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(client.publish('com.topic')).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(client.register('com.proc', () => 1)).rejects.toBeInstanceOf(ConnectionLostError);
  });

  it('does not send the late result of an invocation of the former session', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    let answer!: (value: unknown) => void;
    const slow = (): Promise<unknown> => new Promise((resolve) => (answer = resolve));
    await Promise.all([client.register('com.slow', slow), router.registers(1)]);
    router.sends(new InvocationMessage(1, 1, {}, Payload.of([])));
    await settle();
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    await second.registers(1);
    answer('late');
    await settle();
    expect(second.unread).toEqual([]);
  });

  it('reports a registration that is refused after reconnecting, and goes on with the others', async () => {
    const line = new Line();
    const reports: unknown[] = [];
    const { client, router } = await line.client({
      onError: (error, origin) => reports.push([(error as { uri: string }).uri, origin]),
    });
    const [taken] = await Promise.all([client.register('com.taken', () => 1), router.registers(1)]);
    const [free] = await Promise.all([client.register('com.free', () => 2), router.registers(2)]);
    const [topic] = await Promise.all([client.subscribe('com.topic', () => 3), router.subscribes(3)]);
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    const { request } = await second.gets(MessageKind.Register);
    second.sends(new ErrorMessage(MessageKind.Register, request, {}, 'wamp.error.procedure_already_exists'));
    await second.registers(12);
    const refused = await second.gets(MessageKind.Subscribe);
    second.refuses(MessageKind.Subscribe, refused.request, 'wamp.error.not_authorized');
    await settle();
    expect(reports).toEqual([
      ['wamp.error.procedure_already_exists', { where: 'registration', uri: 'com.taken' }],
      ['wamp.error.not_authorized', { where: 'subscription', uri: 'com.topic' }],
    ]);
    expect([taken.isActive, free.isActive, topic.isActive]).toEqual([false, true, false]);
    second.cuts();
    const third = await line.next();
    await third.welcomes();
    expect((await third.registers(22)).procedure).toBe('com.free');
    await settle();
    expect(third.unread).toEqual([]);
  });

  it('keeps what is still without an answer when the next session is lost too', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const [registration] = await Promise.all([client.register('com.proc', () => 1), router.registers(1)]);
    const [subscription] = await Promise.all([client.subscribe('com.topic', () => 1), router.subscribes(2)]);
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    await second.gets(MessageKind.Register);
    second.cuts();
    const third = await line.next();
    await third.welcomes();
    await third.registers(21);
    await third.subscribes(22);
    await settle();
    expect([registration.id, subscription.id]).toEqual([21, 22]);
  });

  it('gives back what was given up in the meantime', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const [gone] = await Promise.all([client.register('com.gone', () => 1), router.registers(1)]);
    const [late] = await Promise.all([client.register('com.late', () => 1), router.registers(2)]);
    const [topic] = await Promise.all([client.subscribe('com.topic', () => 1), router.subscribes(3)]);
    router.cuts();
    await settle();
    await gone.unregister();
    const second = await line.next();
    await second.welcomes();
    const register = await second.gets(MessageKind.Register);
    expect(register.procedure).toBe('com.late');
    const subscribe = await second.gets(MessageKind.Subscribe);
    await Promise.all([late.unregister(), topic.unsubscribe()]);
    second.sends(new InvocationMessage(1, 4, {}, Payload.of([])));
    await second.gets(MessageKind.Error);
    second.sends(new RegisteredMessage(register.request, 12), new SubscribedMessage(subscribe.request, 13));
    expect((await second.gets(MessageKind.Unregister)).registration).toBe(12);
    expect((await second.gets(MessageKind.Unsubscribe)).subscription).toBe(13);
    expect([late.isActive, topic.isActive]).toEqual([false, false]);
  });
});

/** What a draining router answers to a new call. */
const refusal = (request: number): ErrorMessage =>
  new ErrorMessage(MessageKind.Call, request, { x_drained: true }, 'wamp.error.unavailable');

const DRAINED = new GoodbyeMessage({ x_drained: true }, 'wamp.close.system_shutdown');

describe('a router that drains', () => {
  it('is told that the client comes back, if it does', async () => {
    const line = new Line();
    const connecting = connect(line.target, { realm: 'realm1', reconnect: QUICK });
    const returning = await (await line.next()).welcomes();
    clients.push(await connecting);
    expect(returning.details['x_drain']).toBe(true);
    const once = connect(line.target, { realm: 'realm1' });
    const staying = await (await line.next()).welcomes();
    clients.push(await once);
    expect(staying.details).not.toHaveProperty('x_drain');
  });

  it('gets no call twice in one session; what it did not route goes to the next one, once, in order', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const refused = client.call('com.first', [1], { kwargs: { a: 2 }, discloseMe: true });
    router.sends(refusal((await router.gets(MessageKind.Call)).request));
    await settle();
    // The session still stands: the router lets other calls finish.
    expect(client.status.current).toBe('open');
    expect(router.unread).toEqual([]);
    const unanswered = client.call('com.second');
    await router.gets(MessageKind.Call);
    router.sends(DRAINED);
    const second = await line.next();
    await second.welcomes();
    const first = await second.gets(MessageKind.Call);
    expect([first.procedure, first.options, first.payload.args, first.payload.kwargs]).toEqual([
      'com.first',
      { disclose_me: true },
      [1],
      { a: 2 },
    ]);
    second.sends(new ResultMessage(first.request, {}, Payload.of(['one'])));
    const again = await second.gets(MessageKind.Call);
    expect(again.procedure).toBe('com.second');
    // This one drains as well.
    second.sends(refusal(again.request), DRAINED);
    const third = await line.next();
    await third.welcomes();
    third.sends(new ResultMessage((await third.gets(MessageKind.Call)).request, {}, Payload.of(['two'])));
    expect(await Promise.all([refused, unanswered])).toEqual(['one', 'two']);
    expect(third.unread).toEqual([]);
  });

  it('has routed what it does not say that of: that rejects, and is not sent again', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const unavailable = client.call('com.a');
    const { request } = await router.gets(MessageKind.Call);
    router.refuses(MessageKind.Call, request, 'wamp.error.unavailable');
    await expect(unavailable).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    const lying = client.call('com.b');
    const asked = await router.gets(MessageKind.Call);
    router.sends(new ErrorMessage(MessageKind.Call, asked.request, { x_drained: true }, 'com.example.error'));
    await expect(lying).rejects.toMatchObject({ uri: 'com.example.error' });
    const lost = client.call('com.c');
    await router.gets(MessageKind.Call);
    router.sends(new GoodbyeMessage({}, 'wamp.close.system_shutdown'));
    await expect(lost).rejects.toBeInstanceOf(ConnectionLostError);
    const second = await line.next();
    await second.welcomes();
    await settle();
    expect(second.unread).toEqual([]);
  });

  it('ends at once the calls that shall not wait, uploads, and those of a client that does not come back', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const impatient = client.call('com.a', [], { offline: 'fail' });
    router.sends(refusal((await router.gets(MessageKind.Call)).request));
    await expect(impatient).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    const upload = client.upload('com.b', ['one', 'two']);
    const { request } = await router.gets(MessageKind.Call);
    router.sends(refusal(request));
    await expect(upload).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    const alone = await joined();
    clients.push(alone.client);
    const call = alone.client.call('com.c', [], { offline: 'wait' });
    alone.router.sends(refusal((await alone.router.gets(MessageKind.Call)).request));
    await expect(call).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
  });

  it('does not make a call outlive its time, its signal, its scope or the client', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const own = new AbortController();
    const scope = new AbortController();
    const within = { signal: scope.signal, remainingMs: () => Infinity };
    const calls = [
      client.call('com.a', [], { timeoutMs: 1 }),
      client.call('com.b', [], { signal: own.signal }),
      client.call('com.c', [], { within }),
      client.call('com.d'),
    ];
    const outcomes = Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    for (let i = 0; i < 4; i += 1) router.sends(refusal((await router.gets(MessageKind.Call)).request));
    await settle();
    await expect(calls[0]).rejects.toMatchObject({ uri: 'wamp.error.timeout' });
    own.abort('enough');
    scope.abort('over');
    await expect(calls[1]).rejects.toMatchObject({ uri: 'wamp.error.canceled', cause: 'enough' });
    await expect(calls[2]).rejects.toMatchObject({ uri: 'wamp.error.canceled', cause: 'over' });
    const closing = client.close();
    await router.dismisses();
    await closing;
    expect((await outcomes)[3]).toBeInstanceOf(UsageError);
  });

  it('keeps at most 1,000 calls waiting; one more is told what the router said', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const waiting = Array.from({ length: 1_000 }, (_, i) => client.call('com.a', [i]));
    const outcomes = Promise.allSettled(waiting);
    for (let i = 0; i < 1_000; i += 1) router.sends(refusal((await router.gets(MessageKind.Call)).request));
    await settle();
    const late = client.call('com.a', [1_000]);
    router.sends(refusal((await router.gets(MessageKind.Call)).request));
    await expect(late).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    router.sends(DRAINED);
    const second = await line.next();
    await second.welcomes();
    for (let i = 0; i < 1_000; i += 1) {
      const { request, payload } = await second.gets(MessageKind.Call);
      second.sends(new ResultMessage(request, {}, payload));
    }
    const values = (await outcomes).map((one) => (one.status === 'fulfilled' ? one.value : one.reason));
    expect(values).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });
});

describe('the end of a client with reconnect', () => {
  it.each([
    'wamp.error.protocol_violation',
    'wamp.error.no_such_realm',
    'wamp.error.not_authorized',
    'wamp.error.authorization_denied',
    'wamp.error.authentication_failed',
  ])('ABORT %s ends it, in a session as well as in an attempt', async (reason) => {
    for (const when of ['session', 'attempt']) {
      const line = new Line();
      const { client, router } = await line.client();
      if (when === 'attempt') router.cuts();
      const last = when === 'attempt' ? await line.next() : router;
      if (when === 'attempt') await last.gets(MessageKind.Hello);
      last.sends(new AbortMessage({ message: 'no' }, reason));
      const end = await client.closed;
      expect(end.by).toBe('router');
      expect(end.reason).toMatch(/^wamp\.error\./);
      expect(client.status.current).toBe('closed');
      expect(line.opened).toBe(when === 'attempt' ? 2 : 1);
    }
  });

  it('close() in an open session is the end, also in a later one', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    await settle();
    const closing = client.close();
    expect(client.status.current).toBe('closing');
    await second.dismisses();
    await closing;
    expect(await client.closed).toMatchObject({ by: 'client', wasClean: true });
    expect(client.status.current).toBe('closed');
    await settle();
    expect(line.opened).toBe(2);
  });

  it('close() between two attempts, or during one, is the end', async () => {
    for (const when of ['between', 'during']) {
      const line = new Line();
      const { client, router } = await line.client({
        reconnect: when === 'between' ? { minDelayMs: 1e9, maxDelayMs: 1e9 } : QUICK,
      });
      router.cuts();
      if (when === 'during') await (await line.next()).gets(MessageKind.Hello);
      else await settle();
      expect(client.status.current).toBe('reconnecting');
      await client.close();
      expect(client.status.current).toBe('closed');
      expect(await client.closed).toMatchObject({ by: 'client', reason: 'wamp.close.close_realm' });
    }
  });

  it('gives up after maxAttempts in a row, and says why', async () => {
    const line = new Line();
    const { client, router } = await line.client({ reconnect: { ...QUICK, maxAttempts: 3 } });
    line.failing = Infinity;
    router.cuts();
    const end = await client.closed;
    expect(end).toMatchObject({ by: 'connection', reason: 'wamp.error.network_failure' });
    expect(end.message).toContain('nobody listens');
    expect(line.opened).toBe(4);
    expect(client.status.current).toBe('closed');
  });

  it('counts sessions that the router ends at once as attempts that failed', async () => {
    // No waiting, although the delays are long.
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    try {
      const line = new Line();
      const { client, router } = await line.client({
        reconnect: { minDelayMs: 60_000, maxDelayMs: 60_000, maxAttempts: 3 },
      });
      router.cuts();
      for (let attempt = 1; attempt <= 3; attempt += 1) {
        const flapping = await line.next();
        await flapping.welcomes();
        flapping.sends(new GoodbyeMessage({}, 'wamp.close.killed'));
      }
      expect(await client.closed).toMatchObject({ by: 'router', reason: 'wamp.close.killed' });
      expect(line.opened).toBe(4);
    } finally {
      random.mockRestore();
    }
  });

  it('without the option it is the first loss', async () => {
    const line = new Line();
    const { client, router } = await line.client({ reconnect: false });
    router.cuts();
    expect(await client.closed).toMatchObject({ by: 'connection' });
    expect(client.status.current).toBe('closed');
    expect(line.opened).toBe(1);
  });
});

describe('the option reconnect', () => {
  it('rejects when the first connection fails, with one attempt', async () => {
    const line = new Line();
    line.failing = Infinity;
    await expect(connect(line.target, { realm: 'realm1', reconnect: true })).rejects.toThrow(
      'nobody listens',
    );
    expect(line.opened).toBe(1);
  });

  it('needs a target that can be used again', async () => {
    const { transport } = scripted();
    await expect(connect(transport, { realm: 'realm1', reconnect: true })).rejects.toBeInstanceOf(UsageError);
  });

  it.each([
    [5],
    ['yes'],
    [{ minDelayMs: 0 }],
    [{ minDelayMs: NaN }],
    [{ minDelayMs: 10, maxDelayMs: 5 }],
    [{ maxAttempts: '3' }],
  ])('%j is refused', async (reconnect) => {
    const options = { realm: 'realm1', reconnect } as unknown as ConnectOptions;
    await expect(connect(new Line().target, options)).rejects.toBeInstanceOf(UsageError);
  });

  it('doubles the longest delay with each attempt, up to the greatest', () => {
    const plan = reconnectFrom(true)!;
    expect(plan).toEqual({
      minDelayMs: 200,
      maxDelayMs: 30_000,
      maxAttempts: Infinity,
      offline: 'fail',
      resume: true,
    });
    expect([0, 1, 2, 7, 8, 5000].map((attempt) => longestDelay(plan, attempt))).toEqual([
      200, 400, 800, 25_600, 30_000, 30_000,
    ]);
  });
});
