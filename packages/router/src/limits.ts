/**
 * Every number that bounds what a peer can make the router keep or wait for, with its reason.
 * Must not contain behaviour.
 */

import type { DecisionLimits } from './decision-cache.js';
import type { RateLimits } from './input-rate.js';
import type { LoginLimits } from './login-limiter.js';

export interface RouterLimits extends LoginLimits, DecisionLimits, RateLimits {
  /** milliseconds from the attachment of a transport to HELLO */
  readonly helloMs: number;
  /** milliseconds from HELLO to the end of the handshake, all CHALLENGE rounds and the authenticator's work counted */
  readonly authenticationMs: number;
  /** milliseconds of one turn of the event loop that may go to peers that are not in yet */
  readonly handshakeTurnMs: number;
  /** milliseconds that an authorizer may take for one decision */
  readonly authorizationMs: number;
  /** milliseconds that the router waits for a peer's GOODBYE after its own */
  readonly goodbyeMs: number;
  /** milliseconds that a transport may take to flush and close before it is cut */
  readonly lingerMs: number;
  /** sessions of the whole router that are established */
  readonly sessions: number;
  /** peers that are attached and have not finished their handshake */
  readonly handshakes: number;
  /** established sessions from one address; what has no address is not limited */
  readonly sessionsPerAddress: number;
  /** established sessions of one authid in one realm */
  readonly sessionsPerIdentity: number;
  /** attached peers from one address that have not finished their handshake */
  readonly handshakesPerAddress: number;
  /** realms, those made on demand counted */
  readonly realms: number;
  /** messages of one session that wait for an earlier one: for its decision, or for probed holders */
  readonly parkedMessages: number;
  /** bytes of frames that so wait; one frame may exceed it */
  readonly parkedBytes: number;
  /** bytes in a transport's buffer above which the session counts as congested */
  readonly outboundLowBytes: number;
  /** bytes in a transport's buffer above which the session is cut */
  readonly outboundHighBytes: number;
  /** bytes in a transport's buffer above which events wait or are dropped, by the policy of their subscriber */
  readonly outboundEventBytes: number;
  /** events of one session that so wait */
  readonly keptEvents: number;
  /** bytes of events that so wait; one event may exceed it */
  readonly keptEventBytes: number;
  /** milliseconds between two reports on the events that one slow session has lost */
  readonly lossReportMs: number;
  /** holders of one registration that are probed at the same time on behalf of one REGISTER */
  readonly probedHolders: number;
  /** testaments of one session */
  readonly testaments: number;
  /** bytes of all testaments of one session, encoded */
  readonly testamentBytes: number;
  /** bytes of the details that the meta API adds to one session, encoded */
  readonly sessionDetailsBytes: number;
  /** milliseconds for which a session outlives its connection, so that the client can resume it; 0 turns resuming off */
  readonly resumeMs: number;
  /** sessions that wait for their clients to come back; beyond, a session ends with its connection */
  readonly detachedSessions: number;
  /** frames of one resumable session that are kept until its client says that they have arrived */
  readonly resumeFrames: number;
  /** bytes of frames so kept */
  readonly resumeBytes: number;
  /** characters of an authid, a realm's name and of similar names in HELLO */
  readonly nameLength: number;
}

