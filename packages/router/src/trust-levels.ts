/**
 * How far the sessions of a realm are trusted. Worked out once for each session, when it joins; must not be asked for each
 * message.
 * Source: advanced profile, "Call Trust Levels" and "Publication Trust Levels".
 */
import type { RoleOptions } from './role-options.js';
import type { SessionInfo } from './session-info.js';

/** @returns a whole number from 0, the lowest; undefined leaves it to the role */
export type TrustLevelOf = (session: SessionInfo) => number | undefined;

/** The part of a realm's options that is about trust. */
interface TrustOptions {
  readonly trustLevelOf?: TrustLevelOf;
  readonly roles?: readonly RoleOptions[];
}

export class TrustLevels {
  readonly #decide: TrustLevelOf | undefined;
  readonly #byRole = new Map<string, number>();

  /** @throws RangeError if the trust level of a role is none */
  constructor({ trustLevelOf, roles = [] }: TrustOptions) {
    this.#decide = trustLevelOf;
    for (const { name, trustLevel } of roles) {
      if (trustLevel !== undefined) this.#byRole.set(name, checked(trustLevel, `the role ${name}`));
    }
  }

  /** True if no session has any. */
  get isIdle(): boolean {
    return this.#decide === undefined && this.#byRole.size === 0;
  }

  /** @throws RangeError if the program's decision is no trust level, or whatever it throws itself */
  of(session: SessionInfo): number | undefined {
    const decided = this.#decide?.(session);
    if (decided === undefined) return this.#byRole.get(session.authrole);
    return checked(decided, `session ${session.session}`);
  }
}

function checked(level: number, whose: string): number {
  if (Number.isSafeInteger(level) && level >= 0) return level;
  throw new RangeError(`the trust level of ${whose} must be a whole number from 0`);
}
