import { Result, WampError, type Client } from '@wamp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMATS, RunningRouter } from './running-router.fixture.js';

/** Every kind of value that all three formats carry. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['zero', 0],
  ['a small integer', 23],
  [
    'integers at the borders of the encodings',
    [24, 127, 128, 255, 256, 32_767, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32],
  ],
  ['2^53', 2 ** 53],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['negative integers', [-1, -24, -25, -128, -129, -32_769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53)]],
  ['floats', [0.5, -1.25, 1e-300, 1.7976931348623157e308, Math.PI]],
  ['null', null],
  ['booleans', [true, false]],
  ['text', ['', 'plain', 'Ünïcödé', '☃', '𝄞 astral', 'a\u0000b', '"quoted" \\ / \n\t', '\u2028']],
  ['a long text', 'ä€😀'.repeat(20_000)],
  ['bytes', Uint8Array.from({ length: 256 }, (_, i) => i)],
  ['no bytes', new Uint8Array(0)],
  ['many bytes', new Uint8Array(100_000).fill(7)],
  ['empty list and dictionary', [[], {}]],
  ['nested data', { a: [{ b: [[null, { c: 1.5 }]] }], 'key with spaces': { ü: [Uint8Array.of(1, 2)] } }],
  ['awkward keys', { constructor: 1, toString: 2, '': 3, '0': 4 }],
];

/** Bytes come back as any byte array; the content counts. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return { bytes: Array.from(value as Uint8Array) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([key, one]) => [key, plain(one)]);
  return value;
}

describe.each(FORMATS.flatMap((caller) => FORMATS.map((callee) => [caller, callee] as const)))(
  'SER-006: caller %s, callee %s',
  (callerFormat, calleeFormat) => {
    let running: RunningRouter;
    let caller: Client;
    let callee: Client;
    let seen: { args: readonly unknown[]; kwargs: Readonly<Record<string, unknown>> } | undefined;

    beforeAll(async () => {
      running = await RunningRouter.start();
      caller = await running.client(callerFormat);
      callee = await running.client(calleeFormat);
      await callee.register('com.example.echo', (args, { kwargs }) => {
        seen = { args, kwargs };
        return new Result(args, kwargs);
      });
      await callee.register('com.example.fail', (args, { kwargs }) => {
        throw new WampError('com.example.error', args, kwargs);
      });
    });
    afterAll(async () => {
      await running.stop();
      expect(running.violations).toEqual([]);
      expect(running.failures).toEqual([]);
    });

    it.each(VALUES)('%s', async (_name, value) => {
      const result = await caller.call('com.example.echo', [value], { kwargs: { value }, raw: true });
      for (const { args, kwargs } of [seen!, result]) {
        expect(plain(args)).toEqual([plain(value)]);
        expect(plain(kwargs)).toEqual([['value', plain(value)]]);
      }
    });

    it('RPC-037: binary payloads are preserved both ways', async () => {
      const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
      const back = await caller.call<Uint8Array>('com.example.echo', [bytes]);
      expect(seen?.args[0]).toBeInstanceOf(Uint8Array);
      expect(back).toBeInstanceOf(Uint8Array);
      expect(Array.from(seen?.args[0] as Uint8Array)).toEqual(Array.from(bytes));
      expect(Array.from(back)).toEqual(Array.from(bytes));
    });

    it('errors carry the same values', async () => {
      const values = VALUES.map(([, value]) => value);
      const call = caller.call('com.example.fail', values, { kwargs: { values } });
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WampError);
      expect(error).toMatchObject({ uri: 'com.example.error' });
      expect(plain((error as WampError).args)).toEqual(plain(values));
      expect(plain((error as WampError).kwargs)).toEqual(plain({ values }));
    });

    it('events carry the same values', async () => {
      const values = VALUES.map(([, value]) => value);
      const event = new Promise<readonly unknown[]>((resolve) => {
        void callee
          .subscribe('com.example.news', (args) => resolve(args))
          .then(() => caller.publish('com.example.news', values, { kwargs: { values }, acknowledge: true }));
      });
      expect(plain(await event)).toEqual(plain(values));
    });

    it('no arguments stay no arguments', async () => {
      expect(await caller.call('com.example.echo')).toBeUndefined();
      expect(seen).toEqual({ args: [], kwargs: {} });
    });
  },
);
