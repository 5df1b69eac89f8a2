/**
 * The one door through which call records come and go, and the two indexes that lead to them: the caller's calls by
 * CALL.Request and the callee's invocations by INVOCATION.Request. Keeps indexes, deadlines, waiting calls and counters
 * in step; sends nothing and gives no slots back.
 */
import type { CallMessage, Identity, Payload } from '@wamp/protocol';
import type { Callee } from './callee.js';
import { DeadlineQueue } from './deadline-queue.js';
import type { DealerSession } from './dealer-session.js';
import { CallState } from './invocation-lifecycle.js';
import { Invocation } from './invocation.js';
import type { Registration } from './registration.js';

export class InvocationTable<Owner> {
  readonly #deadlines = new DeadlineQueue<Invocation<Owner>>();
  #openCalls = 0;
  #queuedCalls = 0;

  /** How many calls await their final answer, queued ones included. */
  get openCalls(): number {
    return this.#openCalls;
  }

  /** How many of the open calls wait for a free slot. */
  get queuedCalls(): number {
    return this.#queuedCalls;
  }

  /** How many open calls have a running timer. */
  get armedCalls(): number {
    return this.#deadlines.size;
  }

  /** Earliest deadline in milliseconds since the epoch; undefined if no call has one. */
  get nextDeadline(): number | undefined {
    return this.#deadlines.earliest;
  }

  /** A call whose deadline is at or before `now`; undefined if there is none. */
  findDue(now: number): Invocation<Owner> | undefined {
    return this.#deadlines.due(now);
  }

  /** Creates the record of a call. `assign` or `wait` has to follow at once. */
  open(
    caller: DealerSession<Owner>,
    message: CallMessage,
    registration: Registration<Owner>,
    identity: Identity,
    timeoutMs: number,
    now: number,
  ): Invocation<Owner> {
    const invocation = new Invocation(caller, message, registration, identity, timeoutMs, now + timeoutMs);
    caller.calls.set(invocation.request, invocation);
    this.#openCalls += 1;
    return invocation;
  }

  /** Lets the call wait in its registration's queue. */
  wait(invocation: Invocation<Owner>, payload: Payload): void {
    // It outlives the dispatch of its frame, so it must not hold on to the socket's chunk.
    invocation.payload = payload.detach();
    invocation.state = CallState.Queued;
    invocation.registration.queue.push(invocation);
    this.#queuedCalls += 1;
    if (invocation.timeoutMs > 0) this.#deadlines.arm(invocation, invocation.deadline);
  }

  /** Gives the call to a callee, under the next id of that callee's session, and takes one of the callee's slots. */
  assign(invocation: Invocation<Owner>, callee: Callee<Owner>): void {
    this.#unassign(invocation);
    const { session } = callee;
    invocation.state = CallState.Active;
    invocation.callee = callee;
    invocation.id = session.invocationIds.next();
    session.invocations.set(invocation.id, invocation);
    callee.taken += 1;
    if (invocation.timeoutMs === 0) return;
    // spec: rpc-call-timeout: either the callee watches the clock or the dealer does
    if (callee.forwardsTimeout) this.#deadlines.disarm(invocation);
    else if (invocation.heapIndex < 0) this.#deadlines.arm(invocation, invocation.deadline);
  }

  /** Starts the gap anew that the call's timeout allows, if the dealer runs a timer for it. */
  rearm(invocation: Invocation<Owner>, now: number): void {
    if (invocation.heapIndex >= 0) this.#deadlines.arm(invocation, now + invocation.timeoutMs);
  }

  /** Removes the record from every index. */
  close(invocation: Invocation<Owner>): void {
    this.#unassign(invocation);
    this.#deadlines.disarm(invocation);
    invocation.payload = undefined;
    const { caller } = invocation;
    caller.calls.delete(invocation.request);
    if (!invocation.callerDone) caller.endedStreams.ended(invocation.request);
    this.#openCalls -= 1;
  }

  /** Takes the record out of the queue or away from its callee; the state afterwards is Closed. */
  #unassign(invocation: Invocation<Owner>): void {
    const wasQueued = invocation.state === CallState.Queued;
    invocation.state = CallState.Closed;
    if (wasQueued) {
      invocation.registration.queue.left();
      this.#queuedCalls -= 1;
    } else {
      invocation.callee?.session.invocations.delete(invocation.id);
    }
  }
}
