/** Writes frames in JSON. */
import type { Dict } from '../dict.js';
import type { HeadWriter } from '../head-writer.js';
import { EMPTY_PAYLOAD, type EncodedPayload, type Payload, type PayloadCodec } from '../payload.js';
import { assembleFrame, type Allocate } from './frame-assembly.js';
import { JsonValueWriter } from './json-values.js';

const COMMA = 0x2c;
const INNER = 2;

export class JsonWriter extends JsonValueWriter implements HeadWriter {
  readonly #codec: PayloadCodec;
  readonly #allocate: Allocate;
  #payload: EncodedPayload;

  constructor(codec: PayloadCodec, maxDepth: number, allocate: Allocate) {
    super(maxDepth);
    this.#codec = codec;
    this.#allocate = allocate;
    this.#payload = EMPTY_PAYLOAD.encodedFor(codec);
  }

  encoded(payload: Payload): EncodedPayload {
    return payload.encodedFor(this.#codec);
  }

  begin(kind: number, _elements: number, payload: EncodedPayload): void {
    this.clear();
    this.#payload = payload;
    this.byte(0x5b);
    this.natural(kind);
  }

  integer(value: number): void {
    this.byte(COMMA);
    this.natural(value);
  }

  string(value: string | null): void {
    this.byte(COMMA);
    if (value === null) this.nil();
    else this.text(value);
  }

  dict(value: Dict): void {
    this.byte(COMMA);
    this.entries(value, INNER);
  }

  finish(): Uint8Array {
    const payload = this.#payload;
    this.#payload = EMPTY_PAYLOAD.encodedFor(this.#codec);
    if (payload.elements > 0) this.byte(COMMA);
    const frame = assembleFrame(this, payload, 1, this.#allocate);
    frame[frame.length - 1] = 0x5d;
    return frame;
  }
}
