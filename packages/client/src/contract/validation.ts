/**
 * Asks a schema about a value, and says what was wrong so that both a person and a program can use it.
 * Owns the form of `wamp.error.invalid_argument` in contracts.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { WampError } from '../wamp-error.js';
import type { Schema } from './definition.js';

/** One thing that was wrong, as it travels in ArgumentsKw.issues. */
export interface InvalidPart {
  /** where, for example `args[0].price` */
  readonly path: string;
  readonly message: string;
}

/**
 * @param at what the value is: `args`, `kwargs`, `result`, …; the beginning of the paths
 * @returns what the schema makes of the value; the value itself without a schema
 * @throws WampError `wamp.error.invalid_argument` with `kwargs.issues`, a list of {@link InvalidPart}
 */
export async function validated(schema: Schema | undefined, value: unknown, at: string): Promise<unknown> {
  if (schema === undefined) return value;
  const outcome = await schema['~standard'].validate(value);
  if (outcome.issues === undefined) return outcome.value;
  const issues = outcome.issues.map((issue): InvalidPart => ({
    path: pathOf(at, issue),
    message: issue.message,
  }));
  const text = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new WampError('wamp.error.invalid_argument', [text], { issues });
}

function pathOf(at: string, issue: StandardSchemaV1.Issue): string {
  let path = at;
  for (const step of issue.path ?? []) {
    const key = typeof step === 'object' ? step.key : step;
    path += typeof key === 'number' ? `[${key}]` : `.${String(key)}`;
  }
  return path;
}
