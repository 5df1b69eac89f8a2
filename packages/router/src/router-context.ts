/**
 * What sessions and realms need of the router they belong to. An interface only, so that they do not import the router.
 */
import type { RandomUint32 } from '@wamp/protocol';
import type { Defer } from './clock.js';
import type { DeadlineTimer } from './deadline-timer.js';
import type { HandshakeHost } from './handshake.js';
import type { RouterLimits } from './limits.js';
import type { Counters } from './stats.js';
import type { Reception } from './reception.js';
import type { RouterObserver } from './observer.js';
import type { Population } from './population.js';

/** Whether a signature of a message is the key's. */
export type VerifyEd25519 = (
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
) => boolean | Promise<boolean>;

export interface RouterContext extends HandshakeHost {
  /** the host's later turns */
  readonly defer: Defer;
  readonly random32: RandomUint32;
  readonly limits: RouterLimits;
  readonly counters: Counters;
  readonly observer: RouterObserver;
  readonly population: Population;
  /** where logins wait for their turn */
  readonly reception: Reception;
  /** the one timer for the deadlines of all realms */
  readonly deadlines: DeadlineTimer;
  /** secret of this router, for what must be unpredictable and yet the same each time */
  readonly secret: Uint8Array;
  readonly verifyEd25519: VerifyEd25519;
  /** WELCOME.Details.agent */
  readonly agent: string;
  /** Draws a session id that nobody has. */
  takeSessionId(): number;
  /** Gives a session id back. */
  releaseSessionId(id: number): void;
}
