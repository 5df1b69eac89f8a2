/** The JSON serializer: RFC 8259 in UTF-8, text frames. Source: WAMP basic profile, "Serializers". */
import { checkedMaxDepth } from '../head-reader.js';
import { DEFAULT_MAX_DEPTH, type Serializer, type SerializerOptions } from '../serializer.js';
import { allocateNew } from './frame-assembly.js';
import { FrameSerializer } from './frame-serializer.js';
import { JsonReader } from './json-reader.js';
import { JsonLists } from './json-list.js';
import { JsonPayloadCodec } from './json-values.js';
import { JsonWriter } from './json-writer.js';

/**
 * Makes a JSON serializer. One serves any number of sessions.
 * @throws RangeError if `maxDepth` is no integer from 4 to 512
 */
export function json(options: SerializerOptions = {}): Serializer {
  const maxDepth = checkedMaxDepth(options.maxDepth ?? DEFAULT_MAX_DEPTH);
  const allocate = options.allocate ?? allocateNew;
  const payloadCodec = new JsonPayloadCodec(maxDepth);
  return new FrameSerializer({
    format: 'json',
    subprotocol: 'wamp.2.json',
    rawSocketId: 1,
    isBinary: false,
    payloadCodec,
    reader: new JsonReader(payloadCodec, maxDepth, options.isUtf8, options.jsonCheck),
    newWriter: () => new JsonWriter(payloadCodec, maxDepth, allocate),
    newLists: () => new JsonLists(maxDepth, options.isUtf8),
  });
}
