/** What stands around calls and invocations, and what a client does while it has no session. */
import { MessageKind, Payload, ResultMessage, type Transport } from '@wamp/protocol';
import {
  connect,
  ConnectionError,
  ConnectionLostError,
  TimeoutError,
  WampError,
  type Client,
  type ConnectOptions,
  type Middleware,
} from '@wamp/client';
import { createLoopback } from '@wamp/client/loopback';
import { logging, retry, tracing, type CallRecord } from '@wamp/client/middleware';
import { afterEach, describe, expect, it } from 'vitest';
import { joined, scripted, settle, type ScriptedRouter } from './scripted-router.fixture.js';

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function looped(middleware: readonly Middleware[]): Promise<Client> {
  const loopback = createLoopback();
  open.push(() => loopback.close());
  return loopback.connect({ middleware });
}

describe('middleware', () => {
  it('stands around calls and invocations, the first one outermost, and may change what passes', async () => {
    const seen: string[] = [];
    const layer = (name: string): Middleware => ({
      async call(call, next) {
        seen.push(`${name} calls`);
        const value = await next({ ...call, args: [...(call.args ?? []), name] });
        seen.push(`${name} has ${String(value)}`);
        return value;
      },
      async invocation(invocation, next) {
        seen.push(`${name} serves`);
        return `${String(await next(invocation))}+${name}`;
      },
    });
    const client = await looped([layer('a'), layer('b')]);
    await client.register('x.y', (args) => args.join());
    expect(await client.call('x.y', [0])).toBe('0,a,b+b+a');
    expect(seen).toEqual([
      'a calls',
      'b calls',
      'a serves',
      'b serves',
      'b has 0,a,b+b+a',
      'a has 0,a,b+b+a',
    ]);
  });

  it('stands around streams and uploads too, and lets generators through', async () => {
    const seen: string[] = [];
    const client = await looped([
      {
        call: (call, next) => {
          seen.push(call.procedure);
          return next(call);
        },
        invocation: async (invocation, next) => next(invocation),
      },
    ]);
    await client.register('x.count', function* () {
      yield 1;
      return 'end';
    });
    const stream = client.stream('x.count');
    for await (const value of stream) expect(value).toBe(1);
    expect(await stream.result).toBe('end');
    expect(await client.upload('x.count', [1])).toBe('end');
    expect(seen).toEqual(['x.count', 'x.count']);
  });

  it('what it throws is the answer, and leaving a loop reaches the call behind it', async () => {
    const refusing = await looped([
      {
        call: () => Promise.reject(new WampError('a.refusal')),
      },
    ]);
    await expect(refusing.call('x.y')).rejects.toMatchObject({ uri: 'a.refusal' });
    const { client, router } = await joined({ middleware: [{ call: (call, next) => next({ ...call }) }] });
    const stream = client.stream('x.y');
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, { progress: true }, Payload.of([1])));
    for await (const value of stream) {
      expect(value).toBe(1);
      break;
    }
    expect((await router.gets(MessageKind.Cancel)).request).toBe(request);
  });

  it('logging tells of calls and invocations when they are over', async () => {
    const records: CallRecord[] = [];
    const client = await looped([logging((record) => records.push(record))]);
    await client.register('x.y', ([fail]) => {
      if (fail) throw new WampError('a.failure', ['no']);
    });
    await client.call('x.y', [false]);
    await expect(client.call('x.y', [true])).rejects.toMatchObject({ uri: 'a.failure' });
    expect(
      records.map(({ kind, procedure, error }) => [kind, procedure, (error as WampError | undefined)?.uri]),
    ).toEqual([
      ['invocation', 'x.y', undefined],
      ['call', 'x.y', undefined],
      ['invocation', 'x.y', 'a.failure'],
      ['call', 'x.y', 'a.failure'],
    ]);
    expect(records[3]!.line).toMatch(/^call x\.y failed: a\.failure: no after [\d.]+ ms$/);
  });

  it('tracing carries headers from the caller to the handler', async () => {
    const active: string[] = [];
    const client = await looped([
      tracing({
        inject: () => ({ traceparent: active.at(-1) ?? 'root' }),
        extract: (headers, _invocation, run) => {
          active.push(`within ${String(headers['traceparent'])}`);
          return run();
        },
      }),
    ]);
    await client.register('x.outer', () => client.call('x.inner'));
    await client.register('x.inner', () => active.at(-1));
    expect(await client.call('x.outer')).toBe('within within root');
  });
});

