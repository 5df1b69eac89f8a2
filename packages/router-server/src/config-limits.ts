/**
 * The section `limits` of the configuration: what a peer can make the router keep or wait for, with the reason of each
 * number. Owns names and descriptions; the numbers stand with the code that keeps to them.
 */
import { DEFAULT_MAX_DEPTH } from '@wamp/protocol';
import {
  DEFAULT_BROKER_LIMITS as BROKER,
  DEFAULT_DEALER_LIMITS as DEALER,
  DEFAULT_LIMITS as ROUTER,
  type BrokerLimits,
  type DealerLimits,
  type RouterLimits,
} from '@wamp/router';
import type { z } from 'zod';
import { milliseconds, section, whole } from './config-values.js';

const MANY = 2 ** 31 - 1;

const SESSION_LIMITS = {
  sessions: whole(
    1,
    MANY,
    ROUTER.sessions,
    'Sessions of the whole router; one more is refused with ABORT `wamp.error.limit_exceeded`. About 2 KB each without registrations; operating systems run out of sockets earlier.',
  ),
  handshakes: whole(
    1,
    MANY,
    ROUTER.handshakes,
    'Peers that are connected and have not finished their handshake. They cost a socket and a timer; a full reconnect of 10,000 clients must fit.',
  ),
  sessions_per_address: whole(
    1,
    MANY,
    ROUTER.sessionsPerAddress,
    'Sessions from one address, or from one IPv6 network of 64 bits.',
  ),
  sessions_per_identity: whole(1, MANY, ROUTER.sessionsPerIdentity, 'Sessions of one authid in one realm.'),
  handshakes_per_address: whole(
    1,
    MANY,
    ROUTER.handshakesPerAddress,
    'Peers from one address that have not finished their handshake.',
  ),
  login_failures_per_identity: whole(
    1,
    MANY,
    ROUTER.loginFailuresPerIdentity,
    'Failed logins with one identity from one address, within `login_window_ms`; more are refused.',
  ),
  login_failures_per_address: whole(
    1,
    MANY,
    ROUTER.loginFailuresPerAddress,
    'Failed logins from one address; more are refused, except with identities that have logged in from there before.',
  ),
  login_failures_before_delay: whole(
    1,
    MANY,
    ROUTER.loginFailuresBeforeDelay,
    'Failed logins with one identity from all addresses, beyond which strangers have to wait `login_delay_ms`. They are not refused, so that nobody can be locked out by others.',
  ),
  login_delay_ms: milliseconds(0, ROUTER.loginDelayMs, 'How long they have to wait.'),
  login_window_ms: milliseconds(
    1,
    ROUTER.loginWindowMs,
    'Time in which the above numbers of failures are forgiven.',
  ),
  login_table_size: whole(
    1,
    MANY,
    ROUTER.loginTableSize,
    'Entries of each table of failures and of known logins.',
  ),
  messages_per_second: whole(
    0,
    MANY,
    ROUTER.messagesPerSecond,
    'Messages of one peer in a second, on average; after a silence it may send two seconds at once. Who is faster is not read from for a while, so that the network slows it down. 0 is no limit.',
  ),
  bytes_per_second: whole(0, MANY, ROUTER.bytesPerSecond, 'The same for bytes of messages.'),
  handshake_turn_ms: milliseconds(
    1,
    ROUTER.handshakeTurnMs,
    'Time of one turn of the event loop that may go to peers that are not in yet, so that a flood of logins does not delay the others.',
  ),
  hello_timeout_ms: milliseconds(
    1,
    ROUTER.helloMs,
    'Time from the connection to HELLO, which a client sends in the same breath as it connects.',
  ),
  authentication_timeout_ms: milliseconds(
    1,
    ROUTER.authenticationMs,
    'Time from HELLO to the end of the handshake. A person may have to confirm on a token or a telephone.',
  ),
  authorization_timeout_ms: milliseconds(
    1,
    ROUTER.authorizationMs,
    "Time that an authorizer has for one decision. The session's input stands still meanwhile.",
  ),
  decisions_per_session: whole(
    1,
    MANY,
    ROUTER.decisionsPerSession,
    'Decisions of authorizer procedures that are kept for one session.',
  ),
  decision_ms: milliseconds(
    0,
    ROUTER.decisionMs,
    'How long such a decision is kept; a permission that is taken away ends by then.',
  ),
  goodbye_timeout_ms: milliseconds(
    1,
    ROUTER.goodbyeMs,
    "Time that the router waits for a peer's GOODBYE after its own.",
  ),
  linger_timeout_ms: milliseconds(
    1,
    ROUTER.lingerMs,
    'Time that a peer has to take its last frames before it is cut; it must not hold a socket for ever.',
  ),
  parked_messages: whole(
    1,
    MANY,
    ROUTER.parkedMessages,
    'Messages of one session that wait for a decision about an earlier one; more end the session.',
  ),
  parked_bytes: whole(1, MANY, ROUTER.parkedBytes, 'The same in bytes; one message may exceed it.'),
  outbound_low_bytes: whole(
    1024,
    MANY,
    ROUTER.outboundLowBytes,
    'Bytes that wait for one peer above which it counts as slow: it is not called any more, and its own input waits.',
  ),
  outbound_high_bytes: whole(
    1024,
    MANY,
    ROUTER.outboundHighBytes,
    'Bytes that wait for one peer above which it is cut. One large message to a healthy peer must not look like a slow one.',
  ),
  outbound_event_bytes: whole(
    1024,
    MANY,
    ROUTER.outboundEventBytes,
    'Bytes that wait for one peer above which events wait or are dropped, where `slow_subscribers` or the subscriber says so.',
  ),
  kept_events: whole(1, MANY, ROUTER.keptEvents, 'Events that so wait for one session.'),
  kept_event_bytes: whole(1, MANY, ROUTER.keptEventBytes, 'The same in bytes; one event may exceed it.'),
  resume_ms: milliseconds(
    0,
    ROUTER.resumeMs,
    'How long a session outlives its lost connection, so that a client that understands it comes back to it; 0 turns that off. Calls to a callee that is gone for good wait for it.',
  ),
  detached_sessions: whole(
    0,
    MANY,
    ROUTER.detachedSessions,
    'Sessions that so wait for their clients; beyond, a session ends with its connection.',
  ),
  resume_frames: whole(
    1,
    MANY,
    ROUTER.resumeFrames,
    'Messages to one such client that are kept until it says that they have arrived.',
  ),
  resume_bytes: whole(1, MANY, ROUTER.resumeBytes, 'The same in bytes.'),
  loss_report_ms: milliseconds(
    1,
    ROUTER.lossReportMs,
    'Time between two reports on the events that one slow session has lost.',
  ),
  probed_holders: whole(
    1,
    MANY,
    ROUTER.probedHolders,
    'Holders of one registration that are asked for a sign of life on behalf of one REGISTER.',
  ),
  testaments: whole(0, MANY, ROUTER.testaments, 'Testaments of one session.'),
  testament_bytes: whole(0, MANY, ROUTER.testamentBytes, 'Bytes of all testaments of one session.'),
  session_details_bytes: whole(
    0,
    MANY,
    ROUTER.sessionDetailsBytes,
    'Bytes of the details that the meta API adds to one session: labels, not documents.',
  ),
  name_length: whole(
    16,
    65_535,
    ROUTER.nameLength,
    "Characters of an authid, a realm's name and similar names in HELLO.",
  ),
} as const;

