/**
 * The numbers that bound what peers can make the dealer keep, each with its reason.
 * Owns no policy: what happens when a limit is reached stands with the code that checks it.
 */

export interface DealerLimits {
  /**
   * Most registrations of one session; REGISTER beyond is answered `wamp.error.limit_exceeded`. Trusted sessions, which
   * belong to the host, are not bound by it.
   */
  readonly registrationsPerSession: number;
  /** All URIs of one session's registrations together, in characters; REGISTER beyond is answered like the above. */
  readonly registeredCharactersPerSession: number;
  /** Longest description of a procedure, bytes of its JSON text; REGISTER beyond is answered `wamp.error.limit_exceeded`. */
  readonly descriptionBytes: number;
  /** All descriptions of one session together; REGISTER beyond is answered `wamp.error.limit_exceeded`. */
  readonly descriptionBytesPerSession: number;
  /** Most calls of one session that wait for their final answer; CALL beyond is answered `wamp.error.limit_exceeded`. */
  readonly callsPerSession: number;
  /**
   * Most calls that wait in one registration until a callee has a free `concurrency` slot; 0 turns queueing off.
   * CALL beyond is answered `crossbar.error.max_concurrency_reached`.
   */
  readonly queuedCallsPerRegistration: number;
  /** How many early-ended progressive calls of a session are remembered, so that their late chunks are recognized. */
  readonly endedStreamsPerSession: number;
  /** Most concurrency slots of one session that stay taken by calls that ended without the callee's answer. */
  readonly heldSlotsPerSession: number;
}

export const DEFAULT_LIMITS: DealerLimits = Object.freeze({
  // A gateway registers a procedure for each of its devices; about half a kilobyte each without its URI.
  registrationsPerSession: 131_072,
  // The URIs of those 131,072 at 128 characters each. A URI of the longest kind alone has 2,048.
  registeredCharactersPerSession: 16 * 1024 * 1024,
  // A sentence and five schemas; whoever has more to say has a manual elsewhere.
  descriptionBytes: 16 * 1024,
  // A thousand procedures described at some length; without it, 131,072 of the longest would be 2 GB.
  descriptionBytesPerSession: 4 * 1024 * 1024,
  // Far above what one connection keeps in flight. About 300 bytes each, and the procedure's URI where a pattern matched
  // it (2,048 characters at most): 40 MB at the very most.
  callsPerSession: 16_384,
  // Queued calls keep their payload in memory: an operator has to choose the number against the largest frame.
  queuedCallsPerRegistration: 0,
  // Chunks that are under way when a call ends arrive within one round trip; few calls end early in that time.
  endedStreamsPerSession: 1_024,
  // A callee with a useful `concurrency` has far fewer; beyond, the oldest slot comes back although unanswered.
  heldSlotsPerSession: 1_024,
});
