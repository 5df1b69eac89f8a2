/**
 * What is wrong with a configuration, as sentences with the key and the remedy in them.
 * Owns the wording; places in the file are added elsewhere.
 */
import type { z } from 'zod';
import { isSecret } from './config-values.js';
import { bare, knownKeys, schemasAt } from './config-walk.js';

/** One thing that is wrong. */
export interface ConfigIssue {
  /** where: keys, and numbers for entries of lists */
  readonly path: readonly PropertyKey[];
  /** the sentence, without the place */
  readonly sentence: string;
  /** true if the key itself is wrong, and not its value */
  readonly isAboutKey: boolean;
}

/** The path as people write it: `transports[0].endpoint.port`. */
export function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/**
 * Puts what zod found into sentences.
 * @param value what was checked
 * @param shown what the file has at a path, as text for the complaint; undefined if it is not to be shown
 */
export function issuesOf(
  schema: z.core.$ZodType,
  found: readonly z.core.$ZodIssue[],
  value: unknown,
  shown: (path: readonly PropertyKey[]) => string | undefined,
): readonly ConfigIssue[] {
  return found
    .flatMap((issue) => flatten(issue))
    .flatMap((issue) => sentencesOf(schema, issue, value, shown));
}

/** Where there was a choice, zod tells what is wrong with each; only the one that was most likely meant is of use. */
function flatten(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const candidates = issue.errors.map((errors) =>
    errors.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap((one) => flatten(one)),
  );
  return candidates.reduce((best, one) => (farness(one, issue) < farness(best, issue) ? one : best));
}

/** How far what was written is from what a choice wants: another kind of value, another `type`, then the number of faults. */
function farness(faults: readonly z.core.$ZodIssue[], union: z.core.$ZodIssue): number {
  const depth = union.path.length;
  const isOtherKind = faults.some((one) => one.code === 'invalid_type' && one.path.length === depth);
  const isOtherType = faults.some((one) => one.code === 'invalid_value' && one.path[depth] === 'type');
  return (isOtherKind ? 10_000 : 0) + (isOtherType ? 1_000 : 0) + faults.length;
}

function sentencesOf(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssue,
  value: unknown,
  shown: (path: readonly PropertyKey[]) => string | undefined,
): readonly ConfigIssue[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path, value);
    return issue.keys.map((key) => ({
      path: [...path, key],
      sentence: `unknown key; ${hint(key, known)}`,
      isAboutKey: true,
    }));
  }
  if (issue.code === 'invalid_key') {
    return [{ path, sentence: issue.issues[0]?.message ?? 'no such name', isAboutKey: true }];
  }
  if (issue.code === 'custom' && !issue.message.startsWith('must ')) {
    return [{ path, sentence: issue.message, isAboutKey: false }];
  }
  const given = schemasAt(schema, path).some((one) => isSecret(one) || isSecret(bare(one)))
    ? undefined
    : shown(path);
  const remedy = similarTo(given, issue);
  return [{ path, sentence: `${expected(issue)}${contrast(given, remedy)}`, isAboutKey: false }];
}

function expected(issue: z.core.$ZodIssue): string {
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  return isMissing ? `is missing; it ${requirement(issue)}` : requirement(issue);
}

function requirement(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') return `must be one of ${choicesOf(issue).join(', ')}`;
  if (issue.code === 'invalid_value' && !issue.message.startsWith('must ')) {
    return `must be ${choicesOf(issue).join(' or ')}`;
  }
  return issue.message;
}

function contrast(given: string | undefined, remedy: string): string {
  return given === undefined ? remedy : `, not ${given}${remedy}`;
}

function choicesOf(issue: z.core.$ZodIssue): readonly string[] {
  const { values, options } = issue as { values?: readonly unknown[]; options?: readonly unknown[] };
  return (values ?? options ?? []).map(String);
}

function similarTo(given: string | undefined, issue: z.core.$ZodIssue): string {
  if (given === undefined) return '';
  const similar = mostSimilar(given.replace(/^"|"$/g, ''), choicesOf(issue));
  return similar === undefined ? '' : `; did you mean "${similar}"?`;
}

function hint(key: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is nothing to set here';
  const similar = mostSimilar(key, known);
  return similar === undefined ? `known here: ${known.join(', ')}` : `did you mean "${similar}"?`;
}

/** Words are alike if two edits make one of the other, or if they are written with the same letters. */
function mostSimilar(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_]/g, '');
  return candidates
    .map((candidate) => ({ candidate, edits: distance(plain(candidate), plain(word)) }))
    .filter(({ candidate, edits }) => edits <= 2 && edits < candidate.length / 2)
    .sort((a, b) => a.edits - b.edits)[0]?.candidate;
}

/** Edits that turn one word into the other (Levenshtein). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap));
    }
    row = next;
  }
  return row[b.length]!;
}
