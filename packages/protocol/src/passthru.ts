/**
 * Payload passthru mode: whether a message uses it, and copying its attributes. Never looks at the payload.
 * Source: advanced profile, "Payload Passthru Mode".
 */
import { EMPTY_DICT, type Dict } from './dict.js';

const ATTRIBUTES = ['ppt_scheme', 'ppt_serializer', 'ppt_cipher', 'ppt_keyid'] as const;

/** True if the options or details say that the payload is passed thru: `ppt_scheme` is there and not empty. */
export function isPassthru(options: Dict): boolean {
  if (options === EMPTY_DICT) return false;
  const scheme = options['ppt_scheme'];
  return typeof scheme === 'string' && scheme !== '';
}

/** Copies the attributes that are present. */
export function copyPassthru(from: Dict, to: Record<string, unknown>): void {
  for (const key of ATTRIBUTES) {
    const value = from[key];
    if (value !== undefined) to[key] = value;
  }
}
