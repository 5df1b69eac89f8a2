/**
 * What the readers of values in MessagePack and CBOR share. They read bytes that were checked, so they look neither for
 * the end nor for broken forms; what they must not do all the same is recurse or allocate beyond what the bytes hold.
 */
import { ShortStrings } from '../short-strings.js';
import { decodeUtf8, viewOf } from '../utf8.js';

const NONE = new Uint8Array(0);
/** Up to here characters are taken one by one; the host's decoder has its price per call. */
const READ_BY_HAND = 16;

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
    let seen = 0;
    for (let next = from; next < to; next++) seen |= bytes[next]!;
    if (seen >= 0x80) return decodeUtf8(bytes, from, to);
    let text = '';
    let next = from;
    for (; next <= to - 4; next += 4) text += fourChars(bytes, next);
    for (; next < to; next++) text += String.fromCharCode(bytes[next]!);
    return text;
  }

  /** Reads so many bytes into memory of their own: the frame's memory may be used again. */
  protected binary(length: number): Uint8Array {
    const from = this.at;
    this.at = from + length;
    return new Uint8Array(viewOf(this.bytes, from, from + length));
  }

  /** Reads a key, which is text in most dictionaries. */
  protected abstract key(): unknown;

  protected dict(size: number): Entries {
    const entries: Record<string, unknown> = {};
    for (let index = 0; index < size; index++) {
      const key = this.key();
      if (typeof key !== 'string') return this.#mapFrom(entries, key, size - index);
      setOwn(entries, key, this.value());
    }
    return entries;
  }

  /** Goes on as a `Map` from a key that is no string. */
  #mapFrom(entries: Record<string, unknown>, key: unknown, left: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(entries));
    map.set(key, this.value());
    for (let index = 1; index < left; index++) map.set(this.key(), this.value());
    return map;
  }

  protected list(length: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(this.value());
    return items;
  }
}

/** What a dictionary is read into: a plain object, or a `Map` if a key is no string. */
export type Entries = Record<string, unknown> | Map<unknown, unknown>;

/** Assignment, but the key `__proto__` is data like any other. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

/** Four ASCII characters at once: one by one they would cost a string each. */
function fourChars(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
}
