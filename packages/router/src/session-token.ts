/**
 * The secret that lets a client come back to its own former session, or end it, when it comes back before the router has
 * noticed that the old connection is gone. Owns the keys in HELLO and WELCOME, the secret's form and its comparison; ends
 * nothing itself. An extension of this toolkit: without the keys nothing changes for anybody.
 */
import { isDict, isId, type Dict, type RandomUint32 } from '@wamp/protocol';

/** HELLO.Details: `true` asks for a token. WELCOME.Details: the token. */
export const TOKEN_KEY = 'x_session_token';

/** HELLO.Details: `{ session, token }` of the session to be replaced. */
export const REPLACES_KEY = 'x_replaces';

/**
 * HELLO.Details: `true` asks for a session that can be resumed; a number, beside `x_replaces`, asks for that session itself
 * instead of a new one, and says how many of its frames have arrived. WELCOME.Details: `{ window_ms }`, and `received`, the
 * same number of the router's, if the session is the former one.
 */
export const RESUME_KEY = 'x_resume';

/** A former session as a newcomer names it, not proved yet. */
export interface Replacement {
  /** session id */
  readonly session: number;
  readonly token: string;
}

/** What a client wants that wants to resume: nothing, as it is new; or to go on behind so many frames. */
export type ResumeWish = 'later' | number;

/** Reads `x_resume`; undefined if it is not there, or not what it has to be. */
export function readResumeWish(details: Dict): ResumeWish | undefined {
  const value = details[RESUME_KEY];
  if (value === true) return 'later';
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 192 bits in base64url: 32 characters. */
export function makeToken(random32: RandomUint32): string {
  let token = '';
  // 6 bits at a time, 5 times out of 32: two bits of each number are left over.
  let bits = 0;
  for (let position = 0; position < 32; position += 1) {
    if (position % 5 === 0) bits = random32() >>> 0;
    token += ALPHABET.charAt(bits & 63);
    bits >>>= 6;
  }
  return token;
}

/** Whether two tokens are the same; how long it takes tells nothing about where they differ. */
export function isSameToken(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let position = 0; position < one.length; position += 1) {
    difference |= one.charCodeAt(position) ^ other.charCodeAt(position % other.length);
  }
  return difference === 0;
}

/** Reads `x_replaces`; undefined if it is not there, or not what it has to be. */
export function readReplacement(details: Dict): Replacement | undefined {
  const value = details[REPLACES_KEY];
  if (!isDict(value)) return undefined;
  const { session, token } = value as { session?: unknown; token?: unknown };
  return isId(session) && typeof token === 'string' && token !== '' ? { session, token } : undefined;
}
