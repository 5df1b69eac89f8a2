/**
 * Payload passthru mode: whether a publication uses it, and copying its attributes. Never looks at the payload.
 * Source: advanced profile, "Payload Passthru Mode".
 */
import { EMPTY_DICT, type PublishOptions } from '@wamp/protocol';

const ATTRIBUTES = ['ppt_scheme', 'ppt_serializer', 'ppt_cipher', 'ppt_keyid'] as const;

/** True if the payload is passed thru: `ppt_scheme` is there and not empty. */
export function isPassthru(options: PublishOptions): boolean {
  return options !== EMPTY_DICT && options.ppt_scheme !== undefined && options.ppt_scheme !== '';
}

/** Copies the attributes that are present. */
export function copyPassthru(from: PublishOptions, to: Record<string, unknown>): void {
  for (const key of ATTRIBUTES) {
    const value = from[key];
    if (value !== undefined) to[key] = value;
  }
}
