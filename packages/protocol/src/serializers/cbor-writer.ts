/** Writes frames in CBOR. */
import type { Dict } from '../dict.js';
import type { HeadWriter } from '../head-writer.js';
import { EMPTY_PAYLOAD, type EncodedPayload, type Payload, type PayloadCodec } from '../payload.js';
import { assembleFrame, type Allocate } from './frame-assembly.js';
import { CborValueWriter } from './cbor-values.js';

const INNER = 2;

export class CborWriter extends CborValueWriter implements HeadWriter {
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

  begin(kind: number, elements: number, payload: EncodedPayload): void {
    this.clear();
    this.#payload = payload;
    this.openList(elements + payload.elements);
    this.natural(kind);
  }

  integer(value: number): void {
    this.natural(value);
  }

  string(value: string | null): void {
    if (value === null) this.nil();
    else this.text(value);
  }

  dict(value: Dict): void {
    this.entries(value, INNER);
  }

  finish(): Uint8Array {
    const payload = this.#payload;
    this.#payload = EMPTY_PAYLOAD.encodedFor(this.#codec);
    return assembleFrame(this, payload, 0, this.#allocate);
  }
}
