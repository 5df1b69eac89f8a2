/** Whole messages in CBOR as lists: the grammar proves that a frame is well-formed, the values are read then. */
import { checkedMaxDepth, malformed, notAMessage } from '../head-reader.js';
import { DEFAULT_MAX_DEPTH, type SerializerOptions } from '../serializer.js';
import { BREAK, CborGrammar, INDEFINITE, MAJOR } from './cbor-grammar.js';
import { CborValueReader, CborValueWriter } from './cbor-values.js';
import type { BytesCodec } from '../list-codec.js';
import { binaryListCodec, type ListReader } from './binary-list.js';

class CborListReader extends CborGrammar implements ListReader {
  readonly #values = new CborValueReader();

  read(frame: Uint8Array): unknown[] {
    this.start(frame);
    try {
      if (frame.length === 0 || frame[0]! >> 5 !== MAJOR.List) throw notAMessage('the message is not a list');
      if (this.values(0, 1, 1) !== this.limit) throw malformed('something follows the message', this.limit);
      return this.#elements(frame);
    } finally {
      this.release();
    }
  }

  #elements(frame: Uint8Array): unknown[] {
    try {
      return this.#values.readAll(frame, 0, 1)[0] as unknown[];
    } catch {
      return this.#oneByOne(frame);
    }
  }

  /** So that one element that cannot be read does not take the others along. */
  #oneByOne(frame: Uint8Array): unknown[] {
    const list: unknown[] = [];
    const isIndefinite = (frame[0]! & 31) === INDEFINITE;
    let at = isIndefinite ? 1 : this.head(0);
    const count = isIndefinite ? Infinity : this.argument;
    while (list.length < count && !(isIndefinite && frame[at] === BREAK)) {
      try {
        list.push(this.#values.readAll(frame, at, 1)[0]);
      } catch (error) {
        list.push(error);
      }
      at = this.values(at, 1, 2);
    }
    return list;
  }
}

/**
 * Makes a list codec for `wamp.2.cbor`. One serves any number of sessions.
 * @throws RangeError if `maxDepth` is no integer from 4 to 512
 */
export function cborList(options: SerializerOptions = {}): BytesCodec {
  const maxDepth = checkedMaxDepth(options.maxDepth ?? DEFAULT_MAX_DEPTH);
  return {
    format: 'cbor',
    subprotocol: 'wamp.2.cbor',
    rawSocketId: 3,
    isBinary: true,
    ...binaryListCodec(new CborListReader(maxDepth, options.isUtf8), () => new CborValueWriter(maxDepth)),
  };
}
