/**
 * The events that a session wants to be published when it has ended. Two buckets: `detached`, when its transport is gone,
 * and `destroyed`, when it is gone itself. Without resumption both happen at the same time, in this order.
 * Bounded; publishes nothing itself. One instance per session that has any.
 * Source: WAMP advanced profile, "Testaments".
 */
import type { Payload, PublishOptions } from '@wamp/protocol';

export type TestamentScope = 'detached' | 'destroyed';

export interface Testament {
  readonly topic: string;
  readonly payload: Payload;
  /** PUBLISH.Options, checked */
  readonly options: PublishOptions;
  /** what all of it takes */
  readonly bytes: number;
}

export interface TestamentLimits {
  readonly testaments: number;
  readonly testamentBytes: number;
}

export class Testaments {
  readonly #limits: TestamentLimits;
  readonly #buckets: Record<TestamentScope, Testament[]> = { detached: [], destroyed: [] };
  #bytes = 0;

  constructor(limits: TestamentLimits) {
    this.#limits = limits;
  }

  /** @returns false if the session has as many as it may */
  add(scope: TestamentScope, testament: Testament): boolean {
    const { detached, destroyed } = this.#buckets;
    const isFull = detached.length + destroyed.length >= this.#limits.testaments;
    if (isFull || this.#bytes + testament.bytes > this.#limits.testamentBytes) return false;
    this.#buckets[scope].push(testament);
    this.#bytes += testament.bytes;
    return true;
  }

  /** Forgets the testaments of one bucket. */
  flush(scope: TestamentScope): void {
    for (const { bytes } of this.#buckets[scope]) this.#bytes -= bytes;
    this.#buckets[scope] = [];
  }

  /** All of them, in the order in which they are to be published. */
  inOrder(): readonly Testament[] {
    return [...this.#buckets.detached, ...this.#buckets.destroyed];
  }
}
