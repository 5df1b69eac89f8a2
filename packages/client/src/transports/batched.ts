/**
 * The batched WebSocket subprotocols: messages of one turn travel in one frame. Owns the offer; the batches are the protocol's part.
 * Source: advanced profile, "Batched WebSocket Transport".
 */
import { BatchedTransport, type BatchHost, type ListCodec } from '@wamp/protocol';
import type { Offer } from './open-options.js';

/**
 * For the `serializers` option of `connect`: offers the batched subprotocol of a serializer. Over other transports than WebSocket it is the
 * serializer itself.
 */
export function batched(serializer: ListCodec): Offer {
  return {
    format: serializer.format,
    subprotocol: `${serializer.subprotocol}.batched`,
    rawSocketId: serializer.rawSocketId,
    isBinary: serializer.isBinary,
    encodeList: (list) => serializer.encodeList(list),
    decodeList: (frame) => serializer.decodeList(frame),
    wrap: (inner) => new BatchedTransport<ListCodec>(inner, serializer, HOST),
  };
}

const HOST: BatchHost = {
  allocate: (bytes) => new Uint8Array(bytes),
  flushSoon: (link) => queueMicrotask(() => link.flush()),
  later: (callback) => void setTimeout(callback, 0),
};
