/** The last step of writing: head, payload and end become one frame, in memory that the host may lend. */
import { copyInto, type ByteWriter } from '../byte-writer.js';
import type { EncodedPayload } from '../payload.js';
import { viewOf } from '../utf8.js';

/** Lends memory of at least so many bytes. */
export type Allocate = (bytes: number) => Uint8Array;

export function allocateNew(bytes: number): Uint8Array {
  return new Uint8Array(bytes);
}

/** @param closing bytes to leave room for behind the payload */
export function assembleFrame(
  head: ByteWriter,
  payload: EncodedPayload,
  closing: number,
  allocate: Allocate,
): Uint8Array {
  const tail = payload.bytes;
  const size = head.length + tail.length + closing;
  const lent = allocate(size);
  const frame = lent.length === size ? lent : viewOf(lent, 0, size);
  copyInto(head.bytes, head.length, frame, 0);
  if (tail.length > 0) copyInto(tail, tail.length, frame, head.length);
  return frame;
}
