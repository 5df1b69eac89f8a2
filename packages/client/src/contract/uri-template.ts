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
  fill(params: Readonly<Record<string, string | undefined>>): string;
  /** The values in a concrete URI that matches the pattern. */
  read(uri: string): Readonly<Record<string, string>>;
}

const NAME = /\{(\w+)(\.{3})?\}/g;

/** One component, and at the end of a prefix one or more. */
const COMPONENT = '[^.\\s#]+';
const COMPONENTS = `${COMPONENT}(?:\\.${COMPONENT})*`;

/** @throws UsageError for a template that is neither a URI, nor a wildcard pattern, nor a prefix */
export function uriTemplate(text: string): UriTemplate {
  if (!/^((^|\.)([^{}.]+|\{\w+\}))+$|^[^{}]+\.\{\w+\.{3}\}$/.test(text)) {
    throw new UsageError(`"${text}": {name} is one component, {name...} the end`);
  }
  const names = [...text.matchAll(NAME)];
  const reader = new RegExp(
    `^${text.replaceAll('.', '\\.').replace(/\{(\w+)(\\\.){0,3}\}/g, (_all, name: string, rest) => `(?<${name}>${rest ? COMPONENTS : COMPONENT})`)}$`,
  );
  return {
    match: names.length === 0 ? 'exact' : names[0]?.[2] === undefined ? 'wildcard' : 'prefix',
    pattern: text.replace(NAME, ''),
    fill: (params) => {
      const uri = text.replace(NAME, (_all, name: string) => params[name] ?? '');
      if (reader.test(uri)) return uri;
      throw new UsageError(`${JSON.stringify(params)} does not fit into ${text}`);
    },
    read: (uri) => ({ ...reader.exec(uri)?.groups }),
  };
}
