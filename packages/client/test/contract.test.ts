import { CanceledError, WampError } from '@wamp/client';
import { contract, ContractError, procedure } from '@wamp/client/contract';
import { createLoopback, type Loopback } from '@wamp/client/loopback';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

const Cart = z.object({ items: z.array(z.string()), pieces: z.number() });

const shop = contract('com.example.shop', {
  cart: {
    add: procedure({ args: z.tuple([z.string(), z.number().int()]), result: Cart }),
    total: procedure({
      kwargs: z.object({ currency: z.string().length(3), on: z.coerce.date().optional() }),
      result: z.number(),
      errors: {
        'com.example.shop.empty': z.object({ cart: z.string() }),
        'com.example.shop.closed': z.string(),
      },
    }),
  },
  search: procedure({
    args: v.tuple([v.string()]),
    kwargs: v.object({ limit: v.optional(v.number(), 10) }),
    result: v.array(v.string()),
  }),
  rows: procedure({ args: type(['number']), progress: type('number'), result: type('string') }),
  upload: procedure({ chunks: z.string(), progress: z.number(), result: z.number() }),
  ping: procedure({}),
  reset: procedure({ uri: 'device.{device}.{part}.reset', args: z.tuple([z.boolean()]), result: z.string() }),
  file: procedure({ uri: 'files.{path...}', result: z.string() }),
});

type Host = Parameters<typeof shop.use>[0];

const loopbacks: Loopback[] = [];
afterEach(async () => {
  await Promise.all(loopbacks.splice(0).map((loopback) => loopback.close()));
});

async function pair(onError?: (error: unknown) => void) {
  const loopback = createLoopback();
  loopbacks.push(loopback);
  const callee = await loopback.connect(onError === undefined ? {} : { onError });
  const caller = await loopback.connect();
  return { callee, caller, api: caller.use(shop) };
}

const handlers = (): Parameters<typeof shop.serve>[1] => ({
  cart: {
    add: ([sku, count]) => ({ items: [sku], pieces: count }),
    total: ({ currency }, { fail }) =>
      currency === 'XXX' ? fail('com.example.shop.empty', { cart: 'mine' }) : 12.5,
  },
  search: ({ args: [text], kwargs: { limit } }) => [text, String(limit)],
  rows: async function* ([count]) {
    for (let row = 0; row < count; row += 1) yield row;
    return 'done';
  },
  upload: async (chunks, { progress }) => {
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.length;
      await progress(length);
    }
    return length;
  },
  ping: () => undefined,
  reset: ([hard], { params }) => `${params.device}/${params.part}/${String(hard)}`,
  file: (_none, { params }) => params.path,
});