const DEALER_LIMITS = {
  registrations_per_session: whole(
    1,
    MANY,
    DEALER.registrationsPerSession,
    'REGISTER beyond is answered with `wamp.error.limit_exceeded`. A gateway registers a procedure for each of its devices.',
  ),
  registered_characters_per_session: whole(
    1,
    MANY,
    DEALER.registeredCharactersPerSession,
    "Characters of all URIs of one session's registrations.",
  ),
  description_bytes: whole(0, MANY, DEALER.descriptionBytes, 'Longest description of a procedure.'),
  description_bytes_per_session: whole(
    0,
    MANY,
    DEALER.descriptionBytesPerSession,
    'All descriptions of one session.',
  ),
  calls_per_session: whole(
    1,
    MANY,
    DEALER.callsPerSession,
    'Calls of one session that wait for their final answer; CALL beyond is answered with `wamp.error.limit_exceeded`.',
  ),
  queued_calls_per_registration: whole(
    0,
    MANY,
    DEALER.queuedCallsPerRegistration,
    'Calls that wait until a callee has a free `concurrency` slot; 0 refuses them at once. They keep their payload in memory: choose it against `max_message_size`.',
  ),
  ended_streams_per_session: whole(
    1,
    MANY,
    DEALER.endedStreamsPerSession,
    'Progressive calls of one session that ended early and are remembered, so that their late chunks are recognized.',
  ),
  held_slots_per_session: whole(
    1,
    MANY,
    DEALER.heldSlotsPerSession,
    "`concurrency` slots of one session that stay taken by calls which ended without the callee's answer.",
  ),
} as const;

const BROKER_LIMITS = {
  subscriptions_per_session: whole(
    1,
    MANY,
    BROKER.subscriptionsPerSession,
    'SUBSCRIBE beyond is answered with `wamp.error.limit_exceeded`.',
  ),
  topic_characters_per_session: whole(
    1,
    MANY,
    BROKER.topicCharactersPerSession,
    'Characters of all topics that one session is subscribed to.',
  ),
  filter_entries_per_publication: whole(
    0,
    MANY,
    BROKER.filterEntriesPerPublication,
    'Entries of all black- and whitelists of one PUBLISH. To look through them takes time in which nobody else is served.',
  ),
  stored_events_per_request: whole(
    1,
    MANY,
    BROKER.storedEventsPerRequest,
    'Kept events in one go: behind one SUBSCRIBE with `get_retained`, or in one answer about a history.',
  ),
  stored_bytes_per_request: whole(
    1,
    MANY,
    BROKER.storedBytesPerRequest,
    'The same in bytes; the first event always goes.',
  ),
  receivers_per_slice: whole(
    1,
    MANY,
    BROKER.receiversPerSlice,
    'Receivers that get an event in one go; for more of them, other work passes in between.',
  ),
  subscribers_per_slice: whole(
    1,
    MANY,
    BROKER.subscribersPerSlice,
    'Subscribers that are looked at in one go, receivers or not.',
  ),
  pending_publications_per_session: whole(
    1,
    MANY,
    BROKER.pendingPublicationsPerSession,
    'Publications of one session that are on their way; with more of them it is pushed back.',
  ),
  pending_publication_bytes_per_session: whole(1, MANY, BROKER.pendingBytesPerSession, 'The same in bytes.'),
  pending_publications: whole(
    1,
    MANY,
    BROKER.pendingPublications,
    'Publications on their way; with more of them the oldest ones are delivered at once.',
  ),
  pending_publication_bytes: whole(1, MANY, BROKER.pendingBytes, 'The same in bytes.'),
} as const;

