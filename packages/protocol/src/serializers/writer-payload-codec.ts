/**
 * What the payload codecs of all formats share: when they write, and that nothing but PayloadError comes out of them.
 */
import { EMPTY_DICT, type Dict } from '../dict.js';
import {
  PayloadError,
  type DecodedPayload,
  type EncodedPayload,
  type Format,
  type OpaqueValue,
  type PayloadCodec,
} from '../payload.js';
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
      if (Array.isArray(args)) {
        return { args, kwargs: (values[1] as Dict | undefined) ?? EMPTY_DICT, opaque: undefined };
      }
      return { args: [args], kwargs: EMPTY_DICT, opaque: args as OpaqueValue };
    } catch (error) {
      throw asPayloadError(error);
    }
  }

  encodePayload(args: readonly unknown[] | undefined, kwargs: Dict | undefined): EncodedPayload {
    return this.#written(kwargs === undefined ? 1 : 2, (writer) =>
      this.write(writer, args ?? NO_ARGS, kwargs),
    );
  }

  encodeOpaque(value: OpaqueValue): EncodedPayload {
    return this.#written(1, (writer) => writer.value(value, PAYLOAD_DEPTH));
  }

  #written(elements: 1 | 2, write: (writer: Writer) => void): EncodedPayload {
    const writer = this.#writer ?? this.#newWriter();
    this.#writer = undefined;
    try {
      writer.clear();
      write(writer);
      return { bytes: writer.taken(), elements };
    } catch (error) {
      throw asPayloadError(error);
    } finally {
      this.#writer = writer;
    }
  }

  /** The one or two elements as values. */
  protected abstract valuesOf(encoded: EncodedPayload): readonly unknown[];

  /** Writes Arguments and, if there are any, ArgumentsKw. */
  protected write(writer: Writer, args: readonly unknown[], kwargs: Dict | undefined): void {
    writer.value(args, PAYLOAD_DEPTH);
    if (kwargs !== undefined) writer.value(kwargs, PAYLOAD_DEPTH);
  }
}

/** Whatever a value provokes, from a `toJSON` that throws to memory that does not suffice, fails that payload. */
export function asPayloadError(error: unknown): PayloadError {
  if (error instanceof PayloadError) return error;
  const sentence = error instanceof Error ? error.message : String(error);
  return new PayloadError(`the payload cannot be expressed: ${sentence}`, { cause: error });
}
