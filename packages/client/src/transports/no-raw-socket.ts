/** RawSocket where there are no sockets, in browsers: a sentence. */
import type { Transport } from '@wamp/protocol';
import { UsageError } from '../wamp-error.js';

export function openRawSocket(address: string): Promise<Transport> {
  return Promise.reject(
    new UsageError(`${address}: RawSocket needs Node, here only ws:// and wss:// are possible`),
  );
}
