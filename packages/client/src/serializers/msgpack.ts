/** The msgpack codec of @wamp/protocol with what the host lends, for the `serializers` option of `connect`. */
import type { ListCodec, SerializerOptions } from '@wamp/protocol';
import { msgpackList } from '@wamp/protocol/msgpack-list';
import { HOST } from '#host';

/** A list codec for `wamp.2.msgpack`. It keeps no state of a connection and may be shared. */
export function msgpack(options?: SerializerOptions): ListCodec {
  return msgpackList({ ...HOST, ...options });
}
