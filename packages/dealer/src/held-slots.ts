/**
 * Concurrency slots of calls that are over for the caller although the callee may still work on them.
 *
 * A slot comes back when the callee answers, leaves, or was told to stop with an INTERRUPT of mode `killnowait`, after
 * which it need not answer. In the other cases (skip, a callee that cannot be interrupted, a kill that was overtaken by
 * something else) the slot is held here until the answer arrives. A session holds a bounded number; beyond, the oldest
 * slot comes back unanswered. Only callees with a `concurrency` have slots to hold.
 */
import type { Callee } from './callee.js';
import type { DealerSession } from './dealer-session.js';

export class HeldSlots<Owner> {
  readonly #limitPerSession: number;
  #size = 0;

  constructor(limitPerSession: number) {
    this.#limitPerSession = limitPerSession;
  }

  /** How many slots are held, over all sessions. */
  get size(): number {
    return this.#size;
  }

  /**
   * Holds a slot.
   * @param id INVOCATION.Request of the ended call
   * @returns the callee whose slot has to be given back now: this one if it needs none, the oldest if there are too many
   */
  hold(callee: Callee<Owner>, id: number): Callee<Owner> | undefined {
    if (callee.concurrency === Infinity) return callee;
    const held = (callee.session.heldSlots ??= new Map<number, Callee<Owner>>());
    held.set(id, callee);
    this.#size += 1;
    if (held.size <= this.#limitPerSession) return undefined;
    const [oldest] = held.keys();
    return this.release(callee.session, oldest!);
  }

  /** Takes the slot of a call that the callee has answered; undefined if none is held for it. */
  release(session: DealerSession<Owner>, id: number): Callee<Owner> | undefined {
    const callee = session.heldSlots?.get(id);
    if (callee === undefined) return undefined;
    session.heldSlots!.delete(id);
    this.#size -= 1;
    return callee;
  }

  /** Forgets the slots of a session that has left. */
  drop(session: DealerSession<Owner>): void {
    this.#size -= session.heldSlots?.size ?? 0;
    session.heldSlots = undefined;
  }
}
