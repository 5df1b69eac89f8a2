/**
 * URIs with named parts: `device.{id}.reset` is the wildcard pattern `device..reset`, `files.{path...}` the prefix `files.`.
 * Owns both directions, from values to a URI and back; checks nothing that the router checks.
 */
import type { MatchPolicy } from '@wamp/protocol';
import { UsageError } from '../wamp-error.js';

/** The names in a template, as the type of their values. */
export type Params<U> = U extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in NameOf<Name> | keyof Params<Rest>]: string }
  : // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- no names
    {};
type NameOf<Name extends string> = Name extends `${infer N}...` ? N : Name;

export interface UriTemplate {
  readonly match: MatchPolicy;
  /** as it is registered or subscribed */
  readonly pattern: string;
  /** The concrete URI. @throws UsageError for a value that is missing or is no URI component */
  fill(params: Readonly<Record<string, unknown>>): string;
  /** The values in a concrete URI that matches the pattern. */
  read(uri: string): Readonly<Record<string, string>>;
}

/** @throws UsageError for a template that is neither a URI, nor a wildcard pattern, nor a prefix */
export function uriTemplate(text: string): UriTemplate {
  const parts = text.split('.');
  const rest = text.match(/\.\{([^{}]+)\.\.\.\}$/);
  if (rest !== null) return prefixTemplate(text.slice(0, rest.index), rest[1] as string);
  const names = parts.map((part) => /^\{([^{}]+)\}$/.exec(part)?.[1]);
  const pattern = parts.map((part, at) => (names[at] === undefined ? part : '')).join('.');
  if (/[{}]/.test(pattern)) throw notATemplate(text);
  return {
    match: names.some((name) => name !== undefined) ? 'wildcard' : 'exact',
    pattern,
    fill: (params) =>
      parts
        .map((part, at) => (names[at] === undefined ? part : component(params, names[at], /^[^.\s#]+$/)))
        .join('.'),
    read: (uri) => {
      const values = uri.split('.');
      return Object.fromEntries(
        names.flatMap((name, at) => (name === undefined ? [] : [[name, values[at] ?? '']])),
      );
    },
  };
}

function prefixTemplate(fixed: string, name: string): UriTemplate {
  if (/[{}]/.test(fixed)) throw notATemplate(fixed);
  const pattern = `${fixed}.`;
  return {
    match: 'prefix',
    pattern,
    fill: (params) => pattern + component(params, name, /^[^.\s#]+(\.[^.\s#]+)*$/),
    read: (uri) => ({ [name]: uri.slice(pattern.length) }),
  };
}

function component(params: Readonly<Record<string, unknown>>, name: string, rule: RegExp): string {
  const value = params[name];
  if (typeof value === 'string' && rule.test(value)) return value;
  throw new UsageError(`"${String(value)}" cannot stand for {${name}} in a URI`);
}

function notATemplate(text: string): UsageError {
  return new UsageError(`"${text}": {name} stands for one whole component, {name...} for the end of a URI`);
}
