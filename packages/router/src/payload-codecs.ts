/**
 * The codecs of all formats that sessions of a realm may speak: kept payloads are written and read by them. Owns the list
 * only.
 */
import type { Format, PayloadCodec } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { json } from '@wamp/protocol/json';
import { msgpack } from '@wamp/protocol/msgpack';

const CODEC_OF: Readonly<Record<Format, PayloadCodec>> = {
  cbor: cbor().payloadCodec,
  msgpack: msgpack().payloadCodec,
  json: json().payloadCodec,
};

/** CBOR first, which can express every value that a payload of the router itself may hold. */
export const PAYLOAD_CODECS: readonly PayloadCodec[] = [CODEC_OF.cbor, CODEC_OF.msgpack, CODEC_OF.json];

/** The codec of a session's format. */
export function codecOf(format: Format): PayloadCodec {
  return CODEC_OF[format];
}
