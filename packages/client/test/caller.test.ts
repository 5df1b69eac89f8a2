import { getEventListeners } from 'node:events';
import type { CallMessage } from '@wamp/protocol';
import { ErrorMessage, MessageKind, Payload, ResultMessage } from '@wamp/protocol';
import {
  CanceledError,
  Result,
  TimeoutError,
  UnavailableError,
  UsageError,
  WampError,
  type CallScope,
  type Client,
} from '@wamp/client';
import { describe, expect, it } from 'vitest';
import { joined, settle, type ScriptedRouter } from './scripted-router.fixture.js';

/** A source whose first chunk never comes. */
async function* never(): AsyncGenerator<number> {
  await new Promise(() => undefined);
  yield 1;
}

const NO_FEATURES = { dealer: {}, broker: {} };

/** Sends an answer to the next CALL. */
async function answers(router: ScriptedRouter, payload: Payload): Promise<CallMessage> {
  const call = await router.gets(MessageKind.Call);
  router.sends(new ResultMessage(call.request, {}, payload));
  return call;
}

/** What a call resolves with when the result is this. */
async function resultOf(payload: Payload, raw = false): Promise<unknown> {
  const { client, router } = await joined();
  const [value] = await Promise.all([client.call('a.b', [], { raw }), answers(router, payload)]);
  return value;
}

