/** Whole messages in MessagePack as lists: the grammar proves that a frame is well-formed, the values are read then. */
import { checkedMaxDepth, malformed, notAMessage } from '../head-reader.js';
import { DEFAULT_MAX_DEPTH, type SerializerOptions } from '../serializer.js';
import type { BytesCodec } from '../list-codec.js';
import { binaryListCodec, type ListReader } from './binary-list.js';
import { MsgpackGrammar } from './msgpack-grammar.js';
import { MsgpackValueReader, MsgpackValueWriter } from './msgpack-values.js';

class MsgpackListReader extends MsgpackGrammar implements ListReader {
  readonly #values = new MsgpackValueReader();

  read(frame: Uint8Array): unknown[] {
    this.start(frame);
    try {
      if (this.values(0, 1, 1) !== this.limit) throw malformed('something follows the message', this.limit);
      const list = this.#values.readAll(frame, 0, 1)[0];
      if (!Array.isArray(list)) throw notAMessage('the message is not a list');
      return list;
    } finally {
      this.release();
    }
  }
}

/**
 * Makes a list codec for `wamp.2.msgpack`. One serves any number of sessions.
 * @throws RangeError if `maxDepth` is no integer from 4 to 512
 */
export function msgpackList(options: SerializerOptions = {}): BytesCodec {
  const maxDepth = checkedMaxDepth(options.maxDepth ?? DEFAULT_MAX_DEPTH);
  return {
    format: 'msgpack',
    subprotocol: 'wamp.2.msgpack',
    rawSocketId: 2,
    isBinary: true,
    ...binaryListCodec(
      new MsgpackListReader(maxDepth, options.isUtf8),
      () => new MsgpackValueWriter(maxDepth),
    ),
  };
}
