/**
 * What a host can watch: callbacks for logs and metrics. Owns their names and arguments.
 * An observer cannot change what the router does, not even by throwing.
 */
import type { StoreFailure } from '@wamp/broker';
import type { ViolationCode } from '@wamp/protocol';
import type { SessionInfo } from './session-info.js';

/**
 * Why a session ended.
 * - `goodbye`: the client left with GOODBYE; `abort`: with ABORT; `lost`: its transport ended
 * - `violation`: it broke the protocol; `too_slow`: it did not read; `overloaded`: too much waited for a decision
 * - `replaced`: its client came back with the session's token (`x_replaces`)
 * - `killed`: through the meta API or by the host; `shutdown`: the router closed
 * - `failure`: an error of the router itself
 */
export type LeaveCause =
  | 'goodbye'
  | 'abort'
  | 'lost'
  | 'violation'
  | 'too_slow'
  | 'overloaded'
  | 'replaced'
  | 'killed'
  | 'shutdown'
  | 'failure';

/** What happened to a message that could not be sent. */
export type Undelivered = 'event_dropped' | 'call_failed' | 'answer_replaced' | 'answer_dropped';

/** All members are optional; they are called synchronously and should return soon. What they throw is ignored. */
export interface RouterObserver {
  /** A session is established. */
  sessionJoined?(session: SessionInfo): void;
  /** A session has ended; everything that it had is gone already. */
  sessionLeft?(session: SessionInfo, cause: LeaveCause, sentence: string): void;
  /** A peer was turned away during the handshake; `reason` is the URI of the ABORT. */
  refused?(reason: string, sentence: string, transport: Readonly<Record<string, unknown>>): void;
  /** A newcomer named a session to replace, and could not prove that it is its own. It has joined as any other. */
  replacementRefused?(newcomer: SessionInfo, former: SessionInfo): void;
  /** A session has lost its connection, and waits for its client to come back. */
  sessionDetached?(session: SessionInfo, sentence: string): void;
  /** A client has come back to its session over another connection. */
  sessionResumed?(session: SessionInfo, transport: Readonly<Record<string, unknown>>): void;
  /** A peer broke the protocol. `session` is undefined before the handshake has finished. */
  violated?(code: ViolationCode, sentence: string, session: SessionInfo | undefined): void;
  /** A session's outbound buffer passed the low mark (true), or was drained (false). */
  congested?(session: SessionInfo, isCongested: boolean, bufferedBytes: number): void;
  /** A message did not fit the receiver's transport or format. */
  undelivered?(session: SessionInfo, what: Undelivered, sentence: string): void;
  /**
   * A session reads too slowly and loses events, by the policy of its subscriptions or of its realm. Called with the first
   * one, then every `lossReportMs` while more are lost.
   * @param lost since the last call
   * @param total of this session
   */
  eventsLost?(session: SessionInfo, lost: number, total: number): void;
  /** An authorizer or authenticator threw, rejected, answered nonsense or took too long. */
  hookFailed?(hook: 'authorizer' | 'authenticator', error: unknown): void;
  /**
   * The event store of a realm threw: an event is not kept, or kept ones could not be read. Publishers and callers who
   * wait for an answer get `wamp.error.unavailable`; the realm goes on.
   */
  storeFailed?(realm: string, failure: StoreFailure): void;
  /** A bug of the router or of what is plugged into it; the session concerned was aborted. */
  failed?(error: unknown, session: SessionInfo | undefined): void;
}

/** Calls one of the observer's members, shielded. Not for every message: it takes a closure. */
export function tell(observer: RouterObserver, what: (observer: RouterObserver) => void): void {
  try {
    what(observer);
  } catch {
    // An observer that throws has nobody to throw to; the router's work goes on.
  }
}
