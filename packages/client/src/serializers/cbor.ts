/** The cbor serializer of @wamp/protocol with what the host lends, for the `serializers` option of `connect`. */
import type { Serializer, SerializerOptions } from '@wamp/protocol';
import { cbor as portable } from '@wamp/protocol/cbor';
import { HOST } from '#host';

/** A serializer for `wamp.2.cbor`. It keeps no state of a connection and may be shared. */
export function cbor(options?: SerializerOptions): Serializer {
  return portable({ ...HOST, ...options });
}
