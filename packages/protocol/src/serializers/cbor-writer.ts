/** Writes frames in CBOR. */
import type { Dict } from '../dict.js';
import { NOTHING_BEHIND, type FrameSink } from '../frame-sink.js';
import type { HeadWriter } from '../head-writer.js';
import { NO_PAYLOAD, type Payload, type PayloadCodec, type PayloadSpan } from '../payload.js';
import { assembleFrame, deliverFrame, type Allocate } from './frame-assembly.js';
import { CborValueWriter } from './cbor-values.js';

const INNER = 2;

export class CborWriter extends CborValueWriter implements HeadWriter {
  readonly #codec: PayloadCodec;
  readonly #allocate: Allocate;
  #payload: PayloadSpan = NO_PAYLOAD;

  constructor(codec: PayloadCodec, maxDepth: number, allocate: Allocate) {
    super(maxDepth);
    this.#codec = codec;
    this.#allocate = allocate;
  }

  span(payload: Payload): PayloadSpan {
    return payload.spanFor(this.#codec);
  }

  begin(kind: number, elements: number, payload: PayloadSpan): void {
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
    return assembleFrame(this, this.#taken(), NOTHING_BEHIND, this.#allocate);
  }

  finishInto(sink: FrameSink): number {
    return deliverFrame(this, this.#taken(), NOTHING_BEHIND, sink);
  }

  /** The payload, which is not to be held any longer than its frame. */
  #taken(): PayloadSpan {
    const payload = this.#payload;
    this.#payload = NO_PAYLOAD;
    return payload;
  }
}
