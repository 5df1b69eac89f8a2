/**
 * From the text of a configuration file, YAML or JSON, to a checked configuration, or to complaints with file, line,
 * column and key. Owns the way through parser, references and schema; what is right is said by the schema.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, parseDocument, isMap, isNode, isPair, isScalar, type Document } from 'yaml';
import { issuesOf, keyOf, type ConfigIssue } from './config-issues.js';
import {
  hasReference,
  reasonOf,
  ReferenceError,
  resolveReferences,
  type ReferenceSource,
} from './config-references.js';
import { CONFIG, type Config } from './config-schema.js';

/** The configuration file is wrong. The message has a line for each thing that is, for the person who wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** More than this is no configuration, and would only keep the process from saying so. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Longest part of a wrong value that a complaint shows. */
const MAX_SHOWN = 60;

/**
 * Reads a configuration file.
 * @throws ConfigError naming the file, and each key that is wrong
 */
export function readConfig(file: string, environment: ReferenceSource['environment'] = process.env): Config {
  return parseConfig(contentOf(file), file, { environment, directory: dirname(file) });
}

function contentOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MAX_FILE_BYTES) throw new Error(`it is longer than ${MAX_FILE_BYTES} bytes`);
    return bytes.toString('utf8');
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${file}: ${reasonOf(error)}`);
  }
}

/**
 * Checks the text of a configuration file.
 * @param name what complaints call the file
 * @throws ConfigError naming the file, and each key that is wrong
 */
export function parseConfig(source: string, name: string, references: ReferenceSource): Config {
  const lines = new LineCounter();
  // Some editors begin a file with a byte order mark.
  const document = parseDocument(source.replace(/^\uFEFF/, ''), { lineCounter: lines, stringKeys: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new ConfigError(
      `${name}:${line}:${col}: ${fault.message.split('\n')[0]!.replace(/ at line .*$/, '')}`,
    );
  }
  return new ConfigText(document, lines, name).checked(references);
}

/** A text that could be parsed, on its way to a configuration. */
class ConfigText {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #name: string;
  /** keys of the values that had references */
  readonly #referring = new Map<
    string,
    { readonly path: readonly PropertyKey[]; readonly written: string }
  >();

  constructor(document: Document, lines: LineCounter, name: string) {
    this.#document = document;
    this.#lines = lines;
    this.#name = name;
  }

  checked(references: ReferenceSource): Config {
    const written = this.#plain();
    const unresolved: ConfigIssue[] = [];
    const resolved = this.#resolved(written, [], references, unresolved);
    if (unresolved.length > 0) throw this.#error(unresolved);
    const first = CONFIG.safeParse(resolved, { reportInput: true });
    if (first.success) return first.data;
    // A variable is text; where a number or true or false belongs, it stands for that.
    for (const { path } of first.error.issues) this.#convert(resolved, path);
    const second = CONFIG.safeParse(resolved, { reportInput: true });
    if (second.success) return second.data;
    throw this.#error(issuesOf(CONFIG, second.error.issues, resolved, (path) => this.#shown(resolved, path)));
  }

  #plain(): unknown {
    try {
      return (this.#document.toJS() as unknown) ?? {};
    } catch (error) {
      throw new ConfigError(`${this.#name}: ${(error as Error).message}`);
    }
  }

  #resolved(
    value: unknown,
    path: readonly PropertyKey[],
    source: ReferenceSource,
    unresolved: ConfigIssue[],
  ): unknown {
    if (Array.isArray(value)) {
      return value.map((entry, i) => this.#resolved(entry, [...path, i], source, unresolved));
    }
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value);
      return Object.fromEntries(
        entries.map(([key, inner]) => [key, this.#resolved(inner, [...path, key], source, unresolved)]),
      );
    }
    if (typeof value !== 'string' || !hasReference(value)) return value;
    this.#referring.set(keyOf(path), { path, written: value });
    try {
      return resolveReferences(value, source);
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      unresolved.push({ path, sentence: error.message, isAboutKey: false });
      return value;
    }
  }

  #convert(resolved: unknown, path: readonly PropertyKey[]): void {
    if (path.length === 0 || !this.#referring.has(keyOf(path))) return;
    const holder = valueAt(resolved, path.slice(0, -1)) as Record<PropertyKey, unknown>;
    const text = holder[path.at(-1)!] as string;
    if (/^-?\d+$/.test(text)) holder[path.at(-1)!] = Number(text);
    if (text === 'true' || text === 'false') holder[path.at(-1)!] = text === 'true';
  }

  /** What the file has at a path; never what a reference stands for. */
  #shown(resolved: unknown, path: readonly PropertyKey[]): string | undefined {
    const value = this.#referring.get(keyOf(path))?.written ?? valueAt(resolved, path);
    if (value === undefined || (typeof value === 'object' && value !== null)) return undefined;
    const text = JSON.stringify(value);
    return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 3)}…` : text;
  }

  #error(issues: readonly ConfigIssue[]): ConfigError {
    return new ConfigError(issues.map((issue) => this.#line(issue)).join('\n'));
  }

  #line({ path, sentence, isAboutKey }: ConfigIssue): string {
    const { line, col } = this.#lines.linePos(this.#offset(path, isAboutKey));
    const subject = path.length === 0 ? 'the file' : keyOf(path);
    return `${this.#name}:${line}:${col}: ${subject}: ${sentence}`;
  }

  /** Where a value or its key begins; for what is not there, where it belongs. */
  #offset(path: readonly PropertyKey[], isAboutKey: boolean): number {
    for (let length = path.length; length > 0; length -= 1) {
      const holder =
        length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, length - 1), true);
      const key = path[length - 1];
      if (isMap(holder)) {
        const pair = holder.items.find((one) => isScalar(one.key) && String(one.key.value) === String(key));
        const node = isAboutKey || !isNode(pair?.value) ? pair?.key : pair.value;
        if (isPair(pair) && isNode(node)) return node.range?.[0] ?? 0;
      }
      const node = this.#document.getIn(path.slice(0, length), true);
      if (isNode(node)) return node.range?.[0] ?? 0;
    }
    return this.#document.contents?.range?.[0] ?? 0;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
