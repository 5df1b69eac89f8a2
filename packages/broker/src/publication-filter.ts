/**
 * The publisher's choice of receivers: black- and whitelists of sessions, authids and authroles.
 * Knows nothing of topics, nor of the rule that leaves out the publisher itself.
 * Source: advanced profile, "Subscriber Black- and Whitelisting".
 */
import { EMPTY_DICT, type Identity, type PublishOptions } from '@wamp/protocol';
import type { AudienceLists } from './stored-event.js';

const LISTS = [
  'eligible',
  'eligible_authid',
  'eligible_authrole',
  'exclude',
  'exclude_authid',
  'exclude_authrole',
] as const;

/** How many entries all lists of the publication have together. */
export function countFilterEntries(options: PublishOptions): number {
  if (options === EMPTY_DICT) return 0;
  let entries = 0;
  for (const list of LISTS) entries += options[list]?.length ?? 0;
  return entries;
}

/** A copy of the lists that are there; undefined if there is none. */
export function audienceOf(options: PublishOptions): AudienceLists | undefined {
  const present = LISTS.flatMap((list) => {
    const entries = options[list];
    return entries === undefined ? [] : [[list, [...entries]] as const];
  });
  return present.length === 0 ? undefined : Object.fromEntries(present);
}

/**
 * True if the lists admit the session: the rule of {@link PublicationFilter.admits}, for one question instead of many.
 * @param lists undefined admits everybody
 */
export function isAdmitted(
  lists: AudienceLists | undefined,
  { session, authid, authrole }: Identity,
): boolean {
  if (lists === undefined) return true;
  return (
    lists.eligible?.includes(session) !== false &&
    lists.eligible_authid?.includes(authid) !== false &&
    lists.eligible_authrole?.includes(authrole) !== false &&
    lists.exclude?.includes(session) !== true &&
    lists.exclude_authid?.includes(authid) !== true &&
    lists.exclude_authrole?.includes(authrole) !== true
  );
}

export class PublicationFilter {
  readonly #eligible: ReadonlySet<number> | undefined;
  readonly #eligibleAuthids: ReadonlySet<string> | undefined;
  readonly #eligibleAuthroles: ReadonlySet<string> | undefined;
  readonly #excluded: ReadonlySet<number> | undefined;
  readonly #excludedAuthids: ReadonlySet<string> | undefined;
  readonly #excludedAuthroles: ReadonlySet<string> | undefined;

  private constructor(options: PublishOptions) {
    this.#eligible = setOf(options.eligible);
    this.#eligibleAuthids = setOf(options.eligible_authid);
    this.#eligibleAuthroles = setOf(options.eligible_authrole);
    this.#excluded = setOf(options.exclude);
    this.#excludedAuthids = setOf(options.exclude_authid);
    this.#excludedAuthroles = setOf(options.exclude_authrole);
  }

  /** The filter of a publication; undefined if it has no list at all, which is the common case. */
  static of(options: PublishOptions): PublicationFilter | undefined {
    if (options === EMPTY_DICT) return undefined;
    return LISTS.some((list) => options[list] !== undefined) ? new PublicationFilter(options) : undefined;
  }

  /**
   * True if a session may receive the publication: it is in every whitelist that is present and in no blacklist. A
   * whitelist that is present and empty admits nobody.
   */
  admits({ session, authid, authrole }: Identity): boolean {
    return (
      isEligible(this.#eligible, session) &&
      isEligible(this.#eligibleAuthids, authid) &&
      isEligible(this.#eligibleAuthroles, authrole) &&
      !isExcluded(this.#excluded, session) &&
      !isExcluded(this.#excludedAuthids, authid) &&
      !isExcluded(this.#excludedAuthroles, authrole)
    );
  }
}

function setOf<T>(list: readonly T[] | undefined): ReadonlySet<T> | undefined {
  return list === undefined ? undefined : new Set(list);
}

function isEligible<T>(whitelist: ReadonlySet<T> | undefined, value: T): boolean {
  return whitelist === undefined || whitelist.has(value);
}

function isExcluded<T>(blacklist: ReadonlySet<T> | undefined, value: T): boolean {
  return blacklist?.has(value) === true;
}
