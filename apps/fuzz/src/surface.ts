/** What can be thrown at, and how one sees that it stood. */
import type { Input } from './input.js';
import type { Random } from './random.js';

export interface Surface {
  /** Makes an input; the same numbers make the same one. */
  make(random: Random): Input;
  /**
   * Throws it.
   * @returns what is wrong with how it was taken, in a sentence; undefined if nothing is
   */
  take(input: Input): Promise<string | undefined>;
  close(): Promise<void>;
}
