/**
 * JSON for the `serializers` option of `connect`: messages as lists, by JSON.stringify and JSON.parse wherever they say what
 * WAMP says. What may travel, and as what, is the same as in the serializers of @wamp/protocol.
 * Source: WAMP basic profile, "Serializers", "Binary conversion of JSON Strings".
 */
import type { ListCodec, SerializerOptions } from '@wamp/protocol';
import { decodeText, encodeText } from '#host';

const DEFAULT_MAX_DEPTH = 64;

/** A list codec for `wamp.2.json`. It keeps no state of a connection and may be shared. */
export function json({ maxDepth = DEFAULT_MAX_DEPTH }: Pick<SerializerOptions, 'maxDepth'> = {}): ListCodec {
  return {
    format: 'json',
    subprotocol: 'wamp.2.json',
    rawSocketId: 1,
    isBinary: false,
    encodeList: (list) =>
      encodeText(isPlain(list, maxDepth) ? JSON.stringify(list) : written(list, maxDepth)),
    decodeList(frame) {
      const text = typeof frame === 'string' ? frame : decodeText(frame);
      const list = JSON.parse(text) as unknown[];
      if (!Array.isArray(list)) throw new TypeError('the message is not a list');
      // Without this escape no string can begin with U+0000: the bare character is not allowed.
      return text.includes('\\u0000') ? (withBytes(list) as unknown[]) : list;
    },
  };
}

/** True if JSON.stringify says of a value what `written` would, and nothing would be lost or refused. */
function isPlain(value: unknown, depthLeft: number): boolean {
  if (typeof value !== 'object') {
    return typeof value !== 'bigint' && typeof value !== 'function' && typeof value !== 'symbol';
  }
  if (value === null) return true;
  if (depthLeft === 0) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      if (!isPlain(value[index], depthLeft - 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depthLeft - 1)) return false;
  return true;
}

function written(value: unknown, depthLeft: number): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`a ${typeof value} cannot be sent`);
  }
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depthLeft === 0) throw new RangeError('the payload has a cycle or is nested too deeply');
  const item = (each: unknown): string => written(each, depthLeft - 1);
  if (ArrayBuffer.isView(value))
    return binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof ArrayBuffer) return binary(new Uint8Array(value));
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return item((value as { toJSON: () => unknown }).toJSON());
  if (Array.isArray(value) || value instanceof Set) return `[${Array.from(value as unknown[], item).join()}]`;
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${JSON.stringify(keyFrom(key))}:${item(each)}`)
    .join()}}`;
}

/** Numbers become their digits; JSON has no other keys. */
function keyFrom(key: unknown): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return key.toString();
  throw new TypeError('JSON has no keys but strings');
}

function binary(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `"\\u0000${btoa(text)}"`;
}

/** Replaces strings that stand for bytes, in place; keys are left alone. A string that is no base64 stays one. */
function withBytes(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('\0') && value.length % 4 === 1) {
    try {
      return Uint8Array.from(atob(value.slice(1)), (character) => character.charCodeAt(0));
    } catch {
      return value;
    }
  }
  if (typeof value === 'object' && value !== null) {
    // Lists too are walked by their keys. The keys are own ones, so a `__proto__` among them is plain data.
    const holder = value as Record<string, unknown>;
    for (const key of Object.keys(holder)) holder[key] = withBytes(holder[key]);
  }
  return value;
}
