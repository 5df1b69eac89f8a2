/**
 * How the encoder of messages writes a frame, whatever its format. A writer owns one frame at a time, from `begin` to
 * `finish` or `finishInto`; it collects the head in memory of its own, and head and payload are copied once into the frame.
 */
import type { Dict } from './dict.js';
import type { FrameSink } from './frame-sink.js';
import type { Payload, PayloadSpan } from './payload.js';

export interface HeadWriter {
  /** The payload's bytes in the writer's format. @throws PayloadError */
  span(payload: Payload): PayloadSpan;
  /**
   * Starts a message.
   * @param elements how many elements come before the payload, the kind counted
   */
  begin(kind: number, elements: number, payload: PayloadSpan): void;
  /** An id or another integer in 0..2^53. */
  integer(value: number): void;
  string(value: string | null): void;
  /** @throws PayloadError if a value cannot be expressed */
  dict(value: Dict): void;
  /** Head and payload as one frame. */
  finish(): Uint8Array;
  /** Gives head and payload to the sink, unless they are longer than it takes. @returns the frame's length */
  finishInto(sink: FrameSink): number;
}
