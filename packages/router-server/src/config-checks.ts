/**
 * Small checks that turn unknown JSON into typed settings, each failure one sentence that names the key.
 * Owns the sentences; knows no key of the configuration.
 */

/** The configuration, a flag or the file itself is wrong. The message is one sentence for the person who wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads one value. `key` is its full name, for example `listen.port`. @throws ConfigError */
export type Check<T> = (value: unknown, key: string) => T;

function wrong(key: string, expected: string, value: unknown): ConfigError {
  const shown = JSON.stringify(value);
  return new ConfigError(
    `"${key}" must be ${expected}, not ${shown.length > 60 ? `${shown.slice(0, 57)}…` : shown}`,
  );
}

export function wholeNumber(min: number, max: number): Check<number> {
  return (value, key) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw wrong(key, `a whole number from ${min} to ${max}`, value);
  };
}

/** @param expected what the text must be, for example `a path that begins with a slash` */
export function text(expected: string, isValid: (value: string) => boolean): Check<string> {
  return (value, key) => {
    if (typeof value === 'string' && isValid(value)) return value;
    throw wrong(key, expected, value);
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): Check<T> {
  return (value, key) => {
    for (const choice of choices) if (choice === value) return choice;
    throw wrong(key, `one of ${choices.join(', ')}`, value);
  };
}

/** A list of which every entry passes `check`. */
export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, key) => {
    if (!Array.isArray(value)) throw wrong(key, 'a list, […]', value);
    return value.map((entry: unknown, i) => check(entry, `${key}[${i}]`));
  };
}

/** A dictionary with known keys, all of them optional. */
export function section<T>(fields: { readonly [K in keyof T]-?: Check<T[K]> }): Check<Partial<T>> {
  const known = new Map(Object.entries<Check<unknown>>(fields));
  return (value, key) => {
    const result: Record<string, unknown> = {};
    for (const [name, given] of entriesOf(value, key)) {
      const check = known.get(name);
      if (check === undefined) throw new ConfigError(unknownKey(inside(key, name), name, [...known.keys()]));
      result[name] = check(given, inside(key, name));
    }
    return result as Partial<T>;
  };
}

/** A dictionary whose keys are names that `isValid` accepts. */
export function dictionary<T>(
  expected: string,
  isValid: (name: string) => boolean,
  check: Check<T>,
): Check<Map<string, T>> {
  return (value, key) => {
    const result = new Map<string, T>();
    for (const [name, given] of entriesOf(value, key)) {
      if (!isValid(name)) throw new ConfigError(`"${inside(key, name)}": a key here must be ${expected}`);
      result.set(name, check(given, inside(key, name)));
    }
    return result;
  };
}

function entriesOf(value: unknown, key: string): [string, unknown][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  if (key === '') throw new ConfigError('the file must hold one JSON object, {…}');
  throw wrong(key, 'an object, {…}', value);
}

function inside(key: string, name: string): string {
  return key === '' ? name : `${key}.${name}`;
}

function unknownKey(key: string, name: string, known: readonly string[]): string {
  const similar = known.find((candidate) => distance(candidate.toLowerCase(), name.toLowerCase()) <= 2);
  const hint = similar === undefined ? `known here: ${known.join(', ')}` : `did you mean "${similar}"?`;
  return known.length === 0
    ? `unknown key "${key}": there is nothing to set here yet`
    : `unknown key "${key}": ${hint}`;
}

/** Edits that turn one word into the other (Levenshtein). */
function distance(a: string, b: string): number {
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