describe('retry', () => {
  const quick = { wait: async () => undefined };

  it('sends idempotent calls again after a passing failure, and no others', async () => {
    let attempts = 0;
    const client = await looped([retry({ attempts: 3, ...quick })]);
    await client.register('x.y', () => {
      attempts += 1;
      if (attempts < 3) throw new WampError('wamp.error.unavailable');
      return attempts;
    });
    expect(await client.call('x.y', [], { idempotent: true })).toBe(3);
    attempts = 0;
    await expect(client.call('x.y')).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    expect(attempts).toBe(1);
    attempts = -10;
    await expect(client.call('x.y', [], { idempotent: true })).rejects.toMatchObject({
      uri: 'wamp.error.unavailable',
    });
    expect(attempts).toBe(-7);
  });

  it('does not repeat what failed for good, was aborted, or has progressed', async () => {
    let attempts = 0;
    const client = await looped([retry(quick)]);
    await client.register('x.fails', () => {
      attempts += 1;
      throw new WampError('a.failure');
    });
    await expect(client.call('x.fails', [], { idempotent: true })).rejects.toMatchObject({
      uri: 'a.failure',
    });
    expect(attempts).toBe(1);
    await client.register('x.progresses', (_args, { progress }) => {
      attempts += 1;
      progress(1);
      throw new WampError('wamp.error.unavailable');
    });
    await expect(
      client.call('x.progresses', [], { idempotent: true, onProgress: () => undefined }),
    ).rejects.toMatchObject({ uri: 'wamp.error.unavailable' });
    expect(attempts).toBe(2);
    const signal = AbortSignal.abort();
    await expect(client.call('x.fails', [], { idempotent: true, signal })).rejects.toMatchObject({
      uri: 'wamp.error.canceled',
    });
    expect(attempts).toBe(2);
  });

  it('waits for the next session after the connection was lost', async () => {
    const line = new Line();
    const { client, router } = await line.client({ middleware: [retry(quick)] });
    const call = client.call('x.y', [], { idempotent: true });
    await router.gets(MessageKind.Call);
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    const { request } = await second.gets(MessageKind.Call);
    second.sends(new ResultMessage(request, {}, Payload.of(['there'])));
    expect(await call).toBe('there');
  });
});

/** What a client's factory reaches: one router after the other. */
class Line {
  readonly #routers: ScriptedRouter[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];
  refuses = false;

