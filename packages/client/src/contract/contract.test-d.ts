/** What the type checker makes of contracts: each `@ts-expect-error` is a mistake that must not compile. */
import { expectTypeOf } from 'vitest';
import * as v from 'valibot';
import { type } from 'arktype';
import { z } from 'zod';
import type { ProgressiveCall } from '../progressive-call.js';
import { contract, type ContractError, procedure, topic, type ContractHost } from './index.js';

declare const host: ContractHost;

const shop = contract('com.example.shop', {
  cart: {
    add: procedure({
      args: z.tuple([z.string(), z.number()]),
      result: z.object({ pieces: z.number().transform(String) }),
    }),
    total: procedure({
      kwargs: z.object({ currency: z.string(), day: z.coerce.number().optional() }),
      result: z.number(),
      errors: {
        'com.example.shop.empty': z.object({ cart: z.string() }),
        'com.example.shop.closed': z.string(),
      },
    }),
  },
  search: procedure({ args: v.tuple([v.string()]), kwargs: v.object({ limit: v.number() }) }),
  rows: procedure({ args: type(['number']), progress: type('string'), result: type('boolean') }),
  upload: procedure({ chunks: z.string(), result: z.number() }),
  ping: procedure({}),
  reset: procedure({ uri: 'device.{device}.{part}.reset', args: z.tuple([z.boolean()]) }),
  file: procedure({ uri: 'files.{path...}', result: z.string() }),
  price: topic({ args: z.tuple([z.number()]), kwargs: z.object({ sku: z.string() }) }),
  news: { any: topic({ uri: 'of.{country}', args: z.tuple([z.string()]) }) },
});

const api = shop.use(host);

// ---- callers -----------------------------------------------------------------------------------------------------
expectTypeOf(api.cart.add(['sku', 2])).resolves.toEqualTypeOf<{ pieces: string }>();
expectTypeOf(api.cart.total({ currency: 'EUR' }, { timeoutMs: 5 })).resolves.toEqualTypeOf<number>();
expectTypeOf(api.search({ args: ['tea'], kwargs: { limit: 3 } })).resolves.toBeUnknown();
expectTypeOf(api.ping()).resolves.toBeUnknown();
expectTypeOf(api.rows.stream([3])).toEqualTypeOf<ProgressiveCall<string, boolean>>();
expectTypeOf(api.upload(['a', 'b'])).resolves.toEqualTypeOf<number>();
expectTypeOf(api.reset({ device: 'd', part: 'fan' }, [true])).resolves.toBeUnknown();
expectTypeOf(api.file({ path: 'etc.hosts' })).resolves.toEqualTypeOf<string>();
void api.rows([1], { onProgress: (row) => expectTypeOf(row).toEqualTypeOf<string>() });

// @ts-expect-error -- the second argument is a number
void api.cart.add(['sku', '2']);
// @ts-expect-error -- an argument is missing
void api.cart.add(['sku']);
// @ts-expect-error -- the arguments are missing
void api.cart.add();
// @ts-expect-error -- there is no such procedure
void api.cart.remove(['sku']);
// @ts-expect-error -- keyword arguments are part of the input
void api.cart.add(['sku', 2], { kwargs: {} });
// @ts-expect-error -- a mistyped keyword
void api.cart.total({ curency: 'EUR' });
// @ts-expect-error -- this one has no progressive results
void api.cart.add.stream(['sku', 2]);
// @ts-expect-error -- chunks are strings
void api.upload([1]);
// @ts-expect-error -- the name in the URI is `device`
void api.reset({ dev: 'd', part: 'fan' }, [true]);
// @ts-expect-error -- the values of the URI's names come first
void api.reset([true]);
// @ts-expect-error -- a topic is not called
void api.price([1]);

