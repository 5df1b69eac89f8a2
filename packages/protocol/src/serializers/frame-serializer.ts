/**
 * What the three serializers have in common: they put a format's reader and writer to work and see to it that nothing but
 * the promised errors comes out.
 */
import type { FrameSink } from '../frame-sink.js';
import type { HeadReader } from '../head-reader.js';
import type { HeadWriter } from '../head-writer.js';
import { decodeMessage } from '../message-decoder.js';
import type { BytesCodec } from '../list-codec.js';
import { encodeMessage } from '../message-encoder.js';
import type { Message } from '../messages.js';
import type { Format, PayloadCodec } from '../payload.js';
import { ProtocolViolation } from '../protocol-violation.js';
import type { RawSocketSerializerId, Serializer } from '../serializer.js';
import { asPayloadError } from './writer-payload-codec.js';

/** The parts of one format. */
export interface FormatParts {
  readonly format: Format;
  readonly subprotocol: string;
  readonly rawSocketId: RawSocketSerializerId;
  readonly isBinary: boolean;
  readonly payloadCodec: PayloadCodec;
  readonly reader: HeadReader;
  readonly newWriter: () => HeadWriter;
  /** makes what reads and writes messages as lists; most users need none */
  readonly newLists: () => Lists;
}

/** The part of a list codec that is not the same for all of a format. */
type Lists = Pick<BytesCodec, 'encodeList' | 'decodeList'>;

export class FrameSerializer implements Serializer {
  readonly format: Format;
  readonly subprotocol: string;
  readonly rawSocketId: RawSocketSerializerId;
  readonly isBinary: boolean;
  readonly payloadCodec: PayloadCodec;
  readonly #reader: HeadReader;
  readonly #newWriter: () => HeadWriter;
  readonly #newLists: () => Lists;
  #lists: Lists | undefined = undefined;
  /** undefined while it is in use */
  #writer: HeadWriter | undefined;

  constructor(parts: FormatParts) {
    this.format = parts.format;
    this.subprotocol = parts.subprotocol;
    this.rawSocketId = parts.rawSocketId;
    this.isBinary = parts.isBinary;
    this.payloadCodec = parts.payloadCodec;
    this.#reader = parts.reader;
    this.#newWriter = parts.newWriter;
    this.#writer = parts.newWriter();
    this.#newLists = parts.newLists;
  }

  decode(frame: Uint8Array): Message {
    const reader = this.#reader;
    try {
      reader.open(frame);
      return decodeMessage(reader);
    } catch (error) {
      throw asViolation(error);
    } finally {
      reader.release();
    }
  }

  encode(message: Message): Uint8Array {
    return this.#written(message).finish();
  }

  encodeInto(message: Message, sink: FrameSink): number {
    return this.#written(message).finishInto(sink);
  }

  /** A writer that holds the message, to be finished at once. */
  #written(message: Message): HeadWriter {
    // A value's `toJSON` or getter may come back here while the writer is in use.
    const writer = this.#writer ?? this.#newWriter();
    this.#writer = undefined;
    try {
      encodeMessage(writer, message);
      return writer;
    } catch (error) {
      throw asPayloadError(error);
    } finally {
      this.#writer = writer;
    }
  }

  encodeList(list: readonly unknown[]): Uint8Array {
    return (this.#lists ??= this.#newLists()).encodeList(list);
  }

  decodeList(frame: Uint8Array | string): unknown[] {
    try {
      return (this.#lists ??= this.#newLists()).decodeList(frame);
    } catch (error) {
      throw asViolation(error);
    }
  }
}

/** Whatever a frame provokes is the violation of the peer that sent it. */
function asViolation(error: unknown): ProtocolViolation {
  if (error instanceof ProtocolViolation) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new ProtocolViolation('malformed', `the message cannot be read: ${sentence}`);
}