  readonly target = (): Promise<Transport> => {
    if (this.refuses) return Promise.reject(new Error('nobody listens'));
    const { transport, router } = scripted();
    this.#routers.push(router);
    for (const resume of this.#waiting.splice(0)) resume();
    return Promise.resolve(transport);
  };

  async next(): Promise<ScriptedRouter> {
    while (this.#taken >= this.#routers.length)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#routers[this.#taken++]!;
  }

  async client(options: Partial<ConnectOptions> = {}): Promise<{ client: Client; router: ScriptedRouter }> {
    const reconnect = { minDelayMs: 1, maxDelayMs: 2 };
    const connecting = connect(this.target, { realm: 'realm1', reconnect, ...options });
    const router = await this.next();
    await router.welcomes();
    const client = await connecting;
    open.push(() => client.close({ signal: AbortSignal.abort() }));
    return { client, router };
  }
}

describe('while there is no session', () => {
  const reconnect = { minDelayMs: 1, maxDelayMs: 2, offline: 'wait' } as const;

  it('calls, publications, registrations and subscriptions wait for the next one, if they are told to', async () => {
    const line = new Line();
    const { client, router } = await line.client({ reconnect });
    await Promise.all([client.register('x.kept', () => 1), router.registers(1)]);
    line.refuses = true;
    router.cuts();
    await settle();
    expect(client.status.current).toBe('reconnecting');
    const call = client.call('x.y', [1]);
    const registering = client.register('x.new', () => 2);
    const subscribing = client.subscribe('x.topic', () => undefined);
    const publishing = client.publish('x.topic');
    await expect(client.call('x.y', [], { offline: 'fail' })).rejects.toBeInstanceOf(ConnectionLostError);
    line.refuses = false;
    const second = await line.next();
    await second.welcomes();
    expect((await second.registers(11)).procedure).toBe('x.kept');
    const { request } = await second.gets(MessageKind.Call);
    expect((await second.registers(12)).procedure).toBe('x.new');
    await second.subscribes(13);
    await second.gets(MessageKind.Publish);
    second.sends(new ResultMessage(request, {}, Payload.of(['there'])));
    expect(await call).toBe('there');
    expect((await registering).id).toBe(12);
    expect((await subscribing).id).toBe(13);
    await publishing;
  });

  it('what waits ends with its signal, its time, its number, and the client', async () => {
    const line = new Line();
    const { client, router } = await line.client({ reconnect });
    line.refuses = true;
    router.cuts();
    await settle();
    const stop = new AbortController();
    const stopped = client.call('x.y', [], { signal: stop.signal });
    const timed = client.call('x.y', [], { timeoutMs: 1 });
    stop.abort('enough');
    await expect(stopped).rejects.toMatchObject({ uri: 'wamp.error.canceled', cause: 'enough' });
    await expect(timed).rejects.toBeInstanceOf(TimeoutError);
    const many = Array.from({ length: 1000 }, () => client.call('x.y').catch((error: unknown) => error));
    await expect(client.call('x.y')).rejects.toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    await client.close();
    for (const outcome of await Promise.all(many)) expect(outcome).toBeInstanceOf(WampError);
  });

  it('the status feed tells every change, and ends with the client', async () => {
    const line = new Line();
    const { client, router } = await line.client();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const status of client.status) seen.push(status);
    })();
    await settle();
    router.cuts();
    const second = await line.next();
    await second.welcomes();
    while (client.status.current !== 'open') await settle();
    const closing = client.close();
    await second.dismisses();
    await closing;
    await watching;
    expect(seen).toEqual(['open', 'reconnecting', 'open', 'closing', 'closed']);
    const late: string[] = [];
    for await (const status of client.status) late.push(status);
    expect(late).toEqual(['closed']);
  });
});

describe('several targets', () => {
  it('are tried in turn, at first and when the client comes back', async () => {
    const [one, two] = [new Line(), new Line()];
    one.refuses = true;
    const connecting = connect([one.target, two.target], {
      realm: 'realm1',
      reconnect: { minDelayMs: 1, maxDelayMs: 2 },
    });
    const router = await two.next();
    await router.welcomes();
    const client = await connecting;
    open.push(() => client.close({ signal: AbortSignal.abort() }));
    one.refuses = false;
    router.cuts();
    await (await one.next()).welcomes();
    while (client.status.current !== 'open') await settle();
  });

  it('if none can be reached, the last failure is the error', async () => {
    const [one, two] = [new Line(), new Line()];
    one.refuses = two.refuses = true;
    await expect(connect([one.target, two.target], { realm: 'realm1' })).rejects.toBeInstanceOf(
      ConnectionError,
    );
    await expect(connect([], { realm: 'realm1' })).rejects.toMatchObject({ name: 'UsageError' });
  });
});