describe('the result of a call', () => {
  it('is the single positional value', async () => {
    expect(await resultOf(Payload.of([42]))).toBe(42);
    expect(await resultOf(Payload.of([null]))).toBe(null);
    expect(await resultOf(Payload.of([[1, 2]]))).toEqual([1, 2]);
  });

  it('is undefined if the RESULT is empty', async () => {
    expect(await resultOf(Payload.of())).toBeUndefined();
  });

  it('is a Result if there are several values or keyword values', async () => {
    expect(await resultOf(Payload.of([1, 2]))).toEqual(new Result([1, 2]));
    expect(await resultOf(Payload.of([1], { a: 1 }))).toEqual(new Result([1], { a: 1 }));
    expect(await resultOf(Payload.of([], { a: 1 }))).toBeInstanceOf(Result);
  });

  it('is always a Result with raw', async () => {
    expect(await resultOf(Payload.of([42]), true)).toEqual(new Result([42]));
    expect(await resultOf(Payload.of(), true)).toEqual(new Result());
  });

  it('survives keys that are dangerous in JavaScript', async () => {
    const kwargs = JSON.parse('{"__proto__":{"polluted":true},"a":1}') as Record<string, unknown>;
    const value = (await resultOf(Payload.of([], kwargs))) as Result;
    expect(Object.hasOwn(value.kwargs, 'a')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('CALL', () => {
  it('carries procedure, arguments and options', async () => {
    const { client, router } = await joined();
    void client
      .call('com.example.add', [1, 2], {
        kwargs: { exact: true },
        timeoutMs: 1500.2,
        discloseMe: true,
        rkey: 'joe',
        onProgress: () => undefined,
      })
      .catch(() => undefined);
    const call = await router.gets(MessageKind.Call);
    expect(call.procedure).toBe('com.example.add');
    expect(call.options).toEqual({ timeout: 1501, disclose_me: true, rkey: 'joe', receive_progress: true });
    expect(call.payload).toMatchObject({ args: [1, 2], kwargs: { exact: true } });
  });

  it('carries no options where none are set', async () => {
    const { client, router } = await joined();
    client.call('com.example.add').catch(() => undefined);
    const call = await router.gets(MessageKind.Call);
    expect(call.options).toEqual({});
    expect(call.payload.isEmpty).toBe(true);
  });

  it('rejects what is no list of arguments or no time, and sends nothing', async () => {
    const { client, router } = await joined();
    await expect(client.call('a.b', 'x' as never)).rejects.toBeInstanceOf(UsageError);
    for (const timeoutMs of [-1, NaN, '5' as never, 2 ** 60]) {
      await expect(client.call('a.b', [], { timeoutMs })).rejects.toBeInstanceOf(UsageError);
    }
    const circle: unknown[] = [];
    circle.push(circle);
    await expect(client.call('a.b', circle)).rejects.toBeInstanceOf(UsageError);
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('a refused call', () => {
  async function refusal(uri: string, args: readonly unknown[] = [], kwargs = {}): Promise<unknown> {
    const { client, router } = await joined();
    const call = client.call('a.b');
    call.catch(() => undefined);
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ErrorMessage(MessageKind.Call, request, { hint: 1 }, uri, Payload.of(args, kwargs)));
    return call.catch((error: unknown) => error);
  }

  it('rejects with URI, arguments and details', async () => {
    const error = await refusal('com.example.empty', ['the cart is empty'], { cart: 7 });
    expect(error).toBeInstanceOf(WampError);
    expect(error).toMatchObject({
      uri: 'com.example.empty',
      args: ['the cart is empty'],
      kwargs: { cart: 7 },
      details: { hint: 1 },
      message: 'com.example.empty: the cart is empty',
    });
  });

  it('rejects with a class of its own for canceled and timeout, variant spellings included', async () => {
    expect(await refusal('wamp.error.canceled')).toBeInstanceOf(CanceledError);
    const variant = await refusal('wamp.error.cancelled');
    expect(variant).toBeInstanceOf(CanceledError);
    expect(variant).toMatchObject({ uri: 'wamp.error.canceled' });
    expect(await refusal('wamp.error.timeout')).toBeInstanceOf(TimeoutError);
    expect(await refusal('wamp.error.unavailable')).toBeInstanceOf(UnavailableError);
    expect(await refusal('wamp.error.authorization_denied')).toMatchObject({
      uri: 'wamp.error.not_authorized',
    });
  });
});

describe('canceling', () => {
  async function callWith(
    options: { cancelMode?: 'skip' | 'kill' | 'killnowait' },
    features?: Record<string, unknown>,
  ): Promise<{
    client: Client;
    router: ScriptedRouter;
    call: Promise<unknown>;
    stop: AbortController;
    request: number;
  }> {
    const ignored: string[] = [];
    const { client, router } = await joined({ onIgnored: (text) => ignored.push(text) }, features);
    const stop = new AbortController();
    const call = client.call('a.b', [], { signal: stop.signal, ...options });
    call.catch(() => undefined);
    const { request } = await router.gets(MessageKind.Call);
    return { client, router, call, stop, request };
  }

  it('sends CANCEL killnowait by default and rejects at once; the reason is the cause', async () => {
    const { router, call, stop, request } = await callWith({});
    stop.abort('enough');
    await expect(call).rejects.toBeInstanceOf(CanceledError);
    await expect(call).rejects.toMatchObject({ cause: 'enough' });
    expect(await router.gets(MessageKind.Cancel)).toMatchObject({ request, options: { mode: 'killnowait' } });
  });

  it('mode skip rejects at once', async () => {
    const { router, call, stop } = await callWith({ cancelMode: 'skip' });
    stop.abort();
    await expect(call).rejects.toBeInstanceOf(CanceledError);
    expect((await router.gets(MessageKind.Cancel)).options).toEqual({ mode: 'skip' });
  });

  it('mode kill waits for the answer, which may be a result', async () => {
    const { router, call, stop, request } = await callWith({ cancelMode: 'kill' });
    stop.abort();
    expect((await router.gets(MessageKind.Cancel)).options).toEqual({ mode: 'kill' });
    router.sends(new ResultMessage(request, {}, Payload.of(['done already'])));
    expect(await call).toBe('done already');
  });

  it('mode kill rejects with the callee’s error', async () => {
    const { router, call, stop, request } = await callWith({ cancelMode: 'kill' });
    stop.abort();
    router.refuses(MessageKind.Call, request, 'wamp.error.canceled', ['stopped']);
    await expect(call).rejects.toMatchObject({ args: ['stopped'] });
  });

  it('CANCEL-025: a dealer without call_canceling: no CANCEL, rejects locally, a late RESULT is tolerated', async () => {
    for (const cancelMode of ['skip', 'kill', 'killnowait'] as const) {
      const { client, router, call, stop, request } = await callWith({ cancelMode }, NO_FEATURES);
      stop.abort();
      await expect(call).rejects.toBeInstanceOf(CanceledError);
      router.sends(new ResultMessage(request, {}, Payload.of([1])));
      await settle();
      expect(router.unread).toEqual([]);
      expect(client.status.current).toBe('open');
    }
  });

  it('CANCEL-026: the late ERROR for a canceled call does not close the session', async () => {
    const { client, router, call, stop, request } = await callWith({});
    stop.abort();
    await expect(call).rejects.toBeInstanceOf(CanceledError);
    router.refuses(MessageKind.Call, request, 'wamp.error.canceled');
    await settle();
    expect(client.status.current).toBe('open');
    await router.gets(MessageKind.Cancel);
    expect(router.unread).toEqual([]);
  });

  it('a signal that is aborted already never sends anything', async () => {
    const { client, router } = await joined();
    const signal = AbortSignal.abort();
    await expect(client.call('a.b', [], { signal })).rejects.toBeInstanceOf(CanceledError);
    await expect(client.upload('a.b', [1], { signal })).rejects.toBeInstanceOf(CanceledError);
    await expect(client.register('a.b', () => 1, { signal })).rejects.toBeInstanceOf(CanceledError);
    await expect(client.subscribe('a.b', () => 1, { signal })).rejects.toBeInstanceOf(CanceledError);
    await expect(client.publish('a.b', [], { signal })).rejects.toBeInstanceOf(CanceledError);
    await expect(client.publish('a.b', [], { signal, acknowledge: true })).rejects.toBeInstanceOf(
      CanceledError,
    );
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('the signal of the scope and the own one both cancel, and are left alone after the answer', async () => {
    const { client, router } = await joined();
    for (const which of ['own', 'scope']) {
      const own = new AbortController();
      const scope = new AbortController();
      const within: CallScope = { signal: scope.signal, remainingMs: () => Infinity };
      const call = client.call('a.b', [], { signal: own.signal, within });
      const { request } = await router.gets(MessageKind.Call);
      (which === 'own' ? own : scope).abort(which);
      await expect(call).rejects.toMatchObject({ uri: 'wamp.error.canceled', cause: which });
      expect(await router.gets(MessageKind.Cancel)).toMatchObject({ request });
      for (const attempt of [
        client.call('a.b', [], { signal: own.signal, within }),
        client.stream('a.b', [], { signal: own.signal, within }).result,
        client.upload('a.b', [1], { signal: own.signal, within }),
      ]) {
        await expect(attempt).rejects.toMatchObject({ uri: 'wamp.error.canceled', cause: which });
      }
    }
    const scope = new AbortController();
    const answered = client.call('a.b', [], {
      within: { signal: scope.signal, remainingMs: () => Infinity },
    });
    expect(getEventListeners(scope.signal, 'abort')).toHaveLength(1);
    await answers(router, Payload.of([1]));
    expect(await answered).toBe(1);
    expect(getEventListeners(scope.signal, 'abort')).toEqual([]);
    scope.abort();
    const waiting = new AbortController();
    const upload = client.upload('a.b', never(), {
      within: { signal: waiting.signal, remainingMs: () => Infinity },
    });
    waiting.abort('gone');
    await expect(upload).rejects.toMatchObject({ cause: 'gone' });
    expect(router.unread).toEqual([]);
  });

  it('an abort after the answer does nothing', async () => {
    const { router, call, stop, request } = await callWith({});
    router.sends(new ResultMessage(request));
    await call;
    stop.abort();
    await settle();
    expect(router.unread).toEqual([]);
  });
});

describe('timeouts', () => {
  it('are the router’s if it announced call_timeout', async () => {
    const { client, router } = await joined();
    client.call('a.b', [], { timeoutMs: 1 }).catch(() => undefined);
    expect((await router.gets(MessageKind.Call)).options).toEqual({ timeout: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(router.unread).toEqual([]);
  });

  it('within a scope are at most what is left of its time', async () => {
    const { client, router } = await joined();
    const scope = (left: number): CallScope => ({
      signal: new AbortController().signal,
      remainingMs: () => left,
    });
    const sent = async (left: number, timeoutMs?: number): Promise<unknown> => {
      const options = timeoutMs === undefined ? {} : { timeoutMs };
      client.call('a.b', [], { within: scope(left), ...options }).catch(() => undefined);
      return (await router.gets(MessageKind.Call)).options.timeout;
    };
    expect(await sent(1000.5)).toBe(1001);
    expect(await sent(1000, 2000)).toBe(1000);
    expect(await sent(1000, 500)).toBe(500);
    expect(await sent(Infinity)).toBeUndefined();
    expect(await sent(Infinity, 500)).toBe(500);
    await expect(client.call('a.b', [], { within: scope(0) })).rejects.toBeInstanceOf(TimeoutError);
    expect(router.unread).toEqual([]);
  });

  it('are kept here if it did not: CANCEL, and TimeoutError', async () => {
    const features = { dealer: { features: { call_canceling: true } } };
    const { client, router } = await joined({}, features);
    const call = client.call('a.b', [], { timeoutMs: 10 });
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
    expect((await router.gets(MessageKind.Call)).options).toEqual({});
    expect((await router.gets(MessageKind.Cancel)).options).toEqual({ mode: 'killnowait' });
  });
});

describe('progressive results', () => {
  it('PCR-016: onProgress is called in order before the promise resolves, never after', async () => {
    const { client, router } = await joined();
    const seen: unknown[] = [];
    const call = client.call('a.b', [], { onProgress: (value) => seen.push(value) });
    const { request } = await router.gets(MessageKind.Call);
    const progress = (value: unknown): ResultMessage =>
      new ResultMessage(request, { progress: true }, Payload.of([value]));
    router.sends(progress(1), progress(2), new ResultMessage(request, {}, Payload.of([3])), progress(4));
    seen.push(await call);
    await settle();
    expect(seen).toEqual([1, 2, 3]);
  });

  it('that nobody asked for are ignored', async () => {
    const { client, router } = await joined();
    const call = client.call('a.b');
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, { progress: true }, Payload.of([1])));
    router.sends(new ResultMessage(request, {}, Payload.of([2])));
    expect(await call).toBe(2);
  });

  it('a callback that throws is reported and does not end the call', async () => {
    const reported: unknown[] = [];
    const { client, router } = await joined({ onError: (error, origin) => reported.push(error, origin) });
    const trouble = new Error('no');
    const call = client.call('a.b', [], {
      onProgress: () => {
        throw trouble;
      },
    });
    const { request } = await router.gets(MessageKind.Call);
    router.sends(
      new ResultMessage(request, { progress: true }),
      new ResultMessage(request, {}, Payload.of([2])),
    );
    expect(await call).toBe(2);
    expect(reported).toEqual([trouble, { where: 'progress', uri: 'a.b' }]);
  });
});

describe('stream', () => {
  const progress = (request: number, value: unknown): ResultMessage =>
    new ResultMessage(request, { progress: true }, Payload.of([value]));

  it('iterates the progressive results and has the final one as .result', async () => {
    const { client, router } = await joined();
    const stream = client.stream<number, string>('a.b', [1]);
    const call = await router.gets(MessageKind.Call);
    expect(call.options).toEqual({ receive_progress: true });
    router.sends(progress(call.request, 1), progress(call.request, 2));
    router.sends(new ResultMessage(call.request, {}, Payload.of(['end'])));
    const seen: number[] = [];
    for await (const value of stream) seen.push(value);
    expect(seen).toEqual([1, 2]);
    expect(await stream.result).toBe('end');
  });

  it('leaving the loop cancels the call', async () => {
    const { client, router } = await joined();
    const stream = client.stream('a.b');
    const { request } = await router.gets(MessageKind.Call);
    router.sends(progress(request, 1));
    for await (const value of stream) {
      expect(value).toBe(1);
      break;
    }
    expect(await router.gets(MessageKind.Cancel)).toMatchObject({ request, options: { mode: 'killnowait' } });
    await expect(stream.result).rejects.toBeInstanceOf(CanceledError);
  });

  it('an error of the call is thrown by the loop, after what came before it', async () => {
    const { client, router } = await joined();
    const stream = client.stream('a.b');
    const { request } = await router.gets(MessageKind.Call);
    router.sends(progress(request, 1));
    router.refuses(MessageKind.Call, request, 'com.example.broken');
    const seen: unknown[] = [];
    await expect(async () => {
      for await (const value of stream) seen.push(value);
    }).rejects.toMatchObject({ uri: 'com.example.broken' });
    expect(seen).toEqual([1]);
  });

  it('more results than the buffer holds end the call with an error', async () => {
    const { client, router } = await joined();
    const stream = client.stream('a.b', [], { maxBuffered: 2 });
    const { request } = await router.gets(MessageKind.Call);
    router.sends(progress(request, 1), progress(request, 2), progress(request, 3), progress(request, 4));
    expect((await router.gets(MessageKind.Cancel)).request).toBe(request);
    await expect(stream.result).rejects.toMatchObject({ uri: 'wamp.error.limit_exceeded' });
    await settle();
    expect(router.unread).toEqual([]);
  });

  it('a stream that cannot start rejects, and its loop throws', async () => {
    const { client } = await joined();
    const stream = client.stream('a.b', [], { signal: AbortSignal.abort() });
    await expect(async () => {
      for await (const value of stream) expect(value).toBe('never');
    }).rejects.toBeInstanceOf(CanceledError);
    await expect(stream.result).rejects.toBeInstanceOf(CanceledError);
  });
});

describe('upload', () => {
  it('PCI-028: sends each chunk under the same id; later ones have no options but progress', async () => {
    const { client, router } = await joined();
    const upload = client.upload('a.b', ['x', 'y'], { discloseMe: true, kwargs: { name: 'n' } });
    const first = await router.gets(MessageKind.Call);
    expect(first.options).toEqual({ disclose_me: true, progress: true });
    expect(first.payload).toMatchObject({ args: ['x'], kwargs: { name: 'n' } });
    const second = await router.gets(MessageKind.Call);
    expect(second).toMatchObject({ request: first.request, procedure: 'a.b', options: { progress: true } });
    const last = await router.gets(MessageKind.Call);
    expect(last.request).toBe(first.request);
    expect(last.options).toEqual({});
    expect(last.payload.isEmpty).toBe(true);
    router.sends(new ResultMessage(first.request, {}, Payload.of([2])));
    expect(await upload).toBe(2);
    void client.publish('a.b');
    expect((await router.gets(MessageKind.Publish)).request).toBe(first.request + 1);
  });

  it('what a generator returns goes with the last message', async () => {
    const { client, router } = await joined();
    const chunks = async function* (): AsyncGenerator<string, string> {
      yield 'x';
      return 'end';
    };
    client.upload('a.b', chunks()).catch(() => undefined);
    await router.gets(MessageKind.Call);
    expect((await router.gets(MessageKind.Call)).payload.args).toEqual(['end']);
  });

  it('no chunks at all are an ordinary call', async () => {
    const { client, router } = await joined();
    const upload = client.upload('a.b', []);
    const call = await router.gets(MessageKind.Call);
    expect(call.options).toEqual({});
    router.sends(new ResultMessage(call.request, {}, Payload.of([0])));
    expect(await upload).toBe(0);
  });

  it('stops, and leaves the source, when the answer comes before the last chunk', async () => {
    const { client, router } = await joined();
    let left = false;
    const chunks = async function* (): AsyncGenerator<string> {
      try {
        for (;;) {
          yield 'x';
          await settle();
        }
      } finally {
        left = true;
      }
    };
    const upload = client.upload('a.b', chunks());
    const { request } = await router.gets(MessageKind.Call);
    router.sends(new ResultMessage(request, {}, Payload.of(['enough'])));
    expect(await upload).toBe('enough');
    await settle();
    await settle();
    expect(left).toBe(true);
    const sent = router.received.length;
    await settle();
    expect(router.received).toHaveLength(sent);
  });

  it('a source that throws cancels the call and rejects with its error', async () => {
    const { client, router } = await joined();
    const trouble = new Error('disk');
    const chunks = async function* (): AsyncGenerator<string> {
      yield 'x';
      throw trouble;
    };
    const upload = client.upload('a.b', chunks());
    await expect(upload).rejects.toBe(trouble);
    await router.gets(MessageKind.Call);
    await router.gets(MessageKind.Cancel);
    expect(router.unread).toEqual([]);
  });

  it('sends no chunk after CANCEL, also while kill waits for the answer', async () => {
    const { client, router } = await joined();
    const stop = new AbortController();
    let next!: () => void;
    const chunks = async function* (): AsyncGenerator<string> {
      yield 'x';
      await new Promise<void>((resolve) => (next = resolve));
      yield 'y';
    };
    const upload = client.upload('a.b', chunks(), { signal: stop.signal, cancelMode: 'kill' });
    const { request } = await router.gets(MessageKind.Call);
    await settle();
    stop.abort();
    next();
    await settle();
    router.sends(new ResultMessage(request));
    await upload;
    await router.gets(MessageKind.Cancel);
    expect(router.unread).toEqual([]);
  });

  it('is refused here if the router did not announce progressive_call_invocations', async () => {
    const { client, router } = await joined({}, NO_FEATURES);
    await expect(client.upload('a.b', ['x'])).rejects.toMatchObject({
      uri: 'wamp.error.feature_not_supported',
    });
    expect(router.unread).toEqual([]);
  });
});
