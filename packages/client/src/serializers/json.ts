/** The json serializer of @wamp/protocol with what the host lends, for the `serializers` option of `connect`. */
import type { Serializer, SerializerOptions } from '@wamp/protocol';
import { json as portable } from '@wamp/protocol/json';
import { HOST } from '#host';

/** A serializer for `wamp.2.json`. It keeps no state of a connection and may be shared. */
export function json(options?: SerializerOptions): Serializer {
  return portable({ ...HOST, ...options });
}
