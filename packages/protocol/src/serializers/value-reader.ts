/**
 * What the readers of values in MessagePack and CBOR share. They read bytes that were checked, so they look neither for
 * the end nor for broken forms; what they must not do all the same is recurse or allocate beyond what the bytes hold.
 */
import { ShortStrings } from '../short-strings.js';
import { decodeUtf8, viewOf } from '../utf8.js';

const NONE = new Uint8Array(0);
/** Up to here characters are taken one by one; the host's decoder has its price per call. */
const READ_BY_HAND = 12;

export abstract class ValueReader {
  protected bytes: Uint8Array = NONE;
  protected at = 0;
  readonly #keys = new ShortStrings();

  /** Reads so many values that stand one behind the other. */
  readAll(bytes: Uint8Array, from: number, count: number): unknown[] {
    this.bytes = bytes;
    this.at = from;
    try {
      const values: unknown[] = [];
      for (let index = 0; index < count; index++) values.push(this.value());
      return values;
    } finally {
      this.bytes = NONE;
    }
  }

  /** Reads one value. */
  protected abstract value(): unknown;

  /** Reads a string of so many bytes, and remembers it for the next time if it is short. */
  protected keyText(length: number): string {
    const from = this.at;
    this.at = from + length;
    return this.#keys.read(this.bytes, from, from + length);
  }

  /** Reads a string of so many bytes. */
  protected text(length: number): string {
    const { bytes, at: from } = this;
    const to = from + length;
    this.at = to;
    if (length > READ_BY_HAND) return decodeUtf8(bytes, from, to);
    let text = '';
    for (let next = from; next < to; next++) {
      const byte = bytes[next]!;
      if (byte >= 0x80) return decodeUtf8(bytes, from, to);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Reads so many bytes into memory of their own: the frame's memory may be used again. */
  protected binary(length: number): Uint8Array {
    const from = this.at;
    this.at = from + length;
    return new Uint8Array(viewOf(this.bytes, from, from + length));
  }

  protected list(length: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(this.value());
    return items;
  }
}

/** What a dictionary is read into: a plain object, or a `Map` once a key is no string. */
export type Entries = Record<string, unknown> | Map<unknown, unknown>;

/** Puts an entry in and gives back where the next one goes. */
export function withEntry(entries: Entries, key: unknown, value: unknown): Entries {
  if (entries instanceof Map) entries.set(key, value);
  else if (typeof key === 'string') setOwn(entries, key, value);
  else return new Map<unknown, unknown>(Object.entries(entries)).set(key, value);
  return entries;
}

/** Assignment, but the key `__proto__` is data like any other. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}
