/**
 * What a peer needs of a serializer that looks at every payload anyway: messages as plain lists, with no heads, no raw
 * payloads and no classes in between. Clients use it, because it is small.
 */
import type { Format } from './payload.js';
import type { RawSocketSerializerId } from './serializer.js';

export interface ListCodec {
  readonly format: Format;
  /** WebSocket subprotocol, for example `wamp.2.json` */
  readonly subprotocol: string;
  readonly rawSocketId: RawSocketSerializerId;
  /** true if frames are binary WebSocket messages, false if text */
  readonly isBinary: boolean;
  /**
   * Writes one message. A string, where the format is text and the host has no cheap way to bytes.
   * @throws PayloadError if a value cannot be expressed in this format
   */
  encodeList(list: readonly unknown[]): Uint8Array | string;
  /**
   * Reads one message. An element that is well-formed but has no meaning in JavaScript is an Error in its place.
   * @throws Error for everything that is no well-formed list; which elements it has to have is for others to check
   */
  decodeList(frame: Uint8Array | string): unknown[];
}

/** A list codec that writes nothing but bytes. */
export interface BytesCodec extends ListCodec {
  encodeList(list: readonly unknown[]): Uint8Array;
}