export const DEFAULT_LIMITS: RouterLimits = Object.freeze({
  // A client sends HELLO in the same breath as it connects; whoever has not within 5 s is no WAMP client.
  helloMs: 5_000,
  // A person may have to confirm on a token or a telephone.
  authenticationMs: 60_000,
  // A call that comes in during a flood of logins waits no longer for them; about twenty logins a turn.
  handshakeTurnMs: 2,
  // A dynamic decision asks a database or a callee; the session's input stands still meanwhile.
  authorizationMs: 30_000,
  // Long enough for a round trip over a bad line, short enough for a restart.
  goodbyeMs: 5_000,
  // The peer that does not read its last frames must not hold a socket for ever.
  lingerMs: 5_000,
  // More procedures and topics than one client uses; about 40 KB where all are used.
  decisionsPerSession: 256,
  // A permission that is taken away ends within a minute; a client that calls steadily asks once in 10,000 calls.
  decisionMs: 60_000,
  // About 2 KB each without registrations: 200 MB. Operating systems run out of sockets earlier.
  sessions: 100_000,
  // Unauthenticated peers cost a socket and a timer; a full reconnect of 10,000 clients must fit.
  handshakes: 20_000,
  // A reverse proxy and a test on one machine are one address. Nobody can take more than a fifth of the places.
  sessionsPerAddress: 20_000,
  // The devices of one kind may share an identity; the same.
  sessionsPerIdentity: 20_000,
  // Half of all: 10,000 clients behind a proxy may come back at once, and leave room for others.
  handshakesPerAddress: 10_000,
  // Typing errors and a stale password in a program that retries; a guesser gets 1,440 a day at the most.
  loginFailuresPerIdentity: 10,
  // An office behind one address; a guesser of many identities gets 14,400 a day at the most.
  loginFailuresPerAddress: 100,
  // More than the owner's own mistakes from two or three places.
  loginFailuresBeforeDelay: 50,
  // Bearable for the owner at a new place, and a guesser needs so many more connections at a time.
  loginDelayMs: 2_000,
  // Long enough to spoil guessing, short enough to wait for.
  loginWindowMs: 600_000,
  // About 300 bytes each, in four tables: 24 MB when all are full.
  loginTableSize: 20_000,
  // Whoever sends more than others can take is slowed down by back-pressure anyway; a number would be a guess.
  messagesPerSecond: 0,
  bytesPerSecond: 0,
  // A realm holds a dealer, a broker and two dozen meta registrations: about 50 KB.
  realms: 1_000,
  // What a transport may still deliver from one 64 KiB chunk of tiny frames after it was told to pause.
  parkedMessages: 10_000,
  // The same for large frames: two of the largest that RawSocket knows.
  parkedBytes: 32 * 1024 * 1024,
  // One of the largest RawSocket frames, or 65,536 small calls within one turn of a process, may wait without harm: a
  // callee above the mark is not called any more.
  outboundLowBytes: 16 * 1024 * 1024,
  // Four times the largest RawSocket frame: one large message to a healthy peer must not look like a slow peer.
  outboundHighBytes: 64 * 1024 * 1024,
  // More than a line of 100 Mbit/s has under way within 80 ms: a subscriber that keeps up does not get there. Far below the
  // low mark, so that a subscriber that may lose events does not become congested by them.
  outboundEventBytes: 1024 * 1024,
  // A quarter of a kilobyte each: as much as the next number.
  keptEvents: 16_384,
  // Some seconds of a bad mobile line; what is older than that is what nobody wants to wait for.
  keptEventBytes: 4 * 1024 * 1024,
  // Six lines a minute in the operator's log are enough of one peer.
  lossReportMs: 10_000,
  // A REGISTER is a few bytes, and must not make the router write to thousands of peers at once.
  probedHolders: 64,
  // A session says that it is gone; some say it on a topic for each of their things.
  testaments: 128,
  // Kept for as long as the session lives, for each session.
  testamentBytes: 256 * 1024,
  // Labels, not documents; sent with every `wamp.session.get`.
  sessionDetailsBytes: 16 * 1024,
  // A change of networks or the restart of a proxy takes some seconds. Not longer than needed: calls to a callee that is gone
  // for good wait for it.
  resumeMs: 15_000,
  // A switch that restarts takes many connections with it; whoever connects only to leave, over and over, gets no further.
  detachedSessions: 20_000,
  // A client acknowledges every 64 frames. In 15 s a busy subscriber misses some thousands.
  resumeFrames: 16_384,
  // More than the network holds on its way in any case where resuming matters.
  resumeBytes: 4 * 1024 * 1024,
  // As Autobahn limits realm names; also bounds what ends up in logs.
  nameLength: 255,
});
