/**
 * Who a peer is. Owns the interface of authentication methods, the choice among them, and the method `anonymous`.
 * Source: WAMP advanced profile, "Authentication".
 */
import { EMPTY_DICT, randomId, type Dict, type RandomUint32 } from '@wamp/protocol';

/** What an authenticator gets to know about a peer that wants to join. */
export interface AuthenticationRequest {
  readonly realm: string;
  /** the id that the session is going to have; some challenges contain it */
  readonly session: number;
  /** the authid that the peer claims; undefined if none */
  readonly authid: string | undefined;
  /** the authrole that the peer asks for, a hint; undefined if none */
  readonly authrole: string | undefined;
  /**
   * authid of the session, let in by the same method, that the peer has proved to have had and now replaces; undefined
   * without such proof
   */
  readonly formerAuthid: string | undefined;
  /** HELLO.Details.authextra */
  readonly authextra: Dict;
  /** what the transport says about itself; nothing in it comes from the peer's messages */
  readonly transport: Readonly<Record<string, unknown>>;
  /** milliseconds since the epoch */
  readonly now: number;
  /** cryptographically strong */
  readonly random32: RandomUint32;
}

/** Who the peer turned out to be. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** where the identity comes from, for example `static` */
  readonly authprovider: string;
  /** sent to the client in WELCOME */
  readonly authextra?: Dict;
  /** the realm to join, if it is not the one that was asked for */
  readonly realm?: string;
}

/** What an authenticator decides in one round. */
export type AuthenticationStep =
  | { readonly type: 'accepted'; readonly principal: Principal }
  | {
      readonly type: 'challenge';
      /** CHALLENGE.Extra */
      readonly extra: Dict;
      /** Judges AUTHENTICATE; called at most once. May challenge again. */
      answer(signature: string, extra: Dict): AuthenticationStep | Promise<AuthenticationStep>;
    }
  | {
      readonly type: 'refused';
      /** reason URI of the ABORT, for example `wamp.error.authentication_denied` */
      readonly reason: string;
      /** a sentence for the peer; must not tell wrong secret and unknown principal apart */
      readonly message: string;
    };

/** One authentication method of a realm. */
export interface Authenticator {
  /** the method's name in HELLO.Details.authmethods, for example `ticket` */
  readonly method: string;
  /** Other names for the same method, for example `scram` for `wamp-scram`. */
  readonly aliases?: readonly string[];
  /**
   * Starts the authentication of one peer. Whoever throws, rejects, or takes longer than `limits.authenticationMs` makes
   * the handshake fail with `wamp.error.authentication_failed`, except with `AuthenticationRefused`, which has a reason.
   */
  begin(request: AuthenticationRequest): AuthenticationStep | Promise<AuthenticationStep>;
}

/** The method `anonymous`. */
export interface AnonymousOptions {
  /** role of the sessions; default `anonymous` */
  readonly authrole?: string;
}

/**
 * Lets everybody in, under a random authid: what the peer claims to be is not believed. A peer that replaces its own
 * former session keeps the authid that it had.
 * Source: WAMP advanced profile, "Anonymous Authentication".
 */
export function anonymous(options: AnonymousOptions = {}): Authenticator {
  const authrole = options.authrole ?? 'anonymous';
  return {
    method: 'anonymous',
    begin: ({ random32, formerAuthid }) => ({
      type: 'accepted',
      principal: {
        authid: formerAuthid ?? randomAuthid(random32),
        authrole,
        authprovider: 'static',
        authextra: EMPTY_DICT,
      },
    }),
  };
}

/** An authid for somebody who has none. */
export function randomAuthid(random32: RandomUint32): string {
  return randomId(random32).toString(36).padStart(11, '0');
}

/**
 * The first method of the client's list that the realm knows; unknown names are skipped. A client that names none means
 * `anonymous`.
 * @returns undefined if nothing matches
 */
export function chooseAuthenticator(
  authenticators: readonly Authenticator[],
  offered: readonly string[],
): { readonly authenticator: Authenticator; readonly method: string } | undefined {
  const methods = offered.length === 0 ? ['anonymous'] : offered;
  for (const method of methods) {
    for (const authenticator of authenticators) {
      if (authenticator.method === method || authenticator.aliases?.includes(method) === true) {
        return { authenticator, method };
      }
    }
  }
  return undefined;
}
