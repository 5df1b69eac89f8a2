/**
 * From HELLO to WELCOME: realm, roles, authentication. Decides the next step; the session carries it out.
 * Must not send anything, and must not touch dealer or broker.
 * Source: WAMP basic profile "Session Establishment"; advanced profile "Authentication".
 */
import {
  ChallengeMessage,
  EMPTY_DICT,
  ErrorUri,
  isDict,
  isValidUri,
  PeerFeatures,
  ProtocolViolation,
  type AuthenticateMessage,
  type Dict,
  type HelloMessage,
  type RandomUint32,
} from '@wamp/protocol';
import { addressGroupOf } from './address-group.js';
import { AuthenticationRefused } from './authentication-refused.js';
import {
  chooseAuthenticator,
  type AuthenticationRequest,
  type AuthenticationStep,
  type Principal,
} from './authentication.js';
import { isPromise } from './authorization.js';
import type { Clock } from './clock.js';
import { UNLIMITED, type LoginAttempt, type LoginLimiter } from './login-limiter.js';
import type { Realm } from './realm.js';
import { DRAIN_KEY } from './drain.js';
import {
  readReplacement,
  readResumeWish,
  TOKEN_KEY,
  type Replacement,
  type ResumeWish,
} from './session-token.js';

/** What the session has to do next. */
export type HandshakeStep =
  | { readonly type: 'challenge'; readonly message: ChallengeMessage }
  | { readonly type: 'welcome'; readonly admission: Admission }
  | {
      readonly type: 'refuse';
      readonly reason: string;
      readonly message: string;
      /** set if a login was judged and has failed, or was not judged because too many had */
      readonly login?: 'failed' | 'limited';
    };

/** Everything that a realm has to know about a peer that is let in. */
export interface Admission {
  readonly realm: Realm;
  readonly session: number;
  readonly principal: Principal;
  readonly authmethod: string;
  readonly features: PeerFeatures;
  readonly agent: string | undefined;
  /** the client asked for a token of its session */
  readonly wantsToken: boolean;
  /** the client understands the GOODBYE of a router that drains, see drain.ts */
  readonly knowsDrain: boolean;
  /** the session that the client says it had */
  readonly replaces: Replacement | undefined;
  /** the client wants a session that it can resume, or to resume that one */
  readonly resumes: ResumeWish | undefined;
}

/** What a handshake needs of the router. */
export interface HandshakeHost {
  readonly defaultRealm: string | undefined;
  readonly random32: RandomUint32;
  readonly nameLength: number;
  readonly clock: Clock;
  readonly logins: LoginLimiter;
  findRealm(name: string): Realm | undefined;
}

type Answer = (signature: string, extra: Dict) => AuthenticationStep | Promise<AuthenticationStep>;

export class Handshake {
  readonly #host: HandshakeHost;
  readonly #session: number;
  readonly #transport: Readonly<Record<string, unknown>>;
  #realm: Realm | undefined = undefined;
  #method = '';
  #features: PeerFeatures | undefined = undefined;
  #agent: string | undefined = undefined;
  #wantsToken = false;
  #knowsDrain = false;
  #replaces: Replacement | undefined = undefined;
  #resumes: ResumeWish | undefined = undefined;
  #answer: Answer | undefined = undefined;
  #login: LoginAttempt = UNLIMITED;

  /**
   * @param session the id that the session is going to have
   * @param transport what the transport says about itself
   */
  constructor(host: HandshakeHost, session: number, transport: Readonly<Record<string, unknown>>) {
    this.#host = host;
    this.#session = session;
    this.#transport = transport;
  }

  /**
   * Judges HELLO.
   * @throws ProtocolViolation if the peer announces no role that exists
   */
  hello(message: HelloMessage, now: number): HandshakeStep | Promise<HandshakeStep> {
    const features = PeerFeatures.ofClient(message.details);
    if (features.roles.length === 0) {
      throw new ProtocolViolation('wrong_type', 'HELLO.Details.roles announces no role of a client');
    }
    this.#features = features;
    const { details } = message;
    this.#agent = textOf(details['agent'])?.slice(0, this.#host.nameLength);
    this.#wantsToken = details[TOKEN_KEY] === true;
    this.#knowsDrain = details[DRAIN_KEY] === true;
    this.#replaces = readReplacement(details);
    this.#resumes = readResumeWish(details);
    const realm = this.#findRealm(message.realm);
    if (isRefusal(realm)) return realm;
    this.#realm = realm;
    const authid = textOf(details['authid']);
    if (authid !== undefined && authid.length > this.#host.nameLength) {
      return refuse(
        ErrorUri.AuthenticationDenied,
        `the authid is longer than ${this.#host.nameLength} characters`,
      );
    }
    const offered = Array.isArray(details['authmethods'])
      ? (details['authmethods'] as readonly string[])
      : [];
    const chosen = chooseAuthenticator(realm.authenticators, offered);
    if (chosen === undefined) return noMethod(offered);
    this.#method = chosen.method;
    if (chosen.authenticator.method !== 'anonymous') {
      this.#login = this.#host.logins.attempt(addressGroupOf(this.#transport), realm.name, authid);
    }
    const blocked = this.#blocked();
    if (blocked !== undefined) return blocked;
    const request: AuthenticationRequest = {
      realm: realm.name,
      session: this.#session,
      authid,
      authrole: textOf(details['authrole']),
      formerAuthid: this.#formerAuthid(realm, chosen.method),
      authextra: isDict(details['authextra']) ? details['authextra'] : EMPTY_DICT,
      transport: this.#transport,
      now,
      random32: this.#host.random32,
    };
    return this.#follow(() => chosen.authenticator.begin(request));
  }

