/** The MessagePack serializer, binary frames. Source: WAMP basic profile, "Serializers". */
import { checkedMaxDepth } from '../head-reader.js';
import { DEFAULT_MAX_DEPTH, type Serializer, type SerializerOptions } from '../serializer.js';
import { allocateNew } from './frame-assembly.js';
import { FrameSerializer } from './frame-serializer.js';
import { msgpackList } from './msgpack-list.js';
import { MsgpackReader } from './msgpack-reader.js';
import { MsgpackPayloadCodec } from './msgpack-values.js';
import { MsgpackWriter } from './msgpack-writer.js';

/**
 * Makes a MessagePack serializer. One serves any number of sessions.
 * @throws RangeError if `maxDepth` is no integer from 4 to 512
 */
export function msgpack(options: SerializerOptions = {}): Serializer {
  const maxDepth = checkedMaxDepth(options.maxDepth ?? DEFAULT_MAX_DEPTH);
  const allocate = options.allocate ?? allocateNew;
  const payloadCodec = new MsgpackPayloadCodec(maxDepth);
  return new FrameSerializer({
    format: 'msgpack',
    subprotocol: 'wamp.2.msgpack',
    rawSocketId: 2,
    isBinary: true,
    payloadCodec,
    reader: new MsgpackReader(payloadCodec, maxDepth, options.isUtf8),
    newWriter: () => new MsgpackWriter(payloadCodec, maxDepth, allocate),
    newLists: () => msgpackList(options),
  });
}
