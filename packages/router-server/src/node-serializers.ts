/** The three serializers with what Node lends them: memory that is not zeroed, and the native UTF-8 check. */
import { isUtf8 } from 'node:buffer';
import type { Serializer, SerializerOptions } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';

const NODE_LENDS: SerializerOptions = {
  allocate: (bytes) => Buffer.allocUnsafe(bytes),
  isUtf8: (bytes) => isUtf8(bytes),
};

/** Serializers for `wamp.2.json`, `wamp.2.msgpack` and `wamp.2.cbor`, made for Node. They keep no state and may be shared. */
export function nodeSerializers(): readonly Serializer[] {
  return [json(NODE_LENDS), msgpack(NODE_LENDS), cbor(NODE_LENDS)];
}
