/** The msgpack serializer of @wamp/protocol with what the host lends, for the `serializers` option of `connect`. */
import type { Serializer, SerializerOptions } from '@wamp/protocol';
import { msgpack as portable } from '@wamp/protocol/msgpack';
import { HOST } from '#host';

/** A serializer for `wamp.2.msgpack`. It keeps no state of a connection and may be shared. */
export function msgpack(options?: SerializerOptions): Serializer {
  return portable({ ...HOST, ...options });
}
