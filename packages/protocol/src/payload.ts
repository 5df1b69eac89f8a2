/**
 * The application's part of a message: arguments and keyword arguments.
 * A payload that came from a peer is the checked bytes of the frame's tail; it is decoded at most once and only when
 * somebody asks, and transcoded at most once per format. The router forwards it without looking.
 */
import { EMPTY_DICT, type Dict } from './dict.js';
import { viewOf } from './utf8.js';

export { PayloadError } from './payload-error.js';

/** Names of the serialization formats. */
export type Format = 'json' | 'msgpack' | 'cbor';

/** How many elements a payload adds to its message: none, Arguments, or Arguments and ArgumentsKw. */
export type PayloadElements = 0 | 1 | 2;

/** The payload's elements in one format. For JSON the two elements are joined by a comma, without brackets around. */
export interface EncodedPayload {
  readonly bytes: Uint8Array;
  readonly elements: PayloadElements;
}

/** Where the bytes of a payload's elements stand: `from` to `to` in `source`, which is the whole frame that they came in. */
export interface PayloadSpan {
  readonly source: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly elements: PayloadElements;
}

/** Translates payload bytes of one format to values and back. Every serializer brings one. */
export interface PayloadCodec {
  readonly format: Format;
  /** @throws PayloadError if the bytes hold a value that JavaScript cannot represent */
  decodePayload(encoded: EncodedPayload): DecodedPayload;
  /** @throws PayloadError if a value cannot be expressed in this format */
  encodePayload(args: readonly unknown[] | undefined, kwargs: Dict | undefined): EncodedPayload;
  /** One bare value instead of lists of arguments. @throws PayloadError */
  encodeOpaque(value: OpaqueValue): EncodedPayload;
}

/**
 * What may stand bare in the place of Arguments when options or details carry `enc_algo` (payload transparency, the
 * predecessor of payload passthru): bytes, or a string.
 */
export type OpaqueValue = Uint8Array | string;

export interface DecodedPayload {
  /** for an opaque payload the one value */
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

const NO_ARGS: readonly unknown[] = Object.freeze([]);

export class Payload {
  /** True if the payload is one bare value, and not lists of arguments. */
  readonly isOpaque: boolean;
  #args: readonly unknown[] | undefined;
  #kwargs: Dict | undefined;
  #decoded: boolean;
  #codec: PayloadCodec | undefined;
  #span: PayloadSpan | undefined;
  /** transcodings for peers of other formats, made once each */
  #transcoded: Map<Format, PayloadSpan> | undefined;

  private constructor(
    decoded: boolean,
    args: readonly unknown[] | undefined,
    kwargs: Dict | undefined,
    codec: PayloadCodec | undefined,
    span: PayloadSpan | undefined,
    isOpaque: boolean,
  ) {
    this.isOpaque = isOpaque;
    this.#args = args;
    this.#kwargs = kwargs;
    this.#decoded = decoded;
    this.#codec = codec;
    this.#span = span;
    this.#transcoded = undefined;
  }

  /**
   * A payload from values. Empty `kwargs` and, without kwargs, empty `args` are left out of the message.
   * Source: basic profile, "sender SHOULD leave out".
   */
  static of(args?: readonly unknown[], kwargs?: Dict): Payload {
    const hasKwargs = kwargs !== undefined && Object.keys(kwargs).length > 0;
    const hasArgs = args !== undefined && args.length > 0;
    if (!hasArgs && !hasKwargs) return EMPTY_PAYLOAD;
    return new Payload(true, args ?? NO_ARGS, hasKwargs ? kwargs : undefined, undefined, undefined, false);
  }

  /** A payload that is one bare value; the message's options or details must carry `enc_algo`. */
  static opaque(value: OpaqueValue): Payload {
    return new Payload(true, [value], undefined, undefined, undefined, true);
  }

  /** A payload from checked bytes. */
  static raw(codec: PayloadCodec, bytes: Uint8Array, elements: PayloadElements): Payload {
    if (elements === 0) return EMPTY_PAYLOAD;
    return Payload.rawSpan(codec, { source: bytes, from: 0, to: bytes.length, elements }, false);
  }

  /** An opaque payload from checked bytes. */
  static rawOpaque(codec: PayloadCodec, bytes: Uint8Array): Payload {
    return Payload.rawSpan(codec, { source: bytes, from: 0, to: bytes.length, elements: 1 }, true);
  }

