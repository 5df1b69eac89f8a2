/**
 * Which callee of a registration is invoked. A callee without a free slot, or congested, is passed over by every policy
 * that has a choice; one that is away, but may come back, is chosen only if there is no other. Changes nothing but whose turn it is. Source: advanced profile, "Shared Registration".
 */
import type { Callee } from './callee.js';
import type { Registration } from './registration.js';
import { hashKey, weigh } from './rendezvous.js';

type Tried<Owner> = ReadonlySet<Callee<Owner>> | undefined;

/**
 * Picks the callee for a call.
 * @param rkey CALL.Options.rkey, the key of the policy `sticky`; without a usable key that policy rotates
 * @param tried callees that are out of the question for this call
 * @param random uniform over [0, 1)
 * @returns undefined if no callee can take the call now
 */
export function chooseCallee<Owner>(
  registration: Registration<Owner>,
  rkey: unknown,
  tried: Tried<Owner>,
  random: () => number,
): Callee<Owner> | undefined {
  const { callees } = registration;
  if (callees.length === 1) {
    const only = callees[0]!;
    return isEligible(only, tried) ? only : anyAwaited(callees, tried);
  }
  return chooseByPolicy(registration, rkey, tried, random) ?? anyAwaited(callees, tried);
}

function chooseByPolicy<Owner>(
  registration: Registration<Owner>,
  rkey: unknown,
  tried: Tried<Owner>,
  random: () => number,
): Callee<Owner> | undefined {
  const { callees } = registration;
  switch (registration.invoke) {
    case 'single':
    case 'first':
      return callees.find((callee) => isEligible(callee, tried));
    case 'last':
      return callees.findLast((callee) => isEligible(callee, tried));
    case 'roundrobin':
      return rotate(registration, tried);
    case 'random':
      return atRandom(callees, tried, random);
    case 'least_pending':
      return leastPending(registration, tried);
    case 'sticky': {
      const key = hashKey(rkey);
      return key === undefined ? rotate(registration, tried) : heaviest(callees, key, tried);
    }
  }
}

/** True if waiting helps: some callee is only short of a slot, not of room in its outbound buffer. */
export function isOnlyBusy<Owner>(registration: Registration<Owner>): boolean {
  return registration.callees.some((callee) => !callee.session.congested);
}

function anyAwaited<Owner>(
  callees: readonly Callee<Owner>[],
  tried: Tried<Owner>,
): Callee<Owner> | undefined {
  return callees.find((callee) => callee.isAwaited && tried?.has(callee) !== true);
}

function isEligible<Owner>(callee: Callee<Owner>, tried: Tried<Owner>): boolean {
  return callee.isFree && (tried === undefined || !tried.has(callee));
}

function rotate<Owner>(registration: Registration<Owner>, tried: Tried<Owner>): Callee<Owner> | undefined {
  const { callees } = registration;
  const count = callees.length;
  for (let step = 0; step < count; step += 1) {
    const index = (registration.turn + step) % count;
    const callee = callees[index]!;
    if (!isEligible(callee, tried)) continue;
    registration.turn = (index + 1) % count;
    return callee;
  }
  return undefined;
}

function atRandom<Owner>(
  callees: readonly Callee<Owner>[],
  tried: Tried<Owner>,
  random: () => number,
): Callee<Owner> | undefined {
  // Uniform over the eligible ones: the first draw is kept if it is eligible, and otherwise forgotten.
  const drawn = callees[Math.floor(random() * callees.length)];
  if (drawn !== undefined && isEligible(drawn, tried)) return drawn;
  const eligible = callees.filter((callee) => isEligible(callee, tried));
  return eligible[Math.floor(random() * eligible.length)];
}

function leastPending<Owner>(
  registration: Registration<Owner>,
  tried: Tried<Owner>,
): Callee<Owner> | undefined {
  const { callees } = registration;
  const count = callees.length;
  let best: Callee<Owner> | undefined;
  let bestIndex = 0;
  for (let step = 0; step < count; step += 1) {
    const index = (registration.turn + step) % count;
    const callee = callees[index]!;
    if (!isEligible(callee, tried) || (best !== undefined && callee.taken >= best.taken)) continue;
    best = callee;
    bestIndex = index;
  }
  // Among equals the one whose turn it is: quick calls, which never overlap, are spread as well.
  if (best !== undefined) registration.turn = (bestIndex + 1) % count;
  return best;
}

function heaviest<Owner>(
  callees: readonly Callee<Owner>[],
  key: number,
  tried: Tried<Owner>,
): Callee<Owner> | undefined {
  let best: Callee<Owner> | undefined;
  let bestWeight = -1;
  for (const callee of callees) {
    const weight = weigh(key, callee.seed);
    if (weight <= bestWeight || !isEligible(callee, tried)) continue;
    best = callee;
    bestWeight = weight;
  }
  return best;
}