// ---- declared errors ---------------------------------------------------------------------------------------------
async function outcomes(): Promise<void> {
  const outcome = await api.cart.total.safe({ currency: 'EUR' });
  if (outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<number>();
  else if (outcome.error.uri === 'com.example.shop.empty')
    expectTypeOf(outcome.error.data).toEqualTypeOf<{ cart: string }>();
  else expectTypeOf(outcome.error).toEqualTypeOf<ContractError<'com.example.shop.closed', string>>();
  try {
    await api.cart.total({ currency: 'EUR' });
  } catch (error) {
    if (!api.cart.total.isError(error)) throw error;
    expectTypeOf(error.uri).toEqualTypeOf<'com.example.shop.empty' | 'com.example.shop.closed'>();
  }
}
expectTypeOf(outcomes).returns.resolves.toBeVoid();

// ---- callees -----------------------------------------------------------------------------------------------------
void api.cart.total.register(({ currency, day }, invocation) => {
  expectTypeOf(currency).toEqualTypeOf<string>();
  expectTypeOf(day).toEqualTypeOf<number | undefined>();
  if (day === 0) return invocation.fail('com.example.shop.empty', { cart: 'mine' });
  // @ts-expect-error -- this error is not declared
  if (day === 1) return invocation.fail('com.example.shop.full', { cart: 'mine' });
  // @ts-expect-error -- this is not what the error carries
  if (day === 2) return invocation.fail('com.example.shop.empty', { card: 'mine' });
  return 5;
});
void api.reset.register(([hard], { params }) => {
  expectTypeOf(hard).toEqualTypeOf<boolean>();
  expectTypeOf(params).toEqualTypeOf<{ readonly device: string; readonly part: string }>();
});
void api.rows.register(async function* ([count]) {
  expectTypeOf(count).toEqualTypeOf<number>();
  yield 'row';
  return true;
});
void api.rows.register(async ([count], { progress }) => {
  await progress(`row ${count}`);
  return true;
});
void api.upload.register(async (chunks) => {
  for await (const chunk of chunks) expectTypeOf(chunk).toEqualTypeOf<string>();
  return 1;
});
// @ts-expect-error -- the result is a number
void api.cart.total.register(() => 'five');
// @ts-expect-error -- rows are strings
void api.rows.register(async function* () {
  yield 1;
  return true;
});
// @ts-expect-error -- only procedures with `progress` are served by generators
void api.cart.total.register(function* () {
  yield 1;
  return 5;
});

// ---- the whole contract ------------------------------------------------------------------------------------------
const rest = {
  search: () => [],
  rows: () => true,
  upload: () => 1,
  ping: () => undefined,
  reset: () => 'done',
  file: () => 'text',
};
const cart = { add: () => ({ pieces: 1 }), total: () => 1 };
void shop.serve(host, { ...rest, cart });
void shop.serve(host, {
  ...rest,
  cart: { ...cart, total: { handler: () => 1, options: { invoke: 'roundrobin', concurrency: 2 } } },
});
// @ts-expect-error -- `cart.total` is missing
void shop.serve(host, { ...rest, cart: { add: cart.add } });
// @ts-expect-error -- `cart` is missing
void shop.serve(host, rest);
// @ts-expect-error -- the result of `add` is an object
void shop.serve(host, { ...rest, cart: { ...cart, add: () => 1 } });
// @ts-expect-error -- there is no procedure `pong`
void shop.serve(host, { ...rest, cart, pong: () => undefined });

// ---- topics ------------------------------------------------------------------------------------------------------
void api.price.publish({ args: [1], kwargs: { sku: 'a' } }, { acknowledge: true });
void api.price.subscribe(({ args: [price], kwargs: { sku } }, event) => {
  expectTypeOf(price).toEqualTypeOf<number>();
  expectTypeOf(sku).toEqualTypeOf<string>();
  expectTypeOf(event.publication).toEqualTypeOf<number>();
});
void api.news.any.publish({ country: 'is' }, ['text']);
void api.news.any.subscribe(([text], { params }) => {
  expectTypeOf(text).toEqualTypeOf<string>();
  expectTypeOf(params).toEqualTypeOf<{ readonly country: string }>();
});
// @ts-expect-error -- the price is a number
void api.price.publish({ args: ['1'], kwargs: { sku: 'a' } });
// @ts-expect-error -- the country is missing
void api.news.any.publish(['text']);

// ---- definitions -------------------------------------------------------------------------------------------------
// @ts-expect-error -- a member is a procedure, a topic or a group of them
void contract('com.example', { add: () => 1 });
// @ts-expect-error -- a schema is missing: this is a type, not a Standard Schema
void procedure({ result: String });
