/**
 * What the payload codecs of all formats share: when they write, and that nothing but PayloadError comes out of them.
 */
import { EMPTY_DICT, type Dict } from '../dict.js';
import { PayloadError } from '../payload-error.js';
import type { DecodedPayload, EncodedPayload, Format, OpaqueValue, PayloadCodec } from '../payload.js';
import type { ValueWriter } from '../value-writer.js';

/** Depth of Arguments and ArgumentsKw: the message's own list is 1. */
export const PAYLOAD_DEPTH = 2;

const NO_ARGS: readonly unknown[] = Object.freeze([]);

export abstract class WriterPayloadCodec<Writer extends ValueWriter> implements PayloadCodec {
  readonly format: Format;
  readonly #newWriter: () => Writer;
  /** undefined while it is in use: a value's `toJSON` or getter may come back here */
  #writer: Writer | undefined;

  constructor(format: Format, newWriter: () => Writer) {
    this.format = format;
    this.#newWriter = newWriter;
    this.#writer = newWriter();
  }

  decodePayload(encoded: EncodedPayload): DecodedPayload {
    try {
      const values = this.valuesOf(encoded);
      const args = values[0];
      // Only an opaque payload is no list.
      if (!Array.isArray(args)) return { args: [args], kwargs: EMPTY_DICT };
      return { args, kwargs: (values[1] as Dict | undefined) ?? EMPTY_DICT };
    } catch (error) {
      throw asPayloadError(error);
    }
  }

  encodePayload(args: readonly unknown[] | undefined, kwargs: Dict | undefined): EncodedPayload {
    try {
      return { bytes: this.bytesOf(args ?? NO_ARGS, kwargs), elements: kwargs === undefined ? 1 : 2 };
    } catch (error) {
      throw asPayloadError(error);
    }
  }

  encodeOpaque(value: OpaqueValue): EncodedPayload {
    return { bytes: this.written((writer) => writer.value(value, PAYLOAD_DEPTH)), elements: 1 };
  }

  /** The one or two elements as values. */
  protected abstract valuesOf(encoded: EncodedPayload): readonly unknown[];

  /** Arguments and, if there are any, ArgumentsKw as bytes. */
  protected bytesOf(args: readonly unknown[], kwargs: Dict | undefined): Uint8Array {
    return this.written((writer) => {
      writer.value(args, PAYLOAD_DEPTH);
      if (kwargs !== undefined) writer.value(kwargs, PAYLOAD_DEPTH);
    });
  }

  /** What is written, in memory of its own. */
  protected written(write: (writer: Writer) => void): Uint8Array {
    const writer = this.#writer ?? this.#newWriter();
    this.#writer = undefined;
    try {
      writer.clear();
      write(writer);
      return writer.taken();
    } finally {
      this.#writer = writer;
    }
  }
}

/** Whatever a value provokes, from a `toJSON` that throws to memory that does not suffice, fails that payload. */
export function asPayloadError(error: unknown): PayloadError {
  if (error instanceof PayloadError) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new PayloadError(`the payload cannot be expressed: ${sentence}`, { cause: error });
}
