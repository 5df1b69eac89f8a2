/**
 * Values on the command line and back. An argument is JSON if it can be read as JSON, else the text itself, so that
 * `wamp call add 1 2` and `wamp call greet Ada` both do what they look like.
 */
import { InvalidArgumentError } from 'commander';

/** One positional value. */
export function valueFrom(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Collects `name=value`. @throws InvalidArgumentError without a `=` */
export function keywordInto(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('it has to be name=value.');
  return { ...before, [text.slice(0, at)]: valueFrom(text.slice(at + 1)) };
}

/** @throws InvalidArgumentError for anything but a whole number that is not negative */
export function countFrom(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('it has to be a whole number.');
  return Number(text);
}

/** Bytes have no form in JSON: as in WAMP's own JSON, base64 behind a NUL. */
export function jsonFrom(value: unknown, indent: number): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) => {
      if (member instanceof Uint8Array) return `\0${Buffer.from(member).toString('base64')}`;
      return typeof member === 'bigint' ? String(member) : member;
    },
    indent,
  ) as string | undefined;
  return text ?? 'null';
}
