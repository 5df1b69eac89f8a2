/** One session's part in one subscription. Data only. */
import type { BrokerSession } from './broker-session.js';
import type { SlowPolicy } from './slow-policy.js';
import type { Subscription } from './subscription.js';

export class Subscriber<Owner> {
  readonly session: BrokerSession<Owner>;
  readonly subscription: Subscription<Owner>;
  /** Counts all subscribers of the broker: greater than that of everybody who subscribed before, anywhere. */
  readonly number: number;
  /** what the subscriber chose for the case that it is slow; undefined leaves it to the host */
  slowPolicy: SlowPolicy | undefined;

  constructor(
    session: BrokerSession<Owner>,
    subscription: Subscription<Owner>,
    number: number,
    slowPolicy: SlowPolicy | undefined,
  ) {
    this.session = session;
    this.subscription = subscription;
    this.number = number;
    this.slowPolicy = slowPolicy;
  }
}
