/**
 * One session's membership in one registration: what it asked for, and how many of its slots are taken.
 * Everything that a callee chose with REGISTER stands here and not on the registration, because it holds for that callee
 * alone. Must not choose among callees.
 */
import type { RegisterOptions } from '@wamp/protocol';
import type { DealerSession } from './dealer-session.js';
import { ProcedureDescription } from './procedure-description.js';
import type { Registration } from './registration.js';
import { hashInteger } from './rendezvous.js';

export class Callee<Owner> {
  readonly session: DealerSession<Owner>;
  readonly registration: Registration<Owner>;
  /** weight seed of this callee for the policy `sticky` */
  readonly seed: number;
  /** most invocations at a time; Infinity if REGISTER named no `concurrency` */
  concurrency: number;
  /** the callee wants the caller's identity with every call */
  disclosesCaller: boolean;
  /** the dealer forwards `timeout` and runs no timer itself */
  forwardsTimeout: boolean;
  /** what it publishes about the procedure */
  description: ProcedureDescription | undefined;
  /** slots taken: open invocations and held slots */
  taken: number;

  constructor(session: DealerSession<Owner>, registration: Registration<Owner>, options: RegisterOptions) {
    this.session = session;
    this.registration = registration;
    this.seed = hashInteger(session.identity.session);
    this.concurrency = Infinity;
    this.disclosesCaller = false;
    this.forwardsTimeout = false;
    this.description = undefined;
    this.taken = 0;
    this.configure(options);
  }

  /** Takes over the options of a REGISTER: the first one, or a repeated one of the same session. */
  configure(options: RegisterOptions): void {
    this.concurrency = options.concurrency ?? Infinity;
    this.disclosesCaller = options.disclose_caller === true;
    // spec: rpc-call-timeout: both the announcement and the option are needed
    this.forwardsTimeout = options.forward_timeout === true && this.session.handlesTimeout;
    this.#describe(ProcedureDescription.of(options));
  }

  /** Gives back what it takes of its session's limits; for the end of the membership. */
  release(): void {
    this.#describe(undefined);
  }

  #describe(description: ProcedureDescription | undefined): void {
    this.session.describedBytes += (description?.bytes ?? 0) - (this.description?.bytes ?? 0);
    this.description = description;
  }

  /** True if another invocation may be sent now. */
  get isFree(): boolean {
    return this.taken < this.concurrency && !this.session.congested;
  }

  /** True if another invocation may wait until the callee is back. */
  get isAwaited(): boolean {
    return this.session.away && this.taken < this.concurrency;
  }
}
