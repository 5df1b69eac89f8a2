/** The scene of most scenarios: one caller, one callee, one registration of `com.proc`. */
import type { RegisterOptions } from '@wamp/protocol';
import { expect } from 'vitest';
import type { DealerOptions } from '../../src/index.js';
import {
  ALL_FEATURES,
  DealerWorld,
  invocation,
  register,
  registered,
  type Announcement,
  type ScenarioPeer,
} from '../../src/testing/index.js';

export interface Scene {
  readonly world: DealerWorld;
  readonly callee: ScenarioPeer;
  readonly caller: ScenarioPeer;
  /** id of the registration */
  readonly registration: number;
}

export interface SceneOptions {
  readonly dealer?: Partial<DealerOptions>;
  readonly register?: RegisterOptions;
  readonly procedure?: string;
  /** default: everything */
  readonly callee?: Announcement;
  readonly caller?: Announcement;
  /** the caller takes no answer to a call that it canceled */
  readonly callerForgets?: boolean;
}

export function setScene(options: SceneOptions = {}): Scene {
  const world = new DealerWorld(options.dealer);
  const callee = world.joins({ features: options.callee ?? ALL_FEATURES });
  const caller = world.joins({
    features: options.caller ?? ALL_FEATURES,
    authid: 'joe',
    authrole: 'user',
    forgetsCanceledCalls: options.callerForgets === true,
  });
  callee.sends(register(options.procedure ?? 'com.proc', options.register));
  const { registration } = callee.gets(registered());
  return { world, callee, caller, registration };
}

/** All features, but not these ones of the callee. */
export function calleeWithout(...features: readonly string[]): Announcement {
  return { ...ALL_FEATURES, callee: ALL_FEATURES.callee!.filter((feature) => !features.includes(feature)) };
}

/** All features, but not these ones of the caller. */
export function callerWithout(...features: readonly string[]): Announcement {
  return { ...ALL_FEATURES, caller: ALL_FEATURES.caller!.filter((feature) => !features.includes(feature)) };
}

/** A further session that registers. */
export function addCallee(
  world: DealerWorld,
  options: RegisterOptions,
  features: Announcement = ALL_FEATURES,
  procedure = 'com.proc',
): ScenarioPeer {
  const callee = world.joins({ features });
  callee.sends(register(procedure, options));
  callee.gets(registered());
  return callee;
}

/** Several callees of a shared registration, and a caller. */
export function setSharedScene(
  count: number,
  options: RegisterOptions,
  dealer: Partial<DealerOptions> = {},
): { world: DealerWorld; callees: ScenarioPeer[]; caller: ScenarioPeer } {
  const world = new DealerWorld(dealer);
  const callees = Array.from({ length: count }, () => addCallee(world, options));
  return { world, callees, caller: world.joins() };
}

/** Nobody has anything unread, no call is open, nothing is armed or held. */
export function isQuiet(world: DealerWorld, ...peers: readonly ScenarioPeer[]): void {
  for (const peer of peers) peer.getsNothing();
  expect(world.dealer.isAtRest()).toBe(true);
}

/** Which of the callees got an INVOCATION since the last look; each inbox is emptied. */
export function whoWasInvoked(callees: readonly ScenarioPeer[]): number[] {
  return callees.flatMap((callee, index) => {
    const count = callee.inbox.length;
    for (let left = count; left > 0; left -= 1) callee.gets(invocation());
    return Array.from({ length: count }, () => index);
  });
}
