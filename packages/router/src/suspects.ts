/**
 * Whose silence would let a REGISTER succeed: the holders of a registration that may be ghosts, sessions whose peers are
 * gone without anybody having noticed. Asks nobody itself.
 */
import { LocalPeer } from './local-peer.js';
import type { Member } from './seat.js';
import type { Session } from './session.js';

const NOBODY: readonly Session[] = [];

/**
 * The sessions to ask before a REGISTER is refused.
 * @param holders whose registrations make it fail
 * @param newcomer who wants to register
 * @param most how many are asked at a time
 * @returns none if the answer to the REGISTER is certain: nobody holds the registration, or somebody who is surely there
 */
export function findSuspects(
  holders: readonly Member[],
  newcomer: Session,
  most: number,
): readonly Session[] {
  if (holders.length === 0) return NOBODY;
  const suspects: Session[] = [];
  for (const holder of holders) {
    if (suspects.length >= most) break;
    if (holder instanceof LocalPeer || holder === newcomer || !holder.canBeProbed) return NOBODY;
    suspects.push(holder);
  }
  return suspects;
}
