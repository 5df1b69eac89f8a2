/**
 * Walks an application's value and tells a format what to write: which JavaScript values can travel, and as what. This is
 * the one place that decides it, so that a payload means the same in every format.
 *
 * - null, booleans, numbers, strings, lists and plain objects as themselves; `bigint` as integer;
 * - `undefined` as null in lists, and left out of dictionaries;
 * - views and `ArrayBuffer`s as byte strings;
 * - a `Map` as dictionary, a `Set` as list;
 * - an object with `toJSON` (a `Date`) as what that returns; other objects by their own enumerable keys;
 * - functions and symbols, cycles, and what is nested too deeply: PayloadError.
 */
import { ByteWriter } from './byte-writer.js';
import { PayloadError } from './payload-error.js';

export abstract class ValueWriter extends ByteWriter {
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    super();
    this.#maxDepth = maxDepth;
  }

  abstract nil(): void;
  abstract boolean(value: boolean): void;
  abstract number(value: number): void;
  /** @throws PayloadError if the format has no integer of that size */
  abstract bigint(value: bigint): void;
  abstract text(value: string): void;
  abstract binary(value: Uint8Array): void;
  protected abstract openList(length: number): void;
  protected abstract closeList(): void;
  protected abstract openDict(size: number): void;
  protected abstract closeDict(): void;
  /** Between two items of a list or dictionary. */
  protected abstract separate(): void;
  protected abstract key(key: string): void;
  /** A key of a `Map`, which may be no string. @throws PayloadError */
  protected abstract mapKey(key: unknown, depth: number): void;

  /**
   * Writes a value.
   * @param depth how deep a list or dictionary stands that is this value; the message's own list is 1
   * @throws PayloadError
   */
  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        break;
      case 'number':
        this.number(value);
        break;
      case 'boolean':
        this.boolean(value);
        break;
      case 'undefined':
        this.nil();
        break;
      case 'bigint':
        this.bigint(value);
        break;
      case 'object':
        if (value === null) this.nil();
        else this.#object(value, depth);
        break;
      default:
        throw new PayloadError(`a ${typeof value} cannot be sent`);
    }
  }

  #object(value: object, depth: number): void {
    if (depth > this.#maxDepth) {
      throw new PayloadError(`the payload has a cycle or is nested deeper than ${this.#maxDepth}`);
    }
    if (Array.isArray(value)) this.list(value, depth);
    else if (value instanceof Uint8Array) this.binary(value);
    else if (ArrayBuffer.isView(value)) {
      this.binary(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    } else if (value instanceof ArrayBuffer) this.binary(new Uint8Array(value));
    else if (hasToJson(value)) this.value(value.toJSON(), depth + 1);
    else if (value instanceof Map) this.#map(value, depth);
    else if (value instanceof Set) this.list([...(value as Set<unknown>)], depth);
    else this.entries(value as Record<string, unknown>, depth);
  }

  /** A list; its own depth is the caller's to check. */
  list(items: readonly unknown[], depth: number): void {
    const length = items.length;
    this.openList(length);
    for (let index = 0; index < length; index++) {
      if (index > 0) this.separate();
      this.value(items[index], depth + 1);
    }
    this.closeList();
  }

  /** A dictionary of an object's own enumerable keys; its own depth is the caller's to check. */
  entries(value: Readonly<Record<string, unknown>>, depth: number): void {
    const start = this.length;
    const keys = Object.keys(value);
    // Most dictionaries have nothing undefined in them, and the size comes first; the others are written anew.
    if (this.#pairs(keys, value, depth, false)) return;
    this.length = start;
    const defined = keys.filter((key) => value[key] !== undefined);
    this.#pairs(defined, value, depth, true);
  }

  /** @returns false if it stopped at an undefined value, which it does unless it shall write null for it */
  #pairs(
    keys: readonly string[],
    value: Readonly<Record<string, unknown>>,
    depth: number,
    undefinedToo: boolean,
  ): boolean {
    const size = keys.length;
    this.openDict(size);
    for (let index = 0; index < size; index++) {
      const key = keys[index]!;
      const item = value[key];
      if (item === undefined && !undefinedToo) return false;
      if (index > 0) this.separate();
      this.key(key);
      this.value(item, depth + 1);
    }
    this.closeDict();
    return true;
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): void {
    const entries = [...map].filter(([, value]) => value !== undefined);
    this.openDict(entries.length);
    entries.forEach(([key, value], index) => {
      if (index > 0) this.separate();
      this.mapKey(key, depth + 1);
      this.value(value, depth + 1);
    });
    this.closeDict();
  }
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
