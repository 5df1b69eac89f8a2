/**
 * Payload passthru mode: whether a message uses it, and copying its attributes. Never looks at the payload itself.
 * Source: advanced profile, "Payload Passthru Mode".
 */
import { EMPTY_DICT, type Dict } from './dict.js';

/** The last three are those of payload transparency, the predecessor that Crossbar.io and Autobahn speak. */
const ATTRIBUTES = [
  'ppt_scheme',
  'ppt_serializer',
  'ppt_cipher',
  'ppt_keyid',
  'enc_algo',
  'enc_key',
  'enc_serializer',
] as const;

/** True if the options or details say that the payload is passed thru: `ppt_scheme` is there and not empty. */
export function isPassthru(options: Dict): boolean {
  if (options === EMPTY_DICT) return false;
  const scheme = options['ppt_scheme'];
  return typeof scheme === 'string' && scheme !== '';
}

/**
 * True if the options or details say how the payload is to be read, so that they must travel with it: payload passthru, or
 * payload transparency (`enc_algo`), which is forwarded without being announced.
 */
export function describesPayload(options: Dict): boolean {
  return options !== EMPTY_DICT && (isPassthru(options) || typeof options['enc_algo'] === 'string');
}

/** Copies the attributes that are present. */
export function copyPassthru(from: Dict, to: Record<string, unknown>): void {
  for (const key of ATTRIBUTES) {
    const value = from[key];
    if (value !== undefined) to[key] = value;
  }
}