describe('a contract', () => {
  it('names its URIs after its members', async () => {
    const { api } = await pair();
    expect([api.cart.add.uri, api.ping.uri, api.reset.uri, api.file.uri]).toEqual([
      'com.example.shop.cart.add',
      'com.example.shop.ping',
      'com.example.shop.device...reset',
      'com.example.shop.files.',
    ]);
  });

  it('carries lists of arguments, keyword arguments, and both', async () => {
    const { callee, api } = await pair();
    await callee.serve(shop, handlers());
    expect(await api.cart.add(['sku-1', 2])).toEqual({ items: ['sku-1'], pieces: 2 });
    expect(await api.cart.total({ currency: 'EUR' })).toBe(12.5);
    expect(await api.search({ args: ['tea'], kwargs: {} })).toEqual(['tea', '10']);
    expect(await api.ping()).toBeUndefined();
  });

  it('is served whole, and given back whole', async () => {
    const { callee, api } = await pair();
    const service = await callee.serve(shop, handlers());
    expect([...service.registrations.keys()]).toEqual([
      'cart.add',
      'cart.total',
      'search',
      'rows',
      'upload',
      'ping',
      'reset',
      'file',
    ]);
    await service.unregister();
    await expect(api.ping()).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  it('is served whole or not at all', async () => {
    const { callee, caller, api } = await pair();
    await caller.register('com.example.shop.rows', () => 'taken');
    await expect(callee.serve(shop, handlers())).rejects.toMatchObject({
      uri: 'wamp.error.procedure_already_exists',
    });
    await expect(api.cart.add(['sku', 1])).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  it('says which handler is missing before anything is registered', async () => {
    const { callee, api } = await pair();
    const { cart, ...others } = handlers();
    const incomplete = { ...others, cart: { add: cart.add } } as unknown as ReturnType<typeof handlers>;
    await expect(callee.serve(shop, incomplete)).rejects.toThrow('there is no handler for cart.total');
    await expect(api.ping()).rejects.toMatchObject({ uri: 'wamp.error.no_such_procedure' });
  });

  it('takes options with a handler', async () => {
    const { callee, caller, api } = await pair();
    const add = { handler: handlers().cart.add as never, options: { invoke: 'roundrobin' } as const };
    await callee.serve(shop, { ...handlers(), cart: { ...handlers().cart, add } });
    await caller.register(api.cart.add.uri, () => ({ items: [], pieces: -1 }), { invoke: 'roundrobin' });
    const pieces = [await api.cart.add(['a', 1]), await api.cart.add(['a', 1])].map((cart) => cart.pieces);
    expect(pieces.sort()).toEqual([-1, 1]);
  });
});

describe('validation', () => {
  it('refuses arguments at the callee, with the paths of what was wrong', async () => {
    const { callee, api } = await pair();
    const add = vi.fn();
    await callee.serve(shop, { ...handlers(), cart: { ...handlers().cart, add } });
    await expect(api.cart.add(['sku', 'two' as never])).rejects.toMatchObject({
      uri: 'wamp.error.invalid_argument',
      kwargs: { issues: [{ path: 'args[1]', message: expect.any(String) }] },
    });
    await expect(api.cart.total({ currency: 'EURO' })).rejects.toMatchObject({
      uri: 'wamp.error.invalid_argument',
      kwargs: { issues: [{ path: 'kwargs.currency' }] },
    });
    await expect(api.search({ args: [1 as never], kwargs: {} })).rejects.toMatchObject({
      kwargs: { issues: [{ path: 'args[0]' }] },
    });
    await expect(api.rows(['many' as never])).rejects.toMatchObject({
      kwargs: { issues: [{ path: 'args[0]' }] },
    });
    expect(add).not.toHaveBeenCalled();
  });

  it('gives the handler what the schema made of the arguments', async () => {
    const { callee, api } = await pair();
    const seen: unknown[] = [];
    await callee.use(shop).cart.total.register(({ on }) => {
      seen.push(on);
      return 1;
    });
    await api.cart.total({ currency: 'EUR', on: '2026-01-02' });
    expect(seen).toEqual([new Date('2026-01-02')]);
  });

  it('keeps a result that breaks the contract from the caller, and reports it at the callee', async () => {
    const reported: unknown[] = [];
    const { callee, api } = await pair((error) => reported.push(error));
    await callee.use(shop).cart.add.register(() => ({ items: 'none' }) as never);
    await expect(api.cart.add(['a', 1])).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
    expect(String(reported[0])).toContain('broken contract: result.items');
  });

  it('checks at the caller only when asked, before anything is sent', async () => {
    const { callee, caller } = await pair();
    const raw = vi.fn(() => 'no number');
    await callee.register('com.example.shop.cart.total', raw);
    const strict = caller.use(shop, { validate: true });
    await expect(strict.cart.total({ currency: 'EURO' })).rejects.toMatchObject({
      kwargs: { issues: [{ path: 'kwargs.currency' }] },
    });
    expect(raw).not.toHaveBeenCalled();
    await expect(strict.cart.total({ currency: 'EUR' })).rejects.toMatchObject({
      kwargs: { issues: [{ path: 'result' }] },
    });
    expect(await caller.use(shop).cart.total({ currency: 'EUR' })).toBe('no number');
  });
});

describe('declared errors', () => {
  it('come back as typed errors', async () => {
    const { callee, api } = await pair();
    await callee.serve(shop, handlers());
    const error: unknown = await api.cart.total({ currency: 'XXX' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toBeInstanceOf(WampError);
    if (!api.cart.total.isError(error)) throw new Error('not recognized');
    expect(error).toMatchObject({ uri: 'com.example.shop.empty', data: { cart: 'mine' } });
    expect(api.cart.add.isError(error)).toBe(false);
  });

  it('may carry a single value', async () => {
    const { callee, api } = await pair();
    await callee
      .use(shop)
      .cart.total.register((_input, { fail }) => fail('com.example.shop.closed', 'till 8'));
    expect(await api.cart.total.safe({ currency: 'EUR' })).toMatchObject({
      ok: false,
      error: { uri: 'com.example.shop.closed', data: 'till 8' },
    });
  });

  it('are told from others by safe(), which throws the others', async () => {
    const { callee, api } = await pair();
    const registration = await callee.use(shop).cart.total.register(() => 5);
    expect(await api.cart.total.safe({ currency: 'EUR' })).toEqual({ ok: true, value: 5 });
    await registration.unregister();
    await expect(api.cart.total.safe({ currency: 'EUR' })).rejects.toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
  });
});

describe('streams of a contract', () => {
  it('are iterated, with the final result behind', async () => {
    const { callee, api } = await pair();
    await callee.serve(shop, handlers());
    const stream = api.rows.stream([3]);
    const rows: number[] = [];
    for await (const row of stream) rows.push(row);
    expect(rows).toEqual([0, 1, 2]);
    expect(await stream.result).toBe('done');
  });

  it('check what is yielded, and stop the generator that breaks the contract', async () => {
    const reported: unknown[] = [];
    const { callee, api } = await pair((error) => reported.push(error));
    const stopped = vi.fn();
    await callee.use(shop).rows.register(async function* () {
      try {
        yield 'one' as never;
        return 'never';
      } finally {
        stopped();
      }
    });
    const stream = api.rows.stream([3]);
    await expect(stream.result).rejects.toMatchObject({ uri: 'wamp.error.runtime_error' });
    expect(stopped).toHaveBeenCalledOnce();
    expect(String(reported[0])).toContain('broken contract: progress');
  });

  it('stop the generator when the loop is left', async () => {
    const { callee, api } = await pair();
    let stop: () => void = () => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    await callee.use(shop).rows.register(async function* () {
      try {
        for (let row = 0; ; row += 1) {
          yield row;
          await new Promise((resolve) => setTimeout(resolve));
        }
      } finally {
        stop();
      }
    });
    const stream = api.rows.stream([0]);
    for await (const row of stream) if (row === 2) break;
    await stopped;
    await expect(stream.result).rejects.toBeInstanceOf(CanceledError);
  });

  it('go up in checked chunks, with progress down', async () => {
    const { callee, api } = await pair();
    await callee.serve(shop, handlers());
    const progress: number[] = [];
    const total = await api.upload(['ab', 'c', 'def'], { onProgress: (length) => progress.push(length) });
    expect(total).toBe(6);
    expect(progress).toEqual([2, 3, 6]);
    await expect(api.upload(['ab', 7 as never])).rejects.toMatchObject({
      uri: 'wamp.error.invalid_argument',
      kwargs: { issues: [{ path: 'chunk' }] },
    });
  });
});

describe('the invocation of a contract', () => {
  it('has all that an invocation has', async () => {
    const { callee, api } = await pair();
    await callee.use(shop).ping.register((_nothing, invocation) => {
      const { args, kwargs, procedure, wantsProgress, caller, signal, deadline, params } = invocation;
      const seen = [args, kwargs, procedure, wantsProgress, caller, signal.aborted, deadline, params];
      return [...seen, invocation.remainingMs(), Object.keys(invocation.details)];
    });
    expect(await api.ping()).toEqual([
      [],
      {},
      'com.example.shop.ping',
      false,
      null,
      false,
      null,
      {},
      Infinity,
      [],
    ]);
  });
});

describe('patterns of a contract', () => {
  it('give the handler the parts of the URI by name', async () => {
    const { callee, api } = await pair();
    await callee.serve(shop, handlers());
    expect(await api.reset({ device: 'd1', part: 'fan' }, [true])).toBe('d1/fan/true');
    expect(await api.file({ path: 'etc.hosts' })).toBe('etc.hosts');
  });

  it('take no value that would change the URI', async () => {
    const { api } = await pair();
    for (const device of ['a.b', '', 'a b', '#', undefined as never]) {
      await expect(api.reset({ device, part: 'fan' }, [true])).rejects.toThrow(
        'does not fit into com.example.shop.device',
      );
    }
    await expect(api.file({ path: 'a..b' })).rejects.toThrow('does not fit into com.example.shop.files');
  });

  it('are refused when they are neither wildcard nor prefix', () => {
    const host = {} as Host;
    for (const uri of ['a{b}.c', '{a...}.b', '{a}.{b...}']) {
      const bad = contract('com.example', { bad: procedure({ uri }) });
      expect(() => bad.use(host), uri).toThrow('{name} is one component');
    }
  });
});
