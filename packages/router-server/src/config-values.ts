/**
 * The kinds of values that the configuration has, each with the sentence that says what is right.
 * Owns these sentences; knows no key. Built on zod, so that checks, types, JSON Schema and manual have one source.
 */
import { isValidUri } from '@wamp/protocol';
import { z } from 'zod';

/** The longest delay that a Node timer takes. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Set on keys whose values must never be shown, not even in the complaint about them. */
export const SECRET = { secret: true } as const;

/** True for keys whose values must never be shown. */
export function isSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.['secret'] === true;
}

/** A whole number with a default. */
export function whole(
  min: number,
  max: number,
  fallback: number,
  description: string,
): z.ZodDefault<z.ZodNumber> {
  return wholeNumber(min, max).default(fallback).describe(description);
}

/** A whole number that may be left out, and then has no fixed default. */
export function wholeOrAbsent(min: number, max: number, description: string): z.ZodOptional<z.ZodNumber> {
  return wholeNumber(min, max).optional().describe(description);
}

export function wholeNumber(min: number, max: number): z.ZodNumber {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z.number(sentence).int(sentence).min(min, sentence).max(max, sentence);
}

/** Milliseconds that a timer can measure. */
export function milliseconds(min: number, fallback: number, description: string): z.ZodDefault<z.ZodNumber> {
  return whole(min, MAX_TIMER_MS, fallback, description);
}

export function yesOrNo(fallback: boolean, description: string): z.ZodDefault<z.ZodBoolean> {
  return z.boolean('must be true or false').default(fallback).describe(description);
}

/** @param what what the text must be, for example `a path that begins with a slash` */
export function text(what: string, isValid: (value: string) => boolean): z.ZodString {
  return z
    .string({
      // YAML reads some texts as something else: 0123, 1e3, null.
      error: ({ input }) => `must be ${what}${input === undefined ? '' : '; if it is one, put it in quotes'}`,
    })
    .refine(isValid, `must be ${what}`);
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  choices: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(choices, `must be one of ${choices.join(', ')}`);
}

/** A list whose complaint says so. */
export function listOf<T extends z.ZodType>(entry: T): z.ZodArray<T> {
  return z.array(entry, 'must be a list');
}

/** A dictionary with the keys that are named, and no others. */
export function section<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, { error: (issue) => notADictionary(issue.code) });
}

/** A dictionary by names that are free. */
export function byName<T extends z.ZodType>(name: z.ZodString, value: T): z.ZodRecord<z.ZodString, T> {
  return z.record(name, value, { error: (issue) => notADictionary(issue.code) });
}

function notADictionary(code: string | undefined): string | undefined {
  return code === 'invalid_type' ? 'must be a dictionary' : undefined;
}

/** Any text that is not empty. */
export const NOT_EMPTY: z.ZodString = text('text that is not empty', (value) => value !== '');

/** A realm is named by a URI. Source: basic profile, "Realms". */
export const REALM_NAME: z.ZodString = text('a realm name, for example realm1 or com.example.shop', (value) =>
  isValidUri(value, 'exact', 'loose'),
);

/** The URI of a procedure. */
export const URI: z.ZodString = text('a URI, for example com.example.add', (value) =>
  isValidUri(value, 'exact', 'loose'),
);

export const MATCH: z.ZodEnum<{ exact: 'exact'; prefix: 'prefix'; wildcard: 'wildcard' }> = oneOf([
  'exact',
  'prefix',
  'wildcard',
]);
