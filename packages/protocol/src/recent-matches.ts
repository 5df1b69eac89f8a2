/**
 * Remembers the results of recent look-ups by URI. Bounded in entries and in the length of their keys; the most recent
 * survive. Must not decide when a result is out of date: the table that owns it says so.
 */

/**
 * Entries in each of the two halves. A realm's hot URIs are some hundreds; at 2 × 2048 entries the keys of the longest
 * kind take 2 MB at most.
 */
const HALF = 2048;

/** Longer URIs are not remembered: reading one costs as much as looking it up, and keys must not fill the memory. */
export const LONGEST_REMEMBERED_URI = 256;

/** @typeParam R never undefined: that stands for "not remembered" */
export class RecentMatches<R> {
  // Two halves instead of a list by age: what is used moves to the young half, and what stays in the old one falls off.
  #young = new Map<string, R>();
  #old = new Map<string, R>();

  /** The remembered result; undefined if there is none. */
  get(uri: string): R | undefined {
    const young = this.#young.get(uri);
    if (young !== undefined) return young;
    if (this.#old.size === 0) return undefined;
    const old = this.#old.get(uri);
    if (old !== undefined) this.remember(uri, old);
    return old;
  }

  remember(uri: string, result: R): void {
    if (uri.length > LONGEST_REMEMBERED_URI) return;
    if (this.#young.size >= HALF) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(uri, result);
  }

  forget(uri: string): void {
    this.#young.delete(uri);
    this.#old.delete(uri);
  }

  /** Forgets everything; nothing that was removed from the table is held on to. Costs the same however much it was. */
  forgetAll(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
  }
}
