/** The last step of writing: head, payload and end become one frame, in memory that the host may lend, or go into a sink. */
import type { ByteWriter } from '../byte-writer.js';
import { copyBytes } from '../copy-bytes.js';
import { NOTHING_BEHIND, type FrameSink } from '../frame-sink.js';
import type { PayloadSpan } from '../payload.js';
import { viewOf } from '../utf8.js';

/** Lends memory of at least so many bytes. */
export type Allocate = (bytes: number) => Uint8Array;

export function allocateNew(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/** @param closing the byte behind the payload, or NOTHING_BEHIND */
export function assembleFrame(
  head: ByteWriter,
  payload: PayloadSpan,
  closing: number,
  allocate: Allocate,
): Uint8Array {
  const size = frameLength(head, payload, closing);
  const lent = allocate(size);
  const frame = lent.length === size ? lent : viewOf(lent, 0, size);
  const { source, from, to } = payload;
  copyBytes(head.bytes, 0, head.length, frame, 0);
  if (to > from) copyBytes(source, from, to, frame, head.length);
  if (closing !== NOTHING_BEHIND) frame[size - 1] = closing;
  return frame;
}

/** Gives the frame to the sink, unless it is longer than the sink takes. @returns its length */
export function deliverFrame(
  head: ByteWriter,
  payload: PayloadSpan,
  closing: number,
  sink: FrameSink,
): number {
  const size = frameLength(head, payload, closing);
  if (size <= sink.maxSendBytes) {
    sink.sendPieces(head.bytes, head.length, payload.source, payload.from, payload.to, closing);
  }
  return size;
}

function frameLength(head: ByteWriter, payload: PayloadSpan, closing: number): number {
  return head.length + (payload.to - payload.from) + (closing === NOTHING_BEHIND ? 0 : 1);
}
