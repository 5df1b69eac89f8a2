/** What the list codecs of MessagePack and CBOR share: when they write, and that only strings and bytes come in. */
import type { BytesCodec } from '../list-codec.js';
import { notAMessage } from '../head-reader.js';
import type { ValueWriter } from '../value-writer.js';
import { asPayloadError } from './writer-payload-codec.js';

export interface ListReader {
  /** @throws ProtocolViolation */
  read(frame: Uint8Array): unknown[];
}

export function binaryListCodec(
  reader: ListReader,
  newWriter: () => ValueWriter,
): Pick<BytesCodec, 'encodeList' | 'decodeList'> {
  let idle: ValueWriter | undefined = newWriter();
  return {
    encodeList(list) {
      // A value's `toJSON` or getter may come back here while the writer is in use.
      const writer = idle ?? newWriter();
      idle = undefined;
      try {
        writer.clear();
        writer.list(list, 1);
        return writer.taken();
      } catch (error) {
        throw asPayloadError(error);
      } finally {
        idle = writer;
      }
    },
    decodeList(frame) {
      if (typeof frame === 'string') throw notAMessage('the frame is text');
      return reader.read(frame);
    },
  };
}
