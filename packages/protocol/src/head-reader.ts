/**
 * How the decoder of messages reads a frame, whatever its format, and the violations that all formats share.
 * A reader owns one frame at a time, from `open` to `release`. Every method throws ProtocolViolation and nothing else
 * that a peer could provoke. `where` names the field for the sentence of the violation, for example `CALL.Request`.
 */
import type { Dict } from './dict.js';
import type { OptionRules } from './options.js';
import type { Payload } from './payload.js';
import { ProtocolViolation } from './protocol-violation.js';

export interface HeadReader {
  /** Starts with a frame and enters its list. Throws `not_a_message` if it is no list, or an empty one. */
  open(frame: Uint8Array): void;
  /** Forgets the frame. */
  release(): void;
  /** True if another element follows. */
  hasMore(): boolean;
  /** An integer in 0..2^53. */
  integer(where: string): number;
  /** An id: an integer in 1..2^53. */
  id(where: string): number;
  text(where: string): string;
  textOrNull(where: string): string | null;
  /** A dictionary whose known keys obey the rules; EMPTY_DICT if it is empty. */
  dict(rules: OptionRules, where: string): Dict;
  /**
   * What is left: nothing, Arguments, or Arguments and ArgumentsKw; checked, not decoded; then the end of the frame.
   * @param opaque whether one bare string or byte string may stand in their place
   */
  payload(where: string, opaque: boolean): Payload;
  /** The end of the list and of the frame. */
  end(where: string): void;
}

/** Deepest `maxDepth` that may be asked for: the readers recurse once per level. */
const DEEPEST = 512;

/** @throws RangeError if the number cannot be a limit of nesting */
export function checkedMaxDepth(maxDepth: number): number {
  if (!Number.isInteger(maxDepth) || maxDepth < 4 || maxDepth > DEEPEST) {
    throw new RangeError(`maxDepth must be an integer from 4 to ${DEEPEST}`);
  }
  return maxDepth;
}

export function malformed(sentence: string, at: number): ProtocolViolation {
  return new ProtocolViolation('malformed', `${sentence} (byte ${at})`);
}

export function invalidUtf8(): ProtocolViolation {
  return new ProtocolViolation('invalid_utf8', 'a string is not valid UTF-8');
}

export function tooDeep(maxDepth: number): ProtocolViolation {
  return new ProtocolViolation('too_deep', `lists and dictionaries are nested deeper than ${maxDepth}`);
}

export function notAMessage(sentence: string): ProtocolViolation {
  return new ProtocolViolation('not_a_message', sentence);
}

export function missing(where: string): ProtocolViolation {
  return new ProtocolViolation('wrong_length', `the message ends before ${where}`);
}

export function tooLong(where: string): ProtocolViolation {
  return new ProtocolViolation('wrong_length', `${where} has more elements than its layout allows`);
}

export function wrongType(where: string, expected: string): ProtocolViolation {
  return new ProtocolViolation('wrong_type', `${where} must be ${expected}`);
}
