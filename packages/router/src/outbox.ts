/**
 * Where dealer and broker put what they decided: messages go to their receivers at once, everything else is noted down
 * and done by the realm after the dispatch. Must not call back into dealer or broker.
 */
import type { ErrorMessage } from '@wamp/protocol';
import { MessageKind, type EventMessage, type Message, type ProtocolViolation } from '@wamp/protocol';
import { EventEncodings, type BrokerOutbox, type StoreFailure, type SubscriptionEvent } from '@wamp/broker';
import type { DealerOutbox, RegistrationEvent } from '@wamp/dealer';
import { LocalPeer } from './local-peer.js';
import type { Member } from './seat.js';
import type { Session } from './session.js';

/** What the outbox leaves to the realm. */
export interface OutboxHost {
  /** Does something when neither dealer nor broker is at work. */
  enqueue(task: () => void): void;
  /** Does something in a later turn, when neither dealer nor broker is at work and nobody waits for them to be. */
  defer(task: () => void): void;
  registrationEvent(event: RegistrationEvent): void;
  subscriptionEvent(event: SubscriptionEvent): void;
  storeFailed(failure: StoreFailure): void;
}

/** The URI that stands in for the error of one call, while the dealer ends that call on the host's behalf. */
export interface Substitute {
  readonly session: Session;
  readonly request: number;
  readonly make: () => ErrorMessage;
}

export class Outbox implements DealerOutbox<Member>, BrokerOutbox<Member> {
  readonly #host: OutboxHost;
  /** set only while a call is ended because its result could not be delivered */
  substitute: Substitute | undefined = undefined;

  constructor(host: OutboxHost) {
    this.#host = host;
  }

  send(owner: Member, message: Message): void {
    owner.deliver(this.substitute === undefined ? message : this.#substituted(owner, message));
  }

  /** Encodes the event once for all receivers of a format. */
  fanOut(owners: readonly Member[], event: EventMessage, encodings = new EventEncodings()): void {
    for (const owner of owners) {
      if (owner instanceof LocalPeer) {
        owner.deliver(event);
        continue;
      }
      // An event that cannot be expressed in a format is tried anew for each receiver, and counted for each.
      switch (owner.format) {
        case 'json':
          encodings.json = owner.deliverEvent(event, encodings.json);
          break;
        case 'msgpack':
          encodings.msgpack = owner.deliverEvent(event, encodings.msgpack);
          break;
        default:
          encodings.cbor = owner.deliverEvent(event, encodings.cbor);
      }
    }
  }

  /** The publisher's input is held at once, and released when its messages can be taken one by one. */
  pushBack(owner: Member, isPushedBack: boolean): void {
    if (owner instanceof LocalPeer) return; // it would have to stop the sessions that it tells about
    if (isPushedBack) owner.holdPublisher();
    else this.#host.defer(() => owner.releasePublisher());
  }

  abort(owner: Member, violation: ProtocolViolation): void {
    if (owner instanceof LocalPeer) throw violation; // the router's own peer does not break the protocol
    this.#host.enqueue(() => owner.violate(violation));
  }

  registrationEvent(event: RegistrationEvent): void {
    this.#host.registrationEvent(event);
  }

  subscriptionEvent(event: SubscriptionEvent): void {
    this.#host.subscriptionEvent(event);
  }

  storeFailed(failure: StoreFailure): void {
    this.#host.storeFailed(failure);
  }

  #substituted(owner: Member, message: Message): Message {
    const substitute = this.substitute;
    return substitute !== undefined &&
      owner === substitute.session &&
      message.kind === MessageKind.Error &&
      message.requestKind === MessageKind.Call &&
      message.request === substitute.request
      ? substitute.make()
      : message;
  }
}
