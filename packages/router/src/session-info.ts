/**
 * What is known about an established session: data for authorizers, observers and the meta API. No behaviour.
 */
import type { Dict } from '@wamp/protocol';

export interface SessionInfo {
  /** session id */
  readonly session: number;
  readonly realm: string;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  readonly authprovider: string;
  /** what the authenticator added; also sent in WELCOME */
  readonly authextra: Dict;
  /** the peer's own name for its implementation, if it gave one */
  readonly agent: string | undefined;
  /** what the transport says about itself, for example its type and the peer's address */
  readonly transport: Readonly<Record<string, unknown>>;
  /** milliseconds since the epoch */
  readonly joinedAt: number;
}
