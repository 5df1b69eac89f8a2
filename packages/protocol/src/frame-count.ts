/**
 * The message `[300, count]` by which one end of a resumable session tells the other how many frames of it have arrived.
 * Owns its form in every format; must not know when it is sent. An extension of this toolkit (codes from 256 to 1023 are
 * free for that), sent only where both ends have agreed on it in HELLO and WELCOME.
 *
 * It has one form in each format, so that it is recognized by its first bytes and its length, without decoding frames.
 */
import type { Format } from './payload.js';

/** Lists of two, the code 300; in the binary formats the count follows as an unsigned integer of eight bytes. */
const JSON_START = '[300,';
const BINARY_STARTS: Readonly<Record<Exclude<Format, 'json'>, readonly number[]>> = {
  msgpack: [0x92, 0xcd, 0x01, 0x2c, 0xcf],
  cbor: [0x82, 0x19, 0x01, 0x2c, 0x1b],
};
const START_LENGTH = 5;
const BINARY_LENGTH = START_LENGTH + 8;
/** With a count of 16 digits, the longest safe integer. */
const JSON_MAX_LENGTH = START_LENGTH + 17;

/** Writes the message. */
export function encodeFrameCount(format: Format, count: number): Uint8Array {
  if (format === 'json') return Uint8Array.from(`${JSON_START}${count}]`, (char) => char.charCodeAt(0));
  const frame = new Uint8Array(BINARY_LENGTH);
  frame.set(BINARY_STARTS[format]);
  const view = new DataView(frame.buffer);
  view.setUint32(START_LENGTH, Math.floor(count / 2 ** 32));
  view.setUint32(START_LENGTH + 4, count >>> 0);
  return frame;
}

/** The count, if the frame is that message; -1 for every other frame. */
export function readFrameCount(format: Format, frame: Uint8Array | string): number {
  // Nearly all frames are longer: one comparison is all that they cost.
  if (frame.length > JSON_MAX_LENGTH) return -1;
  if (typeof frame === 'string') return readText(frame);
  return format === 'json'
    ? readText(String.fromCharCode(...frame))
    : readBinary(BINARY_STARTS[format], frame);
}

function readText(frame: string): number {
  const digits = /^\[300,(\d+)\]$/.exec(frame)?.[1];
  const count = digits === undefined ? -1 : Number(digits);
  return Number.isSafeInteger(count) ? count : -1;
}

function readBinary(start: readonly number[], frame: Uint8Array): number {
  if (frame.length !== BINARY_LENGTH) return -1;
  for (let at = 0; at < START_LENGTH; at += 1) if (frame[at] !== start[at]) return -1;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = view.getUint32(START_LENGTH) * 2 ** 32 + view.getUint32(START_LENGTH + 4);
  return Number.isSafeInteger(count) ? count : -1;
}
