/**
 * What a client says before it has a session: HELLO with its roles, and the answers to CHALLENGE.
 * Owns the announcement and the choice of an authenticator; computes no signatures and sends nothing itself.
 */
import { EMPTY_DICT, type Dict } from '@wamp/protocol';
import { AUTHENTICATE, HELLO } from './message-codes.js';
import { CANNOT_AUTHENTICATE } from './uris.js';
import { messageOf, WampError } from './wamp-error.js';

/** CHALLENGE as an authenticator sees it. */
export interface Challenge {
  readonly method: string;
  /** depends on the method, see advanced profile, "Authentication Methods" */
  readonly extra: Dict;
}

/** What goes into AUTHENTICATE. */
export interface ChallengeAnswer {
  readonly signature: string;
  readonly extra?: Dict;
}

/** One attempt to prove an identity, on one connection. */
export interface AuthenticationAttempt {
  /** what the method wants to say in HELLO.Details.authextra */
  readonly extra?: Dict;
  /** Answers a challenge; a string is the signature. What it throws ends the attempt. */
  onChallenge(challenge: Challenge): string | ChallengeAnswer | Promise<string | ChallengeAnswer>;
  /** Checks WELCOME.Details where the router has to prove something too. What it throws ends the attempt. */
  onWelcome?(details: Dict): void;
}

/** One way to prove an identity. Source: advanced profile, "Authentication". */
export interface Authenticator extends AuthenticationAttempt {
  /** name in HELLO.Details.authmethods, for example `ticket` */
  readonly method: string;
  /** the identity that is claimed */
  readonly authid?: string;
  /**
   * Starts an attempt, for methods that keep something from HELLO to the challenge; without it the authenticator itself is
   * its only attempt. What it throws ends the attempt.
   * @param transport what the connection's transport says about itself
   */
  begin?(transport: Readonly<Record<string, unknown>>): AuthenticationAttempt;
}

/**
 * Proof that a session was ours, to replace it by a new one: a client that lost its link comes back at once to the
 * procedures it registered. The token is a secret between client and router. An extension of this toolkit's router.
 */
export interface SessionToken {
  /** id of the session */
  readonly session: number;
  readonly token: string;
}

/** The token of a session that was welcomed with these details; undefined if the router gives none. */
export function tokenOf(session: number, details: Dict): SessionToken | undefined {
  const token = details['x_session_token'];
  return typeof token === 'string' ? { session, token } : undefined;
}

/** The roles of this client, with exactly the features that it implements. `x_credit` is described in the README. */
const FEATURES = {
  publisher: 'publisher_identification publisher_exclusion subscriber_blackwhite_listing',
  subscriber:
    'publisher_identification publication_trustlevels pattern_based_subscription subscription_revocation',
  caller:
    'caller_identification call_canceling call_timeout progressive_call_results progressive_call_invocations x_credit',
  callee:
    'caller_identification call_trustlevels pattern_based_registration shared_registration registration_revocation call_canceling call_timeout call_reroute progressive_call_results progressive_call_invocations x_credit',
};

function announcedRoles(): Dict {
  const roles: Record<string, unknown> = {};
  for (const [role, names] of Object.entries(FEATURES)) {
    const features: Record<string, true> = { payload_passthru_mode: true };
    for (const name of names.split(' ')) features[name] = true;
    roles[role] = { features };
  }
  return roles;
}

/** What a client says before it has a session. */
export interface Handshake {
  /** True while an authenticator works on a challenge; the router has to wait for it. */
  isAnswering: boolean;
  /**
   * HELLO.
   * @param transport what the transport says about itself
   * @throws WampError `wamp.error.cannot_authenticate` if an authenticator cannot work on this connection
   */
  hello(transport: Readonly<Record<string, unknown>>): unknown[];
  /** AUTHENTICATE. @throws WampError `wamp.error.cannot_authenticate` */
  answer(method: string, extra: Dict): Promise<unknown[]>;
  /**
   * Lets the authenticator that answered check what the router proves.
   * @throws WampError `wamp.error.cannot_authenticate`
   */
  welcomed(details: Dict): void;
}

/**
 * Begins to join a realm.
 * @param resumes true: with a session that can be resumed; a number: with that of `replaces`, of which so many frames have arrived
 * @param returns the client comes back when the session ends, and sends again what a draining router did not route
 */
export function handshakeFor(
  realm: string,
  authenticators: readonly Authenticator[],
  replaces: SessionToken | undefined,
  resumes: true | number | undefined,
  returns: boolean,
): Handshake {
  let attempts: AuthenticationAttempt[] = [];
  /** the index of the attempt whose challenge was answered last */
  let answered = -1;
  const guarded = <T>(at: number, what: string, act: () => T): T => {
    try {
      return act();
    } catch (cause) {
      throw cannotAuthenticate(
        `the authenticator "${authenticators[at]!.method}" ${what}: ${messageOf(cause)}`,
        cause,
      );
    }
  };
  const handshake: Handshake = {
    isAnswering: false,
    hello(transport) {
      attempts = authenticators.map((one, at) => guarded(at, 'failed', () => one.begin?.(transport) ?? one));
      const details = detailsOf(authenticators, attempts);
      const extensions = { x_replaces: replaces, x_resume: resumes, x_drain: returns || undefined };
      return [HELLO, realm, { ...details, ...extensions }];
    },
    async answer(method, extra) {
      answered = authenticators.findIndex((each) => each.method === method);
      const attempt = attempts[answered];
      if (attempt === undefined)
        throw cannotAuthenticate(`the router asks for "${method}", which was not offered`);
      handshake.isAnswering = true;
      try {
        const answer = await attempt.onChallenge({ method, extra });
        return typeof answer === 'string'
          ? [AUTHENTICATE, answer, EMPTY_DICT]
          : [AUTHENTICATE, answer.signature, answer.extra ?? EMPTY_DICT];
      } catch (cause) {
        return guarded(answered, 'failed', () => {
          throw cause;
        });
      } finally {
        handshake.isAnswering = false;
      }
    },
    welcomed(details) {
      // Whoever answered last. If nobody was asked, whoever's method the router names; and if that was not offered,
      // everybody: a false router must not get around its proof by asking for none.
      let proving = authenticators.findIndex(({ method }) => method === details['authmethod']);
      if (answered >= 0) proving = answered;
      attempts.forEach((attempt, at) => {
        if (proving < 0 || proving === at) {
          guarded(at, 'does not accept the router', () => attempt.onWelcome?.(details));
        }
      });
    },
  };
  return handshake;
}

/** HELLO.Details; what is undefined does not travel. */
function detailsOf(
  authenticators: readonly Authenticator[],
  attempts: readonly AuthenticationAttempt[],
): Dict {
  const details: Dict = { roles: announcedRoles(), agent: '@wamp/client', x_session_token: true };
  if (authenticators.length === 0) return details;
  const extras = attempts.map(({ extra }) => extra).filter((extra) => extra !== undefined);
  return {
    ...details,
    authmethods: authenticators.map(({ method }) => method),
    authid: authenticators.find(({ authid }) => authid !== undefined)?.authid,
    authextra: extras.length > 0 ? Object.assign({}, ...extras) : undefined,
  };
}

function cannotAuthenticate(sentence: string, cause?: unknown): WampError {
  return new WampError(CANNOT_AUTHENTICATE, [sentence], EMPTY_DICT, { cause });
}
