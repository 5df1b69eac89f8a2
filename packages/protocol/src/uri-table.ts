/**
 * A table from URIs and URI patterns to values, asked with concrete URIs: what is registered or subscribed for this one?
 * Shared by dealer (best match) and broker (all matches). Must not validate URIs nor know what the values are.
 */
import type { MatchPolicy } from './options.js';
import { RadixTree } from './radix-tree.js';
import { RecentMatches } from './recent-matches.js';
import { WildcardTable } from './wildcard-table.js';

/**
 * Longer lists are not remembered: to use one costs more than to find it, and 4096 remembered lists must not fill the
 * memory.
 */
const LONGEST_REMEMBERED_LIST = 64;

const NO_MATCHES: readonly never[] = Object.freeze([]);

/**
 * Values by URI and match policy; the same URI may stand under each of the three policies.
 *
 * A look-up costs at most in proportion to the URI's length for exact and prefix entries, however many there are; the
 * result is remembered, so that a repeated URI costs a look-up in a map.
 * @typeParam T anything but undefined, which stands for "no entry"
 */
export class UriTable<T> {
  readonly #exact = new Map<string, T>();
  readonly #prefix = new Map<string, T>();
  readonly #wildcard = new Map<string, T>();
  readonly #prefixes = new RadixTree<T>();
  readonly #wildcards = new WildcardTable<T>();
  // A change of a pattern starts both afresh. A change of an exact entry concerns one URI only.
  readonly #bestPatterns = new RecentMatches<T | null>();
  readonly #matches = new RecentMatches<readonly T[]>();

  /** How many entries there are, of all policies. */
  get size(): number {
    return this.#exact.size + this.#prefix.size + this.#wildcard.size;
  }

  /** The value of exactly this entry; `uri` is not matched but compared. */
  get(match: MatchPolicy, uri: string): T | undefined {
    return this.#entries(match).get(uri);
  }

  /** Adds the entry, or replaces its value. */
  set(match: MatchPolicy, uri: string, value: T): void {
    this.#entries(match).set(uri, value);
    if (match === 'prefix') this.#prefixes.set(uri, value);
    else if (match === 'wildcard') this.#wildcards.set(uri, value);
    this.#changed(match, uri);
  }

  /** @returns true if there was such an entry */
  delete(match: MatchPolicy, uri: string): boolean {
    if (!this.#entries(match).delete(uri)) return false;
    if (match === 'prefix') this.#prefixes.delete(uri);
    else if (match === 'wildcard') this.#wildcards.delete(uri);
    this.#changed(match, uri);
    return true;
  }

  /**
   * The one value that a call of this URI selects: the exact entry; else the longest prefix, compared as a string; else
   * the wildcard pattern whose components, from the left, are literal longest.
   *
   * The specification's examples contradict each other where a prefix ends inside a component: `com.myapp.myobject1` is
   * said to match `com.myapp.myobject1-mysubobject1`, but with `a1.b2.c3` registered there is said to be no prefix match
   * for `a1.b2.c33.d4.e5`, and a wildcard pattern is selected. Both hold here: prefixes that all end inside a component
   * match, but they step back behind a wildcard pattern.
   * Source: advanced profile, "Pattern-based Registrations", "Best Matching".
   */
  best(uri: string): T | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined || !this.#hasPatterns) return exact;
    const remembered = this.#bestPatterns.get(uri);
    if (remembered !== undefined) return remembered ?? undefined;
    const found = this.#bestPattern(uri);
    this.#bestPatterns.remember(uri, found ?? null);
    return found;
  }

  /**
   * Every value that matches: the exact entry, then prefixes from short to long, then wildcard patterns in the order of
   * {@link best}. The list does not change when the table does.
   * Source: advanced profile, "Pattern-based Subscriptions".
   */
  all(uri: string): readonly T[] {
    const remembered = this.#matches.get(uri);
    if (remembered !== undefined) return remembered;
    const found: T[] = [];
    const exact = this.#exact.get(uri);
    if (exact !== undefined) found.push(exact);
    if (this.#hasPatterns) {
      this.#prefixes.collectPrefixesOf(uri, found);
      this.#wildcards.collect(uri, found);
    }
    const matches = found.length === 0 ? NO_MATCHES : found;
    if (matches.length <= LONGEST_REMEMBERED_LIST) this.#matches.remember(uri, matches);
    return matches;
  }

  /** The values of one policy, in the order in which their entries were added. */
  values(match: MatchPolicy): IterableIterator<T> {
    return this.#entries(match).values();
  }

  #bestPattern(uri: string): T | undefined {
    const prefix = this.#prefixes.longestPrefixOf(uri);
    if (this.#wildcard.size === 0) return prefix;
    if (prefix !== undefined && this.#prefixes.hasPrefixOf(uri, isComponentEnd)) return prefix;
    return this.#wildcards.best(uri) ?? prefix;
  }

  get #hasPatterns(): boolean {
    return this.#prefix.size > 0 || this.#wildcard.size > 0;
  }

  #entries(match: MatchPolicy): Map<string, T> {
    if (match === 'exact') return this.#exact;
    return match === 'prefix' ? this.#prefix : this.#wildcard;
  }

  #changed(match: MatchPolicy, uri: string): void {
    if (match === 'exact') {
      this.#matches.forget(uri); // `best` looks at the exact entries first, what it remembers of patterns stays true
      return;
    }
    this.#bestPatterns.forgetAll();
    this.#matches.forgetAll();
  }
}

/** True if the first `end` characters of the URI are whole components. */
function isComponentEnd(uri: string, end: number): boolean {
  return end === 0 || end === uri.length || uri[end] === '.' || uri[end - 1] === '.';
}
