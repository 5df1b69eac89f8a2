/**
 * How the encoder of messages writes a frame, whatever its format. A writer owns one frame at a time, from `begin` to
 * `finish`; it collects the head in memory of its own and copies head and payload once into the frame.
 */
import type { Dict } from './dict.js';
import type { EncodedPayload, Payload } from './payload.js';

export interface HeadWriter {
  /** The payload's bytes in the writer's format. @throws PayloadError */
  encoded(payload: Payload): EncodedPayload;
  /**
   * Starts a message.
   * @param elements how many elements come before the payload, the kind counted
   */
  begin(kind: number, elements: number, payload: EncodedPayload): void;
  /** An id or another integer in 0..2^53. */
  integer(value: number): void;
  string(value: string | null): void;
  /** @throws PayloadError if a value cannot be expressed */
  dict(value: Dict): void;
  /** Head and payload as one frame. */
  finish(): Uint8Array;
}
