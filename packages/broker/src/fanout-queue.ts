/**
 * The publications that are on their way to more subscribers than one turn of the host has room for.
 *
 * A publication waits for those before it that have the same publisher, or a subscription in common; all others go their
 * ways at the same time, slice by slice. So a subscriber gets the events of a subscription in the order of publication,
 * and those of a publisher too, over all topics. Bounded by pushing back the publishers.
 * Must not decide who receives.
 * Source: basic profile, "Publish & Subscribe Ordering".
 */
import type { BrokerSession } from './broker-session.js';
import { Slice, type Fanout } from './fanout.js';
import type { BrokerLimits } from './limits.js';
import type { BrokerOutbox } from './outbox.js';

/** Asks the host to do some work in a later turn, once: behind the input that is there already. */
export type Later = (work: () => void) => void;

export class FanoutQueue<Owner> {
  readonly #limits: BrokerLimits;
  readonly #outbox: BrokerOutbox<Owner>;
  readonly #later: Later | undefined;
  /** all that are on their way, oldest first; each waits only for such as stand before it */
  readonly #pending = new Set<Fanout<Owner>>();
  /** those of them that wait for no other, in the order in which they take turns */
  readonly #ready: Fanout<Owner>[] = [];
  #bytes = 0;
  #isTurnDue = false;

  /** @param later undefined delivers everything at once */
  constructor(limits: BrokerLimits, outbox: BrokerOutbox<Owner>, later: Later | undefined) {
    this.#limits = limits;
    this.#outbox = outbox;
    this.#later = later;
  }

  /** How many publications are on their way. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Brings a publication on its way: its first slice is delivered at once, unless it has to wait.
   * @param behind another publisher, whose publications go before this one too
   */
  add(fanout: Fanout<Owner>, behind: BrokerSession<Owner> | undefined): void {
    this.#waitForOthers(fanout, behind);
    if (fanout.waitsFor === 0) {
      if (fanout.continue(this.#newSlice())) return;
      this.#ready.push(fanout);
    }
    const { publisher, message } = fanout.publication;
    // It outlives the dispatch of its message.
    message.payload.detach();
    this.#pending.add(fanout);
    this.#bytes += fanout.bytes;
    publisher.lastFanout = fanout;
    publisher.pendingPublications += 1;
    publisher.pendingBytes += fanout.bytes;
    for (const subscription of fanout.remaining) subscription.lastFanout = fanout;
    this.#relieve();
    this.#pushBack(publisher);
    this.#scheduleTurn();
  }

  /** Sends to a session, before anything else, what is on its way to it. */
  serveFirst(session: BrokerSession<Owner>): void {
    for (const fanout of this.#pending) fanout.serveFirst(session);
  }

  #waitForOthers(fanout: Fanout<Owner>, behind: BrokerSession<Owner> | undefined): void {
    this.#waitFor(fanout, fanout.publication.publisher.lastFanout);
    this.#waitFor(fanout, behind?.lastFanout);
    for (const subscription of fanout.remaining) this.#waitFor(fanout, subscription.lastFanout);
  }

  #waitFor(fanout: Fanout<Owner>, other: Fanout<Owner> | undefined): void {
    if (other === undefined) return;
    other.dependants.push(fanout);
    fanout.waitsFor += 1;
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue || this.#ready.length === 0) return;
    this.#isTurnDue = true;
    this.#later?.(() => {
      this.#isTurnDue = false;
      this.#takeTurn();
      this.#scheduleTurn();
    });
  }

  /** One slice: of the publication whose turn it is, and of the next ones if there is room. */
  #takeTurn(): void {
    const slice = this.#newSlice();
    while (!slice.isFull) {
      const fanout = this.#ready.shift();
      if (fanout === undefined) return;
      if (fanout.continue(slice)) this.#finish(fanout);
      else this.#ready.push(fanout);
    }
  }

  #newSlice(): Slice {
    return new Slice(this.#limits.receiversPerSlice, this.#limits.subscribersPerSlice);
  }

  #finish(fanout: Fanout<Owner>): void {
    const { publisher } = fanout.publication;
    this.#pending.delete(fanout);
    this.#bytes -= fanout.bytes;
    publisher.pendingPublications -= 1;
    publisher.pendingBytes -= fanout.bytes;
    if (publisher.lastFanout === fanout) publisher.lastFanout = undefined;
    for (const subscription of fanout.subscriptions) {
      if (subscription.lastFanout === fanout) subscription.lastFanout = undefined;
    }
    for (const dependant of fanout.dependants) {
      dependant.waitsFor -= 1;
      if (dependant.waitsFor === 0) this.#ready.push(dependant);
    }
    if (publisher.isPushedBack && publisher.pendingPublications === 0) {
      publisher.isPushedBack = false;
      if (publisher.attached) this.#outbox.pushBack?.(publisher.owner, false);
    }
  }

  #pushBack(publisher: BrokerSession<Owner>): void {
    const { pendingPublicationsPerSession, pendingBytesPerSession } = this.#limits;
    if (publisher.isPushedBack || !publisher.attached) return;
    if (
      publisher.pendingPublications < pendingPublicationsPerSession &&
      publisher.pendingBytes < pendingBytesPerSession
    ) {
      return;
    }
    publisher.isPushedBack = true;
    this.#outbox.pushBack?.(publisher.owner, true);
  }

  /** Keeps what is on its way within the limits: the oldest, which wait for nobody, are delivered to their end. */
  #relieve(): void {
    const { pendingPublications, pendingBytes } = this.#limits;
    while (this.#pending.size > pendingPublications || this.#bytes > pendingBytes) {
      const [oldest] = this.#pending;
      this.#ready.splice(this.#ready.indexOf(oldest!), 1);
      oldest!.continue(new Slice(Infinity, Infinity));
      this.#finish(oldest!);
    }
  }
}
