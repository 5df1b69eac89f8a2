/** RawSocket where there are no sockets, in browsers: a sentence. */
import type { ClientTransport } from '../client-session.js';
import { UsageError } from '../wamp-error.js';

export function openRawSocket(address: string): Promise<ClientTransport> {
  return Promise.reject(new UsageError(`RawSocket needs Node: ${address}`));
}
