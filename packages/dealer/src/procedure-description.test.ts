import { expect, it } from 'vitest';
import { describesProcedure, ProcedureDescription } from './procedure-description.js';

const read = (x_describe: unknown): ProcedureDescription | undefined =>
  ProcedureDescription.of({ x_describe });

it('keeps the parts that it knows, and leaves out what is not given', () => {
  const parts = {
    description: 'adds',
    args: { type: 'array' },
    kwargs: false,
    result: { type: 'number' },
    progress: true,
    errors: { 'com.error': {} },
  };
  expect(read({ ...parts, other: 1 })?.parts).toEqual(parts);
  expect(read({ description: null, result: undefined })?.parts).toEqual({});
});

it('is independent of what it was made from, and of what was taken from it', () => {
  const args = { type: 'array' };
  const description = read({ args })!;
  args.type = 'object';
  (description.parts['args'] as { type: string }).type = 'string';
  expect(description.parts).toEqual({ args: { type: 'array' } });
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['text', 'adds'],
  ['a number', 1],
  ['a list', []],
  ['a description that is no text', { description: 1 }],
  ['what JSON cannot express', { args: 1n }],
])('%s describes nothing', (_, value) => {
  expect(read(value)).toBeUndefined();
});

it('knows an attempt to describe from none', () => {
  expect([undefined, null, 'adds', {}].map((x_describe) => describesProcedure({ x_describe }))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});

it.each(['abc', 'é', '€', '😀', 'aé€😀z'])('counts the bytes of %s', (description) => {
  expect(read({ description })?.bytes).toBe(new TextEncoder().encode(JSON.stringify({ description })).length);
});
