/** Sessions that are whoever they say they are, for tests about what roles may see. */
import type { Dict } from '@wamp/protocol';
import type { Authenticator } from '../src/index.js';
import { ALL_FEATURES } from './test-peer.fixture.js';

/** Lets everybody in as the authid and authrole that they claim. */
export const believing: Authenticator = {
  method: 'anonymous',
  begin: ({ authid, authrole }) => ({
    type: 'accepted',
    principal: { authid: authid ?? 'nobody', authrole: authrole ?? 'user', authprovider: 'test' },
  }),
};

/** HELLO.Details of somebody. */
export function as(authid: string, authrole = 'user'): Dict {
  return { roles: ALL_FEATURES, authid, authrole };
}
