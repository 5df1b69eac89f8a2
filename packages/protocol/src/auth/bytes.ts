/** Bytes as text, in the two forms that authentication messages use. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export { decodeBase64, encodeBase64 } from '../base64.js';

/** Lower-case hexadecimal digits of the bytes. */
export function encodeHex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/** The bytes of hexadecimal digits; undefined if the text is none. */
export function decodeHex(text: string): Uint8Array | undefined {
  return /^([0-9a-fA-F]{2})*$/.test(text) ? hexToBytes(text) : undefined;
}
