/**
 * The section `realms` of the configuration: what each realm is, who gets in, and what is kept of its events.
 * Owns names and descriptions, which are Crossbar.io's where the meaning is the same; builds nothing.
 */
import { isValidUri } from '@wamp/protocol';
import {
  DEFAULT_HISTORY,
  DEFAULT_MAX_TIMEOUT_MS,
  DEFAULT_MEMORY_STORE_LIMITS as MEMORY,
  DEFAULT_PROBE_MS,
  DEFAULT_RETENTION,
} from '@wamp/router';
import { z } from 'zod';
import { AUTH, grantedRoles, ROLES } from './config-auth.js';
import {
  listOf,
  MATCH,
  milliseconds,
  NOT_EMPTY,
  oneOf,
  REALM_NAME,
  section,
  whole,
  wholeOrAbsent,
  yesOrNo,
} from './config-values.js';

const EVENTS = 2 ** 31 - 1;
const BYTES = Number.MAX_SAFE_INTEGER;

const OPTIONS = section({
  uri_check: oneOf(['loose', 'strict'])
    .default('loose')
    .describe(
      'How URIs are checked: `loose` takes any characters but spaces and `#`, `strict` lower case letters, digits and `_` only.',
    ),
  request_ids: oneOf(['unused', 'strict'])
    .default('unused')
    .describe(
      '`unused`: a request id must not belong to an open request. `strict`: the sequence 1, 2, 3, … of the specification; any gap ends the session.',
    ),
  disclosure: oneOf(['on_request', 'never', 'always'])
    .default('on_request')
    .describe('Who learns the identity of callers and publishers.'),
  admin_roles: listOf(NOT_EMPTY)
    .default([])
    .describe(
      'Roles that may use the meta procedures which end sessions and remove callees and subscribers. By default nobody may.',
    ),
  default_timeout_ms: milliseconds(0, 0, 'Timeout of calls that ask for none; 0 is none.'),
  max_timeout_ms: milliseconds(
    0,
    DEFAULT_MAX_TIMEOUT_MS,
    'Longest time that a call waits for its next answer, so that no call waits for ever; 0 is no maximum.',
  ),
  reroute: yesOrNo(false, 'Whether `wamp.error.unavailable` of a callee makes the dealer try the next one.'),
  slow_subscribers: oneOf(['disconnect', 'drop-oldest', 'drop-newest', 'latest'])
    .default('disconnect')
    .describe(
      'What is done with events for a subscriber that reads too slowly, unless its SUBSCRIBE says it with `x_slow_policy`: `disconnect` loses none and cuts a session that falls too far behind; the others lose events and nothing else; `latest` keeps the last one of each topic.',
    ),
  probe_ms: milliseconds(
    0,
    DEFAULT_PROBE_MS,
    "Time that the holders of a registration have to show that they are there when somebody else's REGISTER would be refused because of them; 0 turns it off.",
  ),
}).prefault({});

const HISTORY = section({
  uri: NOT_EMPTY.describe('The topic, or the pattern as `match` says.'),
  match: MATCH.default('exact').describe('How `uri` is meant.'),
  limit: whole(1, EVENTS, DEFAULT_HISTORY.events, 'Events that are kept; the oldest go first.'),
  limit_bytes: whole(1, BYTES, DEFAULT_HISTORY.bytes, 'Bytes that are kept.'),
  max_age_ms: whole(1, BYTES, DEFAULT_HISTORY.maxAgeMs, 'Age at which an event is forgotten.'),
}).superRefine(({ uri, match }, context) => {
  if (isValidUri(uri, match, 'loose')) return;
  context.addIssue({ code: 'custom', path: ['uri'], message: `is no valid URI for match: ${match}` });
});

const RETENTION = section({
  restricted_per_topic: whole(
    0,
    EVENTS,
    DEFAULT_RETENTION.restrictedPerTopic,
    'Events of one topic that are not for everybody and newer than the last one that is.',
  ),
  bytes_per_topic: whole(1, BYTES, DEFAULT_RETENTION.bytesPerTopic, "Bytes of one topic's retained events."),
  max_age_ms: whole(1, BYTES, DEFAULT_RETENTION.maxAgeMs, 'Age at which a retained event is forgotten.'),
}).prefault({});

const KEPT = {
  'event-history': listOf(HISTORY)
    .default([])
    .describe('Subscriptions whose events are kept, for `wamp.subscription.get_events`.'),
  retention: RETENTION.describe('How much is retained of one topic (`retain: true`).'),
};

const MEMORY_STORE = section({
  type: z.literal('memory').describe('Kept in memory; forgotten when the process ends.'),
  ...KEPT,
  retained_events: whole(1, EVENTS, MEMORY.retainedEvents, 'Retained events of all topics.'),
  retained_bytes: whole(1, BYTES, MEMORY.retainedBytes, 'Their bytes.'),
  history_events: whole(1, EVENTS, MEMORY.historyEvents, 'Events of all histories.'),
  history_bytes: whole(1, BYTES, MEMORY.historyBytes, 'Their bytes.'),
});

const SQLITE_STORE = section({
  type: z.literal('sqlite').describe('Kept in a file; survives the process.'),
  path: NOT_EMPTY.describe(
    'The file, which is made if it is not there; a relative path begins at the directory of the configuration. One for each realm.',
  ),
  survives: oneOf(['process-crash', 'power-loss'])
    .default('process-crash')
    .describe('What an acknowledged event outlives; `power-loss` waits for the disk with each.'),
  ...KEPT,
  retained_events: wholeOrAbsent(1, EVENTS, 'Retained events of all topics.'),
  retained_bytes: wholeOrAbsent(1, BYTES, 'Their bytes.'),
  history_events: wholeOrAbsent(1, EVENTS, 'Events of all histories.'),
  history_bytes: wholeOrAbsent(1, BYTES, 'Their bytes.'),
});

const REALM = section({
  name: REALM_NAME.describe('The name that clients join.'),
  auth: AUTH.optional().describe('The ways to get in. By default everybody does, as `anonymous`.'),
  roles: ROLES.optional().describe(
    'What roles may do. By default everybody may do everything; as soon as there are roles, what they do not allow is denied.',
  ),
  options: OPTIONS.describe('How the realm routes.'),
  store: z
    .discriminatedUnion('type', [MEMORY_STORE, SQLITE_STORE])
    .prefault({ type: 'memory' })
    .describe('Where retained events and event history are kept.'),
}).superRefine(({ auth, roles }, context) => {
  if (roles === undefined) return;
  const names = roles.map(({ name }) => name);
  for (const { path, role } of grantedRoles(auth ?? { anonymous: {} })) {
    if (names.includes(role)) continue;
    const message = `gives the role ${role}, which is not among the roles: ${names.join(', ')}`;
    context.addIssue({ code: 'custom', path: auth === undefined ? ['roles'] : ['auth', ...path], message });
  }
});

export const REALMS = listOf(REALM)
  .min(1, 'must name one realm at least')
  .superRefine((realms, context) => {
    realms.forEach(({ name }, i) => {
      if (realms.findIndex((other) => other.name === name) === i) return;
      context.addIssue({ code: 'custom', path: [i, 'name'], message: `the realm ${name} is there twice` });
    });
  });

export type RealmConfig = z.output<typeof REALM>;
