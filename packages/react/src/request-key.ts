/**
 * When a request of a component is another one: URIs and values are compared by what they are, functions by the list of
 * what they depend on, as React does it.
 */
import { useRef } from 'react';

/** A value that changes exactly when one of the dependencies does; lists and dictionaries count by their content. */
export function useContentKey(dependencies: readonly unknown[]): number {
  const known = useRef({ text: '', key: 0 });
  const text = JSON.stringify(dependencies, (_name, value: unknown) =>
    typeof value === 'bigint' ? `${String(value)}n` : value instanceof Uint8Array ? [...value] : value,
  );
  if (known.current.text !== text) known.current = { text, key: known.current.key + 1 };
  return known.current.key;
}
