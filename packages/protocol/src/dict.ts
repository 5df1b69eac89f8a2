/** Dictionaries as they stand in messages: string keys, any values. */
export type Dict = Readonly<Record<string, unknown>>;

/** The one empty dictionary. Readers return it for `{}`, so that "no options" is an identity check. */
export const EMPTY_DICT: Dict = Object.freeze({});

/** True for a plain dictionary: an object that is no list and no byte string. */
export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