export const LIMITS = section({
  nesting_depth: whole(
    4,
    512,
    DEFAULT_MAX_DEPTH,
    'Lists and dictionaries within each other in one message; a deeper one is a protocol violation. Deep nesting is how parsers are made to run out of stack.',
  ),
  ...SESSION_LIMITS,
  ...DEALER_LIMITS,
  ...BROKER_LIMITS,
}).superRefine((limits, context) => {
  if (limits.outbound_low_bytes < limits.outbound_high_bytes) return;
  context.addIssue({
    code: 'custom',
    path: ['outbound_low_bytes'],
    message: `must be less than outbound_high_bytes, which is ${limits.outbound_high_bytes}`,
  });
});

export type LimitsConfig = z.output<typeof LIMITS>;

export function routerLimitsOf(limits: LimitsConfig): Partial<RouterLimits> {
  return {
    sessions: limits.sessions,
    handshakes: limits.handshakes,
    sessionsPerAddress: limits.sessions_per_address,
    sessionsPerIdentity: limits.sessions_per_identity,
    handshakesPerAddress: limits.handshakes_per_address,
    loginFailuresPerIdentity: limits.login_failures_per_identity,
    loginFailuresPerAddress: limits.login_failures_per_address,
    loginFailuresBeforeDelay: limits.login_failures_before_delay,
    loginDelayMs: limits.login_delay_ms,
    loginWindowMs: limits.login_window_ms,
    loginTableSize: limits.login_table_size,
    lossReportMs: limits.loss_report_ms,
    messagesPerSecond: limits.messages_per_second,
    bytesPerSecond: limits.bytes_per_second,
    handshakeTurnMs: limits.handshake_turn_ms,
    helloMs: limits.hello_timeout_ms,
    authenticationMs: limits.authentication_timeout_ms,
    authorizationMs: limits.authorization_timeout_ms,
    decisionsPerSession: limits.decisions_per_session,
    decisionMs: limits.decision_ms,
    resumeMs: limits.resume_ms,
    detachedSessions: limits.detached_sessions,
    resumeFrames: limits.resume_frames,
    resumeBytes: limits.resume_bytes,
    goodbyeMs: limits.goodbye_timeout_ms,
    lingerMs: limits.linger_timeout_ms,
    parkedMessages: limits.parked_messages,
    parkedBytes: limits.parked_bytes,
    outboundLowBytes: limits.outbound_low_bytes,
    outboundHighBytes: limits.outbound_high_bytes,
    outboundEventBytes: limits.outbound_event_bytes,
    keptEvents: limits.kept_events,
    keptEventBytes: limits.kept_event_bytes,
    probedHolders: limits.probed_holders,
    testaments: limits.testaments,
    testamentBytes: limits.testament_bytes,
    sessionDetailsBytes: limits.session_details_bytes,
    nameLength: limits.name_length,
  };
}

export function dealerLimitsOf(limits: LimitsConfig): Partial<DealerLimits> {
  return {
    registrationsPerSession: limits.registrations_per_session,
    registeredCharactersPerSession: limits.registered_characters_per_session,
    descriptionBytes: limits.description_bytes,
    descriptionBytesPerSession: limits.description_bytes_per_session,
    callsPerSession: limits.calls_per_session,
    queuedCallsPerRegistration: limits.queued_calls_per_registration,
    endedStreamsPerSession: limits.ended_streams_per_session,
    heldSlotsPerSession: limits.held_slots_per_session,
  };
}

export function brokerLimitsOf(limits: LimitsConfig): Partial<BrokerLimits> {
  return {
    subscriptionsPerSession: limits.subscriptions_per_session,
    topicCharactersPerSession: limits.topic_characters_per_session,
    filterEntriesPerPublication: limits.filter_entries_per_publication,
    storedEventsPerRequest: limits.stored_events_per_request,
    storedBytesPerRequest: limits.stored_bytes_per_request,
    receiversPerSlice: limits.receivers_per_slice,
    subscribersPerSlice: limits.subscribers_per_slice,
    pendingPublicationsPerSession: limits.pending_publications_per_session,
    pendingBytesPerSession: limits.pending_publication_bytes_per_session,
    pendingPublications: limits.pending_publications,
    pendingBytes: limits.pending_publication_bytes,
  };
}
