/**
 * What the commands print. Results are JSON on standard output, one value each; everything else goes to standard error.
 */
import { Result, WampError } from '@wamp/client';
import type { Terminal } from './terminal.js';
import { jsonFrom } from './values.js';

export class Output {
  readonly #terminal: Terminal;
  readonly #indent: number;

  /** @param isCompact one line for each value, also for a person */
  constructor(terminal: Terminal, isCompact: boolean) {
    this.#terminal = terminal;
    this.#indent = terminal.isInteractive && !isCompact ? 2 : 0;
  }

  /** One result: a single value as it is, others as `{ args, kwargs }`. */
  value(value: unknown): void {
    const plain = isResult(value) ? { args: value.args, kwargs: value.kwargs } : value;
    if (plain !== undefined) this.#terminal.out(`${jsonFrom(plain, this.#indent)}\n`);
  }

  /** One of many values, always on a line of its own. */
  line(value: unknown): void {
    this.#terminal.out(`${jsonFrom(value, 0)}\n`);
  }

  text(text: string): void {
    this.#terminal.out(`${text}\n`);
  }

  /** Says something to the person. */
  note(text: string): void {
    this.#terminal.err(`${text}\n`);
  }

  /** Says what went wrong, with all that the error carries. */
  error(error: unknown): void {
    this.note(`wamp: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof WampError)) return;
    const { args, kwargs } = error;
    if (args.length > 1 || Object.keys(kwargs).length > 0) this.note(jsonFrom({ args, kwargs }, 0));
  }
}

/** Without the type parameters, which `instanceof` would fill with `any`. */
function isResult(value: unknown): value is Result {
  return value instanceof Result;
}
