/** The cbor codec of @wamp/protocol with what the host lends, for the `serializers` option of `connect`. */
import type { ListCodec, SerializerOptions } from '@wamp/protocol';
import { cborList } from '@wamp/protocol/cbor-list';
import { HOST } from '#host';

/** A list codec for `wamp.2.cbor`. It keeps no state of a connection and may be shared. */
export function cbor(options?: SerializerOptions): ListCodec {
  return cborList({ ...HOST, ...options });
}
