/**
 * What a serializer is: frames to messages and back. The three of them live in `serializers/`.
 */
import type { FrameSink } from './frame-sink.js';
import type { BytesCodec } from './list-codec.js';
import type { Message } from './messages.js';
import type { PayloadCodec } from './payload.js';
import type { JsonCheck } from './serializers/json-check.js';

/** Ids of the serializers in the RawSocket handshake. */
export type RawSocketSerializerId = 1 | 2 | 3;

export interface Serializer extends BytesCodec {
  readonly payloadCodec: PayloadCodec;
  /**
   * Reads one message. The payload keeps a view of `frame`.
   * The whole frame is checked: form, UTF-8, nesting depth, nothing behind it.
   * @throws ProtocolViolation and nothing else
   */
  decode(frame: Uint8Array): Message;
  /**
   * Writes one message.
   * @throws PayloadError if the payload cannot be expressed in this format
   */
  encode(message: Message): Uint8Array;
  /**
   * Writes one message and gives the frame to the sink, unless it is longer than the sink takes.
   * @returns the frame's length
   * @throws PayloadError if the payload cannot be expressed in this format; whatever the sink throws
   */
  encodeInto(message: Message, sink: FrameSink): number;
}

/** What a host may lend to a serializer. Everything has a portable default. */
export interface SerializerOptions {
  /** Deepest nesting of lists and dictionaries in a message, the message's own list counted. Default 64. */
  readonly maxDepth?: number;
  /** Takes memory of at least this many bytes; need not be zeroed. Default `new Uint8Array(n)`. Node lends `Buffer.allocUnsafe`. */
  readonly allocate?: (bytes: number) => Uint8Array;
  /** Tells whether bytes are valid UTF-8; used for long strings. Node lends `buffer.isUtf8`. */
  readonly isUtf8?: (bytes: Uint8Array) => boolean;
  /** For JSON: checks long payloads faster; the one of `@wamp/protocol/json-check`, made for this serializer alone. */
  readonly jsonCheck?: JsonCheck | undefined;
}

/** Default of {@link SerializerOptions.maxDepth}: deeper data is hardly ever sent on purpose, and recursion stays harmless. */
export const DEFAULT_MAX_DEPTH = 64;
