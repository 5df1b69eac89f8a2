/**
 * A registration: a URI, how it matches, how its callees are chosen, and who they are.
 * Keeps the rotation fair when callees come and go. Must not send anything.
 */
import type { Dict, InvokePolicy, MatchPolicy } from '@wamp/protocol';
import { CallQueue } from './call-queue.js';
import type { Callee } from './callee.js';

export class Registration<Owner> {
  readonly id: number;
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  /** milliseconds since the epoch */
  readonly createdAt: number;
  /** true if a trusted session made it: no registration events, and ordinary sessions can neither join nor replace it */
  readonly internal: boolean;
  readonly #callees: Callee<Owner>[] = [];
  /** calls that wait for a free slot */
  readonly queue = new CallQueue<Owner>();
  /** index of the callee whose turn is next, for the policies that rotate */
  turn = 0;

  constructor(
    id: number,
    uri: string,
    match: MatchPolicy,
    invoke: InvokePolicy,
    createdAt: number,
    internal: boolean,
  ) {
    this.id = id;
    this.uri = uri;
    this.match = match;
    this.invoke = invoke;
    this.createdAt = createdAt;
    this.internal = internal;
  }

  /** The callees in the order in which they registered. */
  get callees(): readonly Callee<Owner>[] {
    return this.#callees;
  }

  /**
   * What the callees publish about the procedure (`REGISTER.Options.x_describe`): that of the first callee, in the order in
   * which they registered, that gave a description. Another object each time; for people who ask, not for each call.
   */
  get description(): Dict | undefined {
    return this.#callees.find((callee) => callee.description !== undefined)?.description?.parts;
  }

  add(callee: Callee<Owner>): void {
    this.#callees.push(callee);
  }

  /** Removes a callee; whose turn it is does not change, unless it was the removed one's. */
  remove(callee: Callee<Owner>): void {
    const index = this.#callees.indexOf(callee);
    if (index < 0) return;
    this.#callees.splice(index, 1);
    if (index < this.turn) this.turn -= 1;
    if (this.turn >= this.#callees.length) this.turn = 0;
  }
}
