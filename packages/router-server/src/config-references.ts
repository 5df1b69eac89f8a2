/**
 * References in the values of a configuration: `${NAME}` and `${NAME:-default}` stand for environment variables,
 * `${file:PATH}` for what a file holds, `$${` for the characters `${` themselves.
 * Owns their syntax; does not know where in the configuration they stand.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where references are looked up. */
export interface ReferenceSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** the directory that relative paths begin at: the one of the configuration file */
  readonly directory: string;
}

/** A reference that cannot be resolved; the message is a sentence without the key. */
export class ReferenceError extends Error {
  override readonly name = 'ReferenceError';
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;
const VARIABLE = /^([A-Za-z_]\w*)(?::-(.*))?$/s;

/** True if the text holds a reference, or an escaped one. */
export function hasReference(text: string): boolean {
  return text.includes('${');
}

/** @throws ReferenceError */
export function resolveReferences(text: string, source: ReferenceSource): string {
  return text.replace(REFERENCE, (whole, inside: string | undefined) =>
    inside === undefined ? whole.slice(1) : resolveOne(inside, source),
  );
}

function resolveOne(inside: string, { environment, directory }: ReferenceSource): string {
  if (inside.startsWith('file:')) return contentOf(resolve(directory, inside.slice('file:'.length)));
  const [, name, fallback] = VARIABLE.exec(inside) ?? [];
  if (name === undefined) {
    throw new ReferenceError(
      `\${${inside}} is no reference: write \${NAME}, \${NAME:-default} or \${file:PATH}, and $\${ for \${ itself`,
    );
  }
  const value = environment[name] ?? fallback;
  if (value !== undefined) return value;
  throw new ReferenceError(
    `the environment variable ${name} is not set: set it, or write \${${name}:-default}`,
  );
}

/** Files of secrets usually end with a line break that is no part of the secret. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new ReferenceError(`the file ${file} cannot be read: ${reasonOf(error)}`);
  }
}

/** Why a file cannot be read, in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return message;
}
