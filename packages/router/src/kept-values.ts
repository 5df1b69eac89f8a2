/**
 * Values of a peer that outlive the frame they came in: testaments, session details. Keeps them encoded, so that what
 * they take is known and bounded. Owns no limits.
 */
import { Payload, type Dict } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';

const { payloadCodec } = cbor();

/**
 * A copy that is independent of any frame; its `byteLength` is what it takes.
 * @throws PayloadError if a value cannot be expressed
 */
export function keep(args?: readonly unknown[], kwargs?: Dict): Payload {
  const { bytes, elements } = Payload.of(args, kwargs).encodedFor(payloadCodec);
  return Payload.raw(payloadCodec, bytes, elements).detach();
}
