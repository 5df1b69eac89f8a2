/** Counters and gauges of a router. Owns the numbers; must not interpret them. */
import type { SlowPolicy } from '@wamp/broker';

/** Running totals since the router was made. The hot path increments the fields directly. */
export interface Counters {
  /** frames that came in */
  framesReceived: number;
  /** frames handed to transports */
  framesSent: number;
  /** sessions that were established */
  sessionsJoined: number;
  /** sessions that ended */
  sessionsLeft: number;
  /** peers turned away during the handshake */
  refusals: number;
  /** logins that were judged and refused */
  loginFailures: number;
  /** logins refused because too many had failed before */
  loginsLimited: number;
  /** sessions and peers that broke the protocol */
  violations: number;
  /** requests that an authorizer denied */
  denials: number;
  /** decisions that an authorizer or authenticator failed to make */
  hookFailures: number;
  /** events that did not fit their receiver, or were dropped because it reads slowly */
  eventsDropped: number;
  /** calls ended because an INVOCATION or progressive RESULT did not fit its receiver */
  callsUndeliverable: number;
  /** final answers replaced by an ERROR because they did not fit */
  answersReplaced: number;
  /** times that a peer sent faster than it may, and was not read from for a while */
  ratePauses: number;
  /** times that a session fell behind reading */
  congestions: number;
  /** sessions cut because they did not read */
  slowSessionsCut: number;
  /** sessions closed because their peers did not answer a probe while others wanted their registrations */
  ghostsClosed: number;
  /** sessions replaced by their own clients */
  sessionsReplaced: number;
  /** attempts to replace a session with a wrong token, or as somebody else */
  replacementsRefused: number;
  /** sessions that lost their connection and waited for their client to come back */
  sessionsDetached: number;
  /** times that a client came back to its session */
  sessionsResumed: number;
  /** clients that wanted to come back to a session that was theirs, and got a new one, because not all was kept */
  resumesRefused: number;
  /** times that an event store threw */
  storeFailures: number;
  /** errors of the router itself, or of what is plugged into it */
  failures: number;
}

/** Counters that have counted nothing. */
export function makeCounters(): Counters {
  return {
    framesReceived: 0,
    framesSent: 0,
    sessionsJoined: 0,
    sessionsLeft: 0,
    refusals: 0,
    loginFailures: 0,
    loginsLimited: 0,
    violations: 0,
    denials: 0,
    hookFailures: 0,
    eventsDropped: 0,
    callsUndeliverable: 0,
    answersReplaced: 0,
    ratePauses: 0,
    congestions: 0,
    slowSessionsCut: 0,
    ghostsClosed: 0,
    sessionsReplaced: 0,
    replacementsRefused: 0,
    sessionsDetached: 0,
    sessionsResumed: 0,
    resumesRefused: 0,
    storeFailures: 0,
    failures: 0,
  };
}

/** The totals, to be read. */
export type CounterValues = Readonly<Counters>;

/**
 * Why events were dropped.
 * - `unsendable`: they did not fit the receiver's transport or format
 * - the others: by the policy of this name, because the receiver reads slowly
 */
export type DropReason = 'unsendable' | Exclude<SlowPolicy, 'disconnect'>;

export interface RealmStats {
  readonly sessions: number;
  readonly registrations: number;
  readonly subscriptions: number;
  readonly openCalls: number;
  readonly queuedCalls: number;
  /** publications that are on their way to very many subscribers */
  readonly pendingPublications: number;
  /** events that were dropped, since the realm was made */
  readonly eventsDropped: Readonly<Record<DropReason, number>>;
}

export interface RouterStats {
  /** established sessions of all realms */
  readonly sessions: number;
  /** attached peers that have not finished their handshake */
  readonly handshakes: number;
  /** established sessions whose clients have lost their connection and may come back */
  readonly detached: number;
  readonly totals: CounterValues;
  readonly realms: ReadonlyMap<string, RealmStats>;
}
