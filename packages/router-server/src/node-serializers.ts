/** The three serializers with what Node lends them: memory that is not zeroed, and the native UTF-8 check. */
import { isUtf8 } from 'node:buffer';
import type { Serializer, SerializerOptions } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { jsonCheck } from '@wamp/protocol/json-check';
import { msgpack } from '@wamp/protocol/msgpack';

const NODE_LENDS: SerializerOptions = {
  allocate: (bytes) => Buffer.allocUnsafe(bytes),
  isUtf8: (bytes) => isUtf8(bytes),
};

/**
 * Serializers for `wamp.2.json`, `wamp.2.msgpack` and `wamp.2.cbor`, made for Node. They keep no state and may be shared.
 * @param options `maxDepth`: deepest nesting of lists and dictionaries in a message, 4..512; default 64
 */
export function nodeSerializers(options: Pick<SerializerOptions, 'maxDepth'> = {}): readonly Serializer[] {
  const all = { ...NODE_LENDS, ...options };
  return [json({ ...all, jsonCheck: jsonCheck() }), msgpack(all), cbor(all)];
}
