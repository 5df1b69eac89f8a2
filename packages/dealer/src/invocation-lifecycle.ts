/**
 * The life of a call as a table: for every state and every event, what is sent and which state follows.
 * Owns the rules and nothing else: no maps, no messages. `lifecycle-runner.ts` performs the steps.
 *
 * Before an event comes here, CANCEL has been turned into `Skip` if the callee cannot be interrupted, or if there is no
 * callee yet.
 */

/**
 * - `Queued`: accepted, waiting for a callee with a free slot; nothing has been sent yet
 * - `Active`: the INVOCATION is out
 * - `Killing`: an INTERRUPT of mode `kill` is out, and the callee's answer is awaited
 * - `Closed`: over; the record is in no table any more
 */
export const CallState = { Queued: 0, Active: 1, Killing: 2, Closed: 3 } as const;
export type CallState = (typeof CallState)[keyof typeof CallState];

export const CallEvent = {
  /** YIELD with `progress` */
  Progress: 0,
  /** final YIELD */
  Result: 1,
  /** ERROR of the callee; for a queued call: the callee whose turn it is cannot take it */
  Error: 2,
  /** ERROR `wamp.error.unavailable` of a callee whose calls may be re-routed */
  Unavailable: 3,
  /** a progressive YIELD that the caller cannot take */
  Undeliverable: 4,
  Skip: 5,
  KillNoWait: 6,
  Kill: 7,
  Deadline: 8,
  /** the caller's session is gone, or it takes no answer any more (`KillNoWait` of such a caller) */
  CallerGone: 9,
  /** the callee's session is gone, or the registration of a queued call */
  CalleeGone: 10,
  /** a further CALL of a progressive invocation */
  Chunk: 11,
  /** `Skip` of a caller that takes no answer */
  ForgottenSkip: 12,
} as const;
export type CallEvent = (typeof CallEvent)[keyof typeof CallEvent];

/** What goes to the caller. `progress` only if the caller asked for it. */
export type Reply = 'none' | 'progress' | 'result' | 'error' | 'canceled' | 'timeout';

/** What happens to the callee's concurrency slot when the call is over. */
export type Slot =
  /** it comes back: the callee has answered, or is gone */
  | 'free'
  /** it comes back if the INTERRUPT of this step was sent; else it is held until the callee answers or leaves */
  | 'free_if_interrupted'
  /** it is held until the callee answers or leaves */
  | 'held';

export interface Step {
  readonly reply: Reply;
  /** mode of the INTERRUPT to the callee, which is sent only if the callee announced `call_canceling` */
  readonly interrupt: 'none' | 'kill' | 'killnowait';
  /** what is invoked: nothing, the same callee once more with the chunk, or another callee */
  readonly invoke: 'none' | 'chunk' | 'another';
  readonly next: CallState;
  readonly slot: Slot;
  /** true if the gap that `timeout` allows begins anew */
  readonly rearms: boolean;
}

const { Queued, Active, Killing, Closed } = CallState;

function step(next: CallState, what: Partial<Omit<Step, 'next'>> = {}): Step {
  return Object.freeze({
    reply: what.reply ?? 'none',
    interrupt: what.interrupt ?? 'none',
    invoke: what.invoke ?? 'none',
    next,
    slot: what.slot ?? 'free',
    rearms: what.rearms ?? false,
  });
}

/** One row per event; its columns are the states Queued, Active, Killing. */
type Row = readonly [queued: Step, active: Step, killing: Step];

const stayQueued = step(Queued);
const stayActive = step(Active);
const stayKilling = step(Killing);
const stayClosed = step(Closed);

const canceled = step(Closed, { reply: 'canceled' });
const canceledAndHeld = step(Closed, { reply: 'canceled', slot: 'held' });

// spec: rpc-call-canceling, rpc-call-timeout, rpc-progressive-call-results, rpc-progressive-call-invocations,
// "Caller Leaving", "Callee Leaving". Progress never ends a call; a kill waits for the callee, its leaving, or the
// deadline, which stays armed.
const TABLE: readonly Row[] = [
  /* Progress      */ [stayQueued, step(Active, { reply: 'progress', rearms: true }), stayKilling],
  /* Result        */ [stayQueued, step(Closed, { reply: 'result' }), step(Closed, { reply: 'result' })],
  /* Error         */ [
    step(Closed, { reply: 'error' }),
    step(Closed, { reply: 'error' }),
    step(Closed, { reply: 'error' }),
  ],
  /* Unavailable   */ [stayQueued, step(Active, { invoke: 'another' }), step(Closed, { reply: 'error' })],
  /* Undeliverable */ [
    stayQueued,
    step(Closed, { reply: 'error', interrupt: 'killnowait', slot: 'free_if_interrupted' }),
    step(Closed, { reply: 'error', slot: 'held' }),
  ],
  /* Skip          */ [canceled, canceledAndHeld, canceledAndHeld],
  /* KillNoWait    */ [
    canceled,
    step(Closed, { reply: 'canceled', interrupt: 'killnowait', slot: 'free_if_interrupted' }),
    canceledAndHeld,
  ],
  /* Kill          */ [canceled, step(Killing, { interrupt: 'kill' }), stayKilling],
  /* Deadline      */ [
    step(Closed, { reply: 'timeout' }),
    step(Closed, { reply: 'timeout', interrupt: 'killnowait', slot: 'free_if_interrupted' }),
    step(Closed, { reply: 'timeout', slot: 'held' }),
  ],
  /* CallerGone    */ [
    step(Closed),
    step(Closed, { interrupt: 'killnowait', slot: 'free_if_interrupted' }),
    step(Closed, { slot: 'held' }),
  ],
  /* CalleeGone    */ [canceled, canceled, canceled],
  /* Chunk         */ [stayQueued, step(Active, { invoke: 'chunk', rearms: true }), stayKilling],
  /* ForgottenSkip */ [step(Closed), step(Closed, { slot: 'held' }), step(Closed, { slot: 'held' })],
];

/** What `event` does to a call in `state`. */
export function transition(state: CallState, event: CallEvent): Step {
  return state === Closed ? stayClosed : TABLE[event]![state];
}

/** True if the event does nothing at all in that state. */
export function isIgnored(taken: Step): boolean {
  return taken === stayActive || taken === stayKilling || taken === stayQueued || taken === stayClosed;
}
