/** Writes frames in JSON. */
import type { Dict } from '../dict.js';
import type { FrameSink } from '../frame-sink.js';
import type { HeadWriter } from '../head-writer.js';
import { NO_PAYLOAD, type Payload, type PayloadCodec, type PayloadSpan } from '../payload.js';
import { assembleFrame, deliverFrame, type Allocate } from './frame-assembly.js';
import { JsonValueWriter } from './json-values.js';

const COMMA = 0x2c;
const CLOSE_LIST = 0x5d;
const INNER = 2;

export class JsonWriter extends JsonValueWriter implements HeadWriter {
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

  begin(kind: number, _elements: number, payload: PayloadSpan): void {
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
    return assembleFrame(this, this.#taken(), CLOSE_LIST, this.#allocate);
  }

  finishInto(sink: FrameSink): number {
    return deliverFrame(this, this.#taken(), CLOSE_LIST, sink);
  }

  /** The payload, which is not to be held any longer than its frame. */
  #taken(): PayloadSpan {
    const payload = this.#payload;
    this.#payload = NO_PAYLOAD;
    if (payload.elements > 0) this.byte(COMMA);
    return payload;
  }
}