  /**
   * Judges AUTHENTICATE.
   * @throws ProtocolViolation if no CHALLENGE is out
   */
  authenticate(message: AuthenticateMessage): HandshakeStep | Promise<HandshakeStep> {
    const answer = this.#answer;
    if (answer === undefined) {
      throw new ProtocolViolation('unexpected_message', 'AUTHENTICATE without a CHALLENGE');
    }
    this.#answer = undefined;
    const judge = (): HandshakeStep | Promise<HandshakeStep> =>
      this.#blocked() ?? this.#follow(() => answer(message.signature, message.extra));
    const delayMs = this.#login.delayMs();
    return delayMs === 0 ? judge() : this.#after(delayMs).then(judge);
  }

  #formerAuthid(realm: Realm, method: string): string | undefined {
    const former = this.#replaces === undefined ? undefined : realm.findFormer(this.#replaces);
    return former?.info.authmethod === method ? former.info.authid : undefined;
  }

  #findRealm(asked: string | null): Realm | HandshakeStep {
    const name = asked ?? this.#host.defaultRealm;
    if (name === undefined) {
      return refuse(ErrorUri.NoSuchRealm, 'HELLO leaves the realm to the router, which has no default realm');
    }
    if (name.length > this.#host.nameLength || !isValidUri(name, 'exact', 'loose')) {
      return refuse(ErrorUri.InvalidUri, "the realm's name is not a valid URI");
    }
    return this.#host.findRealm(name) ?? refuse(ErrorUri.NoSuchRealm, `there is no realm ${name}`);
  }

  /** Takes the authenticator's step; if it throws {@link AuthenticationRefused}, that is a refusal and no failure. */
  #follow(
    take: () => AuthenticationStep | Promise<AuthenticationStep>,
  ): HandshakeStep | Promise<HandshakeStep> {
    try {
      const step = take();
      if (!isPromise(step)) return this.#judged(this.#next(step));
      return step
        .then((decided) => this.#next(decided))
        .catch(refusalOf)
        .then((decided) => this.#judged(decided));
    } catch (error) {
      return this.#judged(refusalOf(error));
    }
  }

  /** Counts what came of a login. If too many others failed meanwhile, that is all the peer learns. */
  #judged(step: HandshakeStep): HandshakeStep {
    if (step.type === 'challenge') return step;
    const blocked = this.#blocked();
    if (blocked !== undefined) return blocked;
    if (step.type === 'welcome') {
      this.#login.succeeded();
    } else if (step.reason !== ErrorUri.AuthenticationFailed) {
      this.#login.failed();
      return { ...step, login: 'failed' };
    }
    return step;
  }

  #blocked(): HandshakeStep | undefined {
    const waitMs = this.#login.blockedMs();
    if (waitMs === 0) return undefined;
    const seconds = Math.ceil(waitMs / 1000);
    return {
      type: 'refuse',
      reason: ErrorUri.LimitExceeded,
      message: `too many logins have failed; the next one may come in ${seconds} s`,
      login: 'limited',
    };
  }

  #after(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#host.clock.startTimer(resolve, delayMs);
    });
  }

  #next(step: AuthenticationStep): HandshakeStep {
    switch (step.type) {
      case 'refused':
        return refuse(step.reason, step.message);
      case 'challenge':
        this.#answer = (signature, extra) => step.answer(signature, extra);
        return { type: 'challenge', message: new ChallengeMessage(this.#method, step.extra) };
      case 'accepted':
        return this.#accept(step.principal);
      default:
        throw new TypeError('the authenticator returned no step');
    }
  }

  #accept(principal: Principal): HandshakeStep {
    for (const part of [principal.authid, principal.authrole, principal.authprovider] as unknown[]) {
      if (typeof part !== 'string') throw new TypeError('the authenticator named no complete principal');
    }
    const realm = principal.realm === undefined ? this.#realm : this.#host.findRealm(principal.realm);
    const features = this.#features;
    if (realm === undefined || features === undefined) {
      return refuse(ErrorUri.NoSuchRealm, 'the realm that the peer was assigned to does not exist');
    }
    return {
      type: 'welcome',
      admission: {
        realm,
        session: this.#session,
        principal,
        authmethod: this.#method,
        features,
        agent: this.#agent,
        wantsToken: this.#wantsToken,
        knowsDrain: this.#knowsDrain,
        replaces: this.#replaces,
        resumes: this.#resumes,
      },
    };
  }
}

function refuse(reason: string, message: string): HandshakeStep {
  return { type: 'refuse', reason, message };
}

/** @throws what is no refusal */
function refusalOf(error: unknown): HandshakeStep {
  if (error instanceof AuthenticationRefused) return refuse(error.reason, error.message);
  throw error;
}

function isRefusal(value: Realm | HandshakeStep): value is HandshakeStep {
  return 'type' in value;
}

function noMethod(offered: readonly string[]): HandshakeStep {
  return offered.length === 0
    ? refuse(ErrorUri.AuthenticationRequired, 'this realm does not let anonymous sessions in')
    : refuse(ErrorUri.NoMatchingAuthMethod, 'the realm knows none of the offered authentication methods');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
