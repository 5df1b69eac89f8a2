/**
 * What a command reads and writes: the process's streams and environment, or a test's.
 */
import type { Readable } from 'node:stream';

export interface Terminal {
  /** results: one JSON value each */
  readonly out: (text: string) => void;
  /** everything that is said to a person */
  readonly err: (text: string) => void;
  readonly in: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** true if a person reads `out`: values are then printed over several lines */
  readonly isInteractive: boolean;
  /** aborted when the user wants to stop */
  readonly interrupted: AbortSignal;
}
