/**
 * The method `ticket`: a secret that the peer shows as it is, so only for links that nobody can read.
 * Source: WAMP advanced profile, "Ticket-based Authentication".
 */
import { EMPTY_DICT } from '@wamp/protocol';
import { derivedBytes, isSecret, secretFingerprint } from '@wamp/protocol/auth/secrets';
import type { DynamicAuth, Grant, StaticTicketAuth, TicketAuth } from '../auth-options.js';
import type { AuthenticationRequest, AuthenticationStep, Authenticator } from '../authentication.js';
import type { AuthenticationHost } from './authentication-host.js';
import { askAuthenticator } from './dynamic-authenticator.js';
import { readGrant, requiredText } from './grant-reading.js';
import { principalOf, readPrincipals } from './principal-source.js';
import { DENIED, NO_AUTHID } from './refusals.js';

/** Judges tickets. */
interface TicketJudge {
  readonly provider: string;
  readonly namesAuthid: boolean;
  judge(ticket: string, request: AuthenticationRequest): Grant | undefined | Promise<Grant | undefined>;
}

/** @throws Error that names the principal that is wrong */
export function ticketAuthenticator(
  host: AuthenticationHost,
  options: TicketAuth | readonly TicketAuth[],
): Authenticator {
  const judges = listOf(options).map((each) => judgeOf(host, each));
  const needsAuthid = !judges.some((judge) => judge.namesAuthid);
  return {
    method: 'ticket',
    begin: (request) => {
      if (request.authid === undefined && needsAuthid) return NO_AUTHID;
      return {
        type: 'challenge',
        extra: EMPTY_DICT,
        answer: (ticket) => judgeTicket(judges, ticket, request),
      };
    },
  };
}

async function judgeTicket(
  judges: readonly TicketJudge[],
  ticket: string,
  request: AuthenticationRequest,
): Promise<AuthenticationStep> {
  for (const judge of judges) {
    const grant = await judge.judge(ticket, request);
    const authid = grant?.authid ?? request.authid;
    if (grant === undefined || authid === undefined) continue;
    return { type: 'accepted', principal: principalOf(grant, authid, judge.provider) };
  }
  return DENIED;
}

function judgeOf(host: AuthenticationHost, options: TicketAuth): TicketJudge {
  if (options.type === 'dynamic') return dynamicJudge(host, options);
  if (options.type !== 'function') return staticJudge(host, options);
  return {
    provider: 'function',
    namesAuthid: options.namesAuthid === true,
    judge: async (ticket, request) => readVerdict(await options.verify(ticket, request)),
  };
}

function dynamicJudge(host: AuthenticationHost, options: DynamicAuth): TicketJudge {
  return {
    provider: 'dynamic',
    namesAuthid: true,
    judge: async (ticket, request) =>
      readVerdict(await askAuthenticator(host, options, 'ticket', request, { ticket })),
  };
}

function staticJudge({ secret }: AuthenticationHost, { principals }: StaticTicketAuth): TicketJudge {
  const entries = readPrincipals(principals, (value) => ({
    grant: readGrant(value),
    fingerprint: secretFingerprint(requiredText((value as { ticket?: unknown }).ticket, 'ticket')),
  }));
  // Nobody's ticket, so that an unknown principal costs the same comparison.
  const nobody = { grant: undefined, fingerprint: derivedBytes(secret, 'ticket') };
  return {
    provider: 'static',
    namesAuthid: false,
    judge: (ticket, { authid }) => {
      const { grant, fingerprint } = (authid === undefined ? undefined : entries.get(authid)) ?? nobody;
      return isSecret(ticket, fingerprint) ? grant : undefined;
    },
  };
}

function readVerdict(verdict: unknown): Grant | undefined {
  return verdict === undefined || verdict === null ? undefined : readGrant(verdict);
}

function listOf(options: TicketAuth | readonly TicketAuth[]): readonly TicketAuth[] {
  return Array.isArray(options) ? (options as readonly TicketAuth[]) : [options as TicketAuth];
}
