/**
 * `wamp.router.ping`: the router answers by itself, at once, so that a client whose transport lets it send no pings can see that its
 * router is there and how long an answer takes. Browsers are such clients. An extension of this toolkit.
 */
import type { LocalProcedure } from './local-peer.js';

/** By URI, as the other tables of the meta API. */
export const PING_PROCEDURE: Readonly<Record<string, LocalProcedure>> = {
  /** Gives its positional arguments back. */
  'wamp.router.ping': ({ args }) => args,
};
