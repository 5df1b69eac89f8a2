/** What any other host lends to the serializers: nothing. Text stays text, which is what a native WebSocket takes. */
import type { SerializerOptions } from '@wamp/protocol';

export const HOST: SerializerOptions = {};

export function encodeText(text: string): Uint8Array | string {
  return text;
}

/** @throws Error for bytes that are no UTF-8 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
