/** What Node lends to the serializers: its own conversion between text and bytes, and its check of UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { SerializerOptions } from '@wamp/protocol';

export const HOST: SerializerOptions = { isUtf8: (bytes) => isUtf8(bytes) };

export function encodeText(text: string): Uint8Array | string {
  return Buffer.from(text);
}

/** @throws Error for bytes that are no UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new TypeError('the message is not valid UTF-8');
  return (
    Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  ).toString();
}
