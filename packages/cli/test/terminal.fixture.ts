/** A terminal in memory, and a command that runs in it. */
import { PassThrough } from 'node:stream';
import { main, type Terminal } from '@wamp/cli';

export class Run implements Terminal {
  readonly in = new PassThrough();
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isInteractive: boolean;
  readonly code: Promise<number>;
  stdout = '';
  stderr = '';
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();

  constructor(
    args: readonly string[],
    { input = '', isInteractive = false }: { readonly input?: string; readonly isInteractive?: boolean } = {},
  ) {
    this.env = process.env;
    this.isInteractive = isInteractive;
    this.in.end(input);
    this.code = main(args, this);
    void this.code.then(() => this.#changed());
  }

  get interrupted(): AbortSignal {
    return this.#stop.signal;
  }

  readonly out = (text: string): void => {
    this.stdout += text;
    this.#changed();
  };

  readonly err = (text: string): void => {
    this.stderr += text;
    this.#changed();
  };

  interrupt(): void {
    this.#stop.abort();
  }

  /** The lines of standard output, as values. */
  get lines(): unknown[] {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  }

  /** Waits until it has said something. */
  async says(text: string): Promise<this> {
    while (!(this.stdout + this.stderr).includes(text)) {
      const over = await Promise.race([
        new Promise<undefined>((resolve) => this.#waiting.add(() => resolve(undefined))),
        this.code,
      ]);
      if (over !== undefined && !(this.stdout + this.stderr).includes(text)) {
        throw new Error(`it ended with ${over} and never said "${text}": ${this.stderr}${this.stdout}`);
      }
    }
    return this;
  }

  #changed(): void {
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
  }
}