  /** A payload from the checked bytes of a received frame. Serializers call this; no view of the bytes is made. */
  static rawSpan(codec: PayloadCodec, span: PayloadSpan, isOpaque: boolean): Payload {
    return new Payload(false, undefined, undefined, codec, span, isOpaque);
  }

  /** @internal the empty payload; use EMPTY_PAYLOAD */
  static none(): Payload {
    return new Payload(true, undefined, undefined, undefined, undefined, false);
  }

  /** True if the message carries neither Arguments nor ArgumentsKw. */
  get isEmpty(): boolean {
    return this === EMPTY_PAYLOAD;
  }

  /** The positional arguments; `[]` if there are none. @throws PayloadError */
  get args(): readonly unknown[] {
    if (!this.#decoded) this.#decode();
    return this.#args ?? NO_ARGS;
  }

  /** The keyword arguments; `{}` if there are none. @throws PayloadError */
  get kwargs(): Dict {
    if (!this.#decoded) this.#decode();
    return this.#kwargs ?? EMPTY_DICT;
  }

  /** The bare value of an opaque payload (also the one element of `args`); undefined for all others. @throws PayloadError */
  get opaque(): OpaqueValue | undefined {
    return this.isOpaque ? (this.args[0] as OpaqueValue) : undefined;
  }

  /** The format of the bytes that this payload came in; undefined if it was made from values. */
  get format(): Format | undefined {
    return this.#codec?.format;
  }

  /** Bytes of the received form; 0 if the payload was made from values and not encoded yet. */
  get byteLength(): number {
    return this.#span === undefined ? 0 : this.#span.to - this.#span.from;
  }

  /**
   * The payload's elements in the codec's format: the received bytes if the format is the same, else an encoding that
   * is made once and kept.
   * @throws PayloadError if a value cannot be expressed in that format
   */
  encodedFor(codec: PayloadCodec): EncodedPayload {
    return encodedOf(this.spanFor(codec));
  }

  /**
   * The same as `encodedFor`, without a view of the bytes.
   * @throws PayloadError if a value cannot be expressed in that format
   */
  spanFor(codec: PayloadCodec): PayloadSpan {
    const own = this.#span;
    if (own !== undefined && this.#codec !== undefined && this.#codec.format === codec.format) return own;
    if (this === EMPTY_PAYLOAD) return NO_PAYLOAD;
    const known = this.#transcoded?.get(codec.format);
    if (known !== undefined) return known;
    if (!this.#decoded) this.#decode();
    const opaque = this.opaque;
    const { bytes, elements } =
      opaque === undefined ? codec.encodePayload(this.#args, this.#kwargs) : codec.encodeOpaque(opaque);
    const span: PayloadSpan = { source: bytes, from: 0, to: bytes.length, elements };
    (this.#transcoded ??= new Map()).set(codec.format, span);
    return span;
  }

  /**
   * Makes the payload independent of the frame that it came in, by copying the bytes. To be called before a payload is
   * kept beyond the dispatch of its message (queued, retained, parked), so that it does not hold on to the socket's chunk.
   * @returns this
   */
  detach(): this {
    const span = this.#span;
    if (span !== undefined && span.to - span.from < span.source.buffer.byteLength) {
      const { source, from, to, elements } = span;
      this.#span = { source: new Uint8Array(viewOf(source, from, to)), from: 0, to: to - from, elements };
    }
    return this;
  }

  #decode(): void {
    if (this.#codec === undefined || this.#span === undefined) return;
    const decoded = this.#codec.decodePayload(encodedOf(this.#span));
    this.#args = decoded.args;
    // An empty dictionary would be written again as an element, in another format.
    this.#kwargs = decoded.kwargs === EMPTY_DICT ? undefined : decoded.kwargs;
    this.#decoded = true;
  }
}

/** Where no elements stand. */
export const NO_PAYLOAD: PayloadSpan = Object.freeze({
  source: new Uint8Array(0),
  from: 0,
  to: 0,
  elements: 0,
});

function encodedOf({ source, from, to, elements }: PayloadSpan): EncodedPayload {
  const isWhole = from === 0 && to === source.length;
  return { bytes: isWhole ? source : viewOf(source, from, to), elements };
}

/** The payload of a message that carries none. */
export const EMPTY_PAYLOAD: Payload = Payload.none();
