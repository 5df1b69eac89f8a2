/**
 * A session as the broker sees it: who it is, what it announced, and what it is subscribed to.
 * Everything that is conditional about a session is worked out once, when it is attached. Must not send anything.
 */
import type { Identity, PeerFeatures } from '@wamp/protocol';
import type { Fanout } from './fanout.js';
import { IDENTITY, NO_FACTS, TRUST_LEVEL, type PublisherFacts } from './publisher-facts.js';
import type { Subscriber } from './subscriber.js';

/** What a host tells the broker about a session. */
export interface BrokerSeat {
  readonly identity: Identity;
  readonly features: PeerFeatures;
  /** may publish `wamp.*` topics; for the router's own peers. Default false. */
  readonly trusted?: boolean;
  /**
   * trust level of the session's publications, for subscribers that announced `publication_trustlevels`; default none
   */
  readonly trustLevel?: number;
}

export class BrokerSession<Owner> {
  readonly owner: Owner;
  readonly identity: Identity;
  readonly trusted: boolean;
  readonly trustLevel: number | undefined;

  // announced as publisher
  readonly passesThru: boolean;

  // announced as subscriber
  readonly takesFacts: PublisherFacts;
  readonly takesRevocation: boolean;

  /** what this session is subscribed to, by subscription id */
  readonly subscriptions = new Map<number, Subscriber<Owner>>();
  /** length of all their topics together */
  topicCharacters = 0;
  /** false once the session has left; nothing is sent to it any more */
  attached = true;

  // as publisher
  /** the last publication that is still on its way to subscribers; undefined, and usually so, if there is none */
  lastFanout: Fanout<Owner> | undefined = undefined;
  /** how many of them there are, and what they take */
  pendingPublications = 0;
  pendingBytes = 0;
  /** true while the host is asked to take no further messages from this session */
  isPushedBack = false;

  constructor(owner: Owner, seat: BrokerSeat) {
    const { features } = seat;
    this.owner = owner;
    this.identity = seat.identity;
    this.trusted = seat.trusted === true;
    this.trustLevel = seat.trustLevel;
    this.passesThru = features.has('publisher', 'payload_passthru_mode');
    this.takesFacts =
      (features.has('subscriber', 'publisher_identification') ? IDENTITY : NO_FACTS) |
      (features.has('subscriber', 'publication_trustlevels') ? TRUST_LEVEL : NO_FACTS);
    this.takesRevocation = features.has('subscriber', 'subscription_revocation');
  }
}
