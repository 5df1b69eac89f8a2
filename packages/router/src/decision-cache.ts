/**
 * Decisions of authorizer procedures, kept for a while. They are kept per session, so whatever they depend on about the
 * session is part of the key; the rest of the key is what was asked for. Bounded in number, length and age.
 */
import type { MatchPolicy } from '@wamp/protocol';
import type { Action, Verdict } from './authorization.js';
import type { SessionInfo } from './session-info.js';

export interface DecisionLimits {
  /** decisions that are kept for one session */
  readonly decisionsPerSession: number;
  /** milliseconds for which a decision is kept */
  readonly decisionMs: number;
}

/** Longer URIs are asked about each time: what is kept for one session stays below 256 KB or so. */
const LONGEST_URI = 512;

interface Kept {
  readonly verdict: Verdict;
  /** milliseconds since the epoch */
  readonly until: number;
}

export class DecisionCache {
  readonly #limits: DecisionLimits;
  readonly #now: () => number;
  #sessions = new WeakMap<SessionInfo, Map<string, Kept>>();
  #generation = 0;

  constructor(limits: DecisionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Changes when everything is forgotten: a decision that was asked for before must not be kept after. */
  get generation(): number {
    return this.#generation;
  }

  find(session: SessionInfo, action: Action, uri: string, match: MatchPolicy): Verdict | undefined {
    const kept = this.#sessions.get(session);
    if (kept === undefined) return undefined;
    const key = keyOf(action, uri, match);
    const found = kept.get(key);
    if (found === undefined) return undefined;
    if (found.until > this.#now()) return found.verdict;
    kept.delete(key);
    return undefined;
  }

  /** @param generation from before the decision was asked for */
  keep(
    session: SessionInfo,
    action: Action,
    uri: string,
    match: MatchPolicy,
    verdict: Verdict,
    generation: number,
  ): void {
    if (generation !== this.#generation || uri.length > LONGEST_URI) return;
    let kept = this.#sessions.get(session);
    if (kept === undefined) this.#sessions.set(session, (kept = new Map<string, Kept>()));
    const key = keyOf(action, uri, match);
    kept.delete(key);
    kept.set(key, { verdict, until: this.#now() + this.#limits.decisionMs });
    if (kept.size <= this.#limits.decisionsPerSession) return;
    const oldest = kept.keys().next();
    if (oldest.done !== true) kept.delete(oldest.value);
  }

  forgetAll(): void {
    this.#generation += 1;
    this.#sessions = new WeakMap();
  }
}

/** No two different questions have the same key: neither action nor match policy contains a blank. */
function keyOf(action: Action, uri: string, match: MatchPolicy): string {
  return `${action} ${match} ${uri}`;
}
