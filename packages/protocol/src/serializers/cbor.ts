/** The CBOR serializer: RFC 8949, binary frames. Source: WAMP basic profile, "Serializers". */
import { checkedMaxDepth } from '../head-reader.js';
import { DEFAULT_MAX_DEPTH, type Serializer, type SerializerOptions } from '../serializer.js';
import { CborReader } from './cbor-reader.js';
import { cborList } from './cbor-list.js';
import { CborPayloadCodec } from './cbor-values.js';
import { CborWriter } from './cbor-writer.js';
import { allocateNew } from './frame-assembly.js';
import { FrameSerializer } from './frame-serializer.js';

/**
 * Makes a CBOR serializer. One serves any number of sessions.
 * @throws RangeError if `maxDepth` is no integer from 4 to 512
 */
export function cbor(options: SerializerOptions = {}): Serializer {
  const maxDepth = checkedMaxDepth(options.maxDepth ?? DEFAULT_MAX_DEPTH);
  const allocate = options.allocate ?? allocateNew;
  const payloadCodec = new CborPayloadCodec(maxDepth);
  return new FrameSerializer({
    format: 'cbor',
    subprotocol: 'wamp.2.cbor',
    rawSocketId: 3,
    isBinary: true,
    payloadCodec,
    reader: new CborReader(payloadCodec, maxDepth, options.isUtf8),
    newWriter: () => new CborWriter(payloadCodec, maxDepth, allocate),
    newLists: () => cborList(options),
  });
}
