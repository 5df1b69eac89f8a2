/**
 * How peers may prove who they are in a realm, as plain data that a configuration file maps one to one; the names are
 * Crossbar.io's. Owns the shapes only.
 */
import type { Dict } from '@wamp/protocol';
import type { AuthenticationRequest } from './authentication.js';

/** What a principal gets when it is let in. Also what a function or a dynamic authenticator answers with. */
export interface Grant {
  /** the role of the session */
  readonly role: string;
  /** the authid of the session, if it is not the one that was asked for */
  readonly authid?: string | undefined;
  /** the realm to join, if it is not the one that was asked for */
  readonly realm?: string | undefined;
  /** sent to the client as WELCOME.Details.authextra */
  readonly extra?: Dict | undefined;
}

/** A WAMP-CRA secret. */
export interface WampcraGrant extends Grant {
  /** the secret; with `salt`, the base64 text that `deriveWampcraKey` makes of the password: the router needs no password */
  readonly secret: string;
  /** set: the client has to derive its key from its password */
  readonly salt?: string | undefined;
  /** default 1000 */
  readonly iterations?: number | undefined;
  /** bytes; default 32 */
  readonly keylen?: number | undefined;
}

/**
 * What the router keeps of a SCRAM password, made by `scramCredentials`. `salt`, `stored-key` and `server-key` are all
 * in base64, or all in hexadecimal.
 */
export interface ScramGrant extends Grant {
  /** `argon2id-13` is Crossbar.io's spelling of `argon2id13` */
  readonly kdf: 'argon2id13' | 'argon2id-13' | 'pbkdf2';
  readonly iterations: number;
  /** KiB, for argon2id13 */
  readonly memory?: number | null | undefined;
  readonly salt: string;
  readonly 'stored-key': string;
  readonly 'server-key': string;
}

/** Ed25519 keys, 64 hexadecimal digits each. */
export interface CryptosignGrant extends Grant {
  readonly authorized_keys: readonly string[];
}

export interface TicketGrant extends Grant {
  readonly ticket: string;
}

/** Certificates of TLS clients, as the SHA-256 of their DER in 64 hexadecimal digits; colons are allowed. */
export interface CertificateGrant extends Grant {
  readonly 'certificate-sha256': string | readonly string[];
}

/** Principals by authid. */
export type Principals<G extends Grant> = Readonly<Record<string, G>>;

/**
 * A WAMP procedure answers: `authenticator(realm, authid, details)`, as with Crossbar.io. `details` has `session`,
 * `authid`, `authrole`, `authmethod`, `authextra`, `transport`, and `ticket` for tickets. The result is a role, or a
 * dictionary with the members of the method's grant; an ERROR is the reason of the ABORT, except that
 * `wamp.error.no_such_principal` looks to the peer like a wrong secret.
 */
export interface DynamicAuth {
  readonly type: 'dynamic';
  /** URI of the procedure */
  readonly authenticator: string;
  /** the realm in which it is called; default: the realm that the peer wants to join */
  readonly 'authenticator-realm'?: string | undefined;
}

/** A function of the embedding program answers; undefined: there is no such principal. */
export interface FunctionAuth<Found> {
  readonly type: 'function';
  readonly find: (request: AuthenticationRequest) => Found | undefined | Promise<Found | undefined>;
}

/** `anonymous`: everybody gets in, under a random authid. */
export interface AnonymousAuth {
  readonly type?: 'static' | undefined;
  /** default `anonymous` */
  readonly role?: string | undefined;
}

export interface StaticTicketAuth {
  readonly type?: 'static' | undefined;
  readonly principals: Principals<TicketGrant>;
}

/** A function that judges tickets, for example those that are signed tokens. */
export interface FunctionTicketAuth {
  readonly type: 'function';
  /** true: a peer need not name its authid; the function does */
  readonly namesAuthid?: boolean | undefined;
  /** @returns undefined if the ticket is not good */
  readonly verify: (
    ticket: string,
    request: AuthenticationRequest,
  ) => Grant | undefined | Promise<Grant | undefined>;
}

export type TicketAuth = StaticTicketAuth | FunctionTicketAuth | DynamicAuth;

export interface StaticWampcraAuth {
  readonly type?: 'static' | undefined;
  readonly users: Principals<WampcraGrant>;
}

export interface StaticScramAuth {
  readonly type?: 'static' | undefined;
  readonly principals: Principals<ScramGrant>;
}

export interface StaticCryptosignAuth {
  readonly type?: 'static' | undefined;
  readonly principals: Principals<CryptosignGrant>;
}

export interface StaticTlsAuth {
  readonly type?: 'static' | undefined;
  readonly principals?: Principals<CertificateGrant> | undefined;
  /**
   * Set: a certificate that is none of the principals', but is vouched for by an authority that the listener trusts, gets
   * this role; its common name is the authid.
   */
  readonly role?: string | undefined;
}

/** The ways into a realm; what is absent is not offered. */
export interface AuthOptions {
  readonly anonymous?: AnonymousAuth | FunctionAuth<Grant> | DynamicAuth | undefined;
  /** several are asked one after the other, until one knows the ticket */
  readonly ticket?: TicketAuth | readonly TicketAuth[] | undefined;
  readonly wampcra?: StaticWampcraAuth | FunctionAuth<WampcraGrant> | DynamicAuth | undefined;
  readonly scram?: StaticScramAuth | FunctionAuth<ScramGrant> | DynamicAuth | undefined;
  readonly cryptosign?: (StaticCryptosignAuth | FunctionAuth<CryptosignGrant> | DynamicAuth) | undefined;
  readonly tls?: StaticTlsAuth | FunctionAuth<Grant> | DynamicAuth | undefined;
}
