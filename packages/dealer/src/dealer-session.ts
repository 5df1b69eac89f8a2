/**
 * A session as the dealer sees it: who it is, what it announced, and the calls and registrations that it takes part in.
 * Everything that is conditional about a session is worked out once, when it is attached. Must not send anything.
 */
import { IdSequence, type Identity, type PeerFeatures } from '@wamp/protocol';
import type { Callee } from './callee.js';
import { EndedStreams } from './ended-streams.js';
import type { Invocation } from './invocation.js';

/** What a host tells the dealer about a session. */
export interface DealerSeat {
  readonly identity: Identity;
  readonly features: PeerFeatures;
  /** may register `wamp.*` URIs, and is told who calls; for the router's own peers. Default false. */
  readonly trusted?: boolean;
  /** trust level of the session's calls, for callees that announced `call_trustlevels`; default none */
  readonly trustLevel?: number;
  /**
   * The client forgets a call that it cancels with another mode than `kill`, and ends its connection when the answer that
   * is due comes. It gets none then. Default false.
   */
  readonly forgetsCanceledCalls?: boolean;
}

export class DealerSession<Owner> {
  readonly owner: Owner;
  readonly identity: Identity;
  readonly trusted: boolean;
  readonly trustLevel: number | undefined;

  readonly forgetsCanceledCalls: boolean;

  // announced as caller
  readonly sendsChunks: boolean;
  readonly passesThruAsCaller: boolean;

  // announced as callee
  readonly canBeInterrupted: boolean;
  readonly sendsProgress: boolean;
  readonly takesChunks: boolean;
  readonly handlesTimeout: boolean;
  readonly takesIdentity: boolean;
  readonly takesTrustLevel: boolean;
  readonly takesRevocation: boolean;
  readonly canBeRerouted: boolean;
  readonly passesThruAsCallee: boolean;
  readonly takesCredit: boolean;

  /** open calls of this session, by CALL.Request */
  readonly calls = new Map<number, Invocation<Owner>>();
  /** open invocations at this session, by INVOCATION.Request */
  readonly invocations = new Map<number, Invocation<Owner>>();
  /** memberships in registrations, by registration id */
  readonly memberships = new Map<number, Callee<Owner>>();
  readonly invocationIds = new IdSequence();
  readonly endedStreams: EndedStreams;
  /** the length of its registrations' URIs together */
  registeredCharacters = 0;
  /** what the descriptions of its procedures take together */
  describedBytes = 0;
  /** slots of calls that ended without this callee's answer, by INVOCATION.Request, oldest first */
  heldSlots: Map<number, Callee<Owner>> | undefined = undefined;
  /** false once the session has left; nothing is sent to it any more */
  attached = true;
  /** its outbound buffer is filling: no new invocations if somebody else can take them */
  congested = false;
  /** its peer has lost its connection and may come back: invocations wait for it, unless somebody else can take them */
  away = false;

  constructor(owner: Owner, seat: DealerSeat, endedStreamsLimit: number) {
    const { features } = seat;
    this.owner = owner;
    this.identity = seat.identity;
    this.trusted = seat.trusted === true;
    this.trustLevel = seat.trustLevel;
    this.forgetsCanceledCalls = seat.forgetsCanceledCalls === true;
    this.sendsChunks = features.has('caller', 'progressive_call_invocations');
    this.passesThruAsCaller = features.has('caller', 'payload_passthru_mode');
    this.canBeInterrupted = features.has('callee', 'call_canceling');
    // The specification wants call_canceling as well. Widely used callees (Autobahn|JS, wampy.js) announce progressive
    // results without it; they get the flag, and are just never interrupted.
    this.sendsProgress = features.has('callee', 'progressive_call_results');
    this.takesChunks = features.has('callee', 'progressive_call_invocations') && this.canBeInterrupted;
    this.handlesTimeout = features.has('callee', 'call_timeout');
    this.takesIdentity = features.has('callee', 'caller_identification');
    this.takesTrustLevel = features.has('callee', 'call_trustlevels');
    this.takesRevocation = features.has('callee', 'registration_revocation');
    this.canBeRerouted = features.has('callee', 'call_reroute');
    this.passesThruAsCallee = features.has('callee', 'payload_passthru_mode');
    this.takesCredit = features.has('callee', 'x_credit');
    this.endedStreams = new EndedStreams(endedStreamsLimit);
  }

  /**
   * True if this INVOCATION id was given out at some time. The counter needs centuries to wrap, so a plain comparison
   * is enough.
   */
  wasInvoked(id: number): boolean {
    return id >= 1 && id <= this.invocationIds.last;
  }
}
