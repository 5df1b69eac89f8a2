/**
 * A session's place in a realm, from WELCOME to its end. Data only: what the hot path needs, in one record.
 */
import type { BrokerSession } from '@wamp/broker';
import type { DealerSession } from '@wamp/dealer';
import type { Dict, PeerFeatures } from '@wamp/protocol';
import type { LocalPeer } from './local-peer.js';
import type { Realm } from './realm.js';
import type { RequestIds } from './request-ids.js';
import type { Session } from './session.js';
import type { SessionInfo } from './session-info.js';
import type { Testaments } from './testaments.js';

/** Whom dealer and broker know: a peer behind a transport, or one of the router itself. */
export type Member = Session | LocalPeer;

export class Seat {
  readonly session: Session;
  readonly realm: Realm;
  readonly info: SessionInfo;
  readonly dealer: DealerSession<Member>;
  readonly broker: BrokerSession<Member>;
  /** undefined where request ids only have to be unused */
  readonly requestIds: RequestIds | undefined;
  /** secret that lets the client resume or replace this session; undefined if it did not ask for one */
  token: string | undefined;
  /** the secret before, as long as the client may not know the new one */
  formerToken: string | undefined = undefined;
  /** the session may outlive its connection */
  readonly isResumable: boolean;
  /** what the client announced */
  readonly features: PeerFeatures;
  /** what is to be published when the session has ended; undefined if nothing ever was */
  testaments: Testaments | undefined = undefined;
  /** what was added to the session's details through the meta API; undefined if nothing was */
  moreDetails: Dict | undefined = undefined;

  constructor(
    session: Session,
    realm: Realm,
    info: SessionInfo,
    dealer: DealerSession<Member>,
    broker: BrokerSession<Member>,
    requestIds: RequestIds | undefined,
    token: string | undefined,
    isResumable: boolean,
    features: PeerFeatures,
  ) {
    this.session = session;
    this.realm = realm;
    this.info = info;
    this.dealer = dealer;
    this.broker = broker;
    this.requestIds = requestIds;
    this.token = token;
    this.isResumable = isResumable;
    this.features = features;
  }
}
