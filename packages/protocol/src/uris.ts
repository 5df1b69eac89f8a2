/**
 * URI rules: which strings are URIs, for which use, loose or strict. One pass, no regular expressions.
 * Must not know what a URI names or who may use it.
 */
import type { MatchPolicy } from './options.js';

/**
 * How strict URIs are checked. `loose` is the rule that the specification demands: no whitespace, no `#`. `strict` admits
 * nothing but lower-case ASCII letters, digits and `_` in a component.
 * Source: WAMP basic profile, "URIs", "Relaxed/Loose URIs" and "Strict URIs".
 */
export type UriRule = 'loose' | 'strict';

/**
 * Longest URI, in characters. The specification names no limit; without one a few URIs of the size of a frame would fill the
 * memory of whoever keeps them. Twice the longest names that people make, and what browsers once agreed on for theirs.
 */
export const MAX_URI_LENGTH = 2048;

const DOT = 0x2e;
const LOOSE = 1;
const STRICT = 2;

/** For each ASCII character the rules that admit it inside a component. */
const ASCII = new Uint8Array(128);
for (let code = 0x21; code < 128; code++) ASCII[code] = LOOSE;
ASCII['#'.charCodeAt(0)] = 0; // reserved for the internal use of routers
for (const admitted of '0123456789abcdefghijklmnopqrstuvwxyz_') {
  ASCII[admitted.charCodeAt(0)] = LOOSE | STRICT;
}

/** Whitespace beyond ASCII: the set that `\s` stands for in JavaScript. All of it lies in the basic plane. */
function isWideSpace(code: number): boolean {
  if (code >= 0x2000 && code <= 0x200a) return true;
  switch (code) {
    case 0x00a0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
    case 0xfeff:
      return true;
    default:
      return false;
  }
}

/**
 * True if `uri` may stand where a URI of this match policy is wanted. `exact` (also for topics, procedures, errors,
 * realms and reasons) admits no empty component; `prefix` admits the last one to be empty, so also the empty string;
 * `wildcard` admits any. None may be longer than {@link MAX_URI_LENGTH}.
 * Source: WAMP basic profile, "URIs"; advanced profile, "Pattern-based Subscriptions" and "Registrations".
 */
export function isValidUri(uri: string, match: MatchPolicy, rule: UriRule): boolean {
  if (uri.length > MAX_URI_LENGTH) return false;
  const needed = rule === 'strict' ? STRICT : LOOSE;
  let componentStart = 0;
  for (let at = 0; at < uri.length; at++) {
    const code = uri.charCodeAt(at);
    if (code === DOT) {
      if (at === componentStart && match !== 'wildcard') return false;
      componentStart = at + 1;
    } else if (code < 128) {
      if ((ASCII[code]! & needed) === 0) return false;
    } else if (needed === STRICT || isWideSpace(code)) {
      return false;
    }
  }
  return match !== 'exact' || componentStart < uri.length;
}

/**
 * True if the first component is exactly `wamp`: names that belong to the protocol itself.
 * Source: WAMP basic profile, "Reserved URIs".
 */
export function isReservedUri(uri: string): boolean {
  return uri.startsWith('wamp') && (uri.length === 4 || uri.charCodeAt(4) === DOT);
}
