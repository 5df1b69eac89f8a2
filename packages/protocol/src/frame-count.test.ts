import * as cborx from 'cbor-x';
import * as msgpackr from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { encodeFrameCount, readFrameCount } from './frame-count.js';
import type { Format } from './payload.js';
import { cbor } from './serializers/cbor.js';
import { json } from './serializers/json.js';
import { msgpack } from './serializers/msgpack.js';

const FORMATS: readonly Format[] = ['json', 'msgpack', 'cbor'];
const COUNTS = [0, 1, 64, 255, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER];

describe.each(FORMATS)('the count of frames in %s', (format) => {
  it.each(COUNTS)('%d is read as it was written', (count) => {
    expect(readFrameCount(format, encodeFrameCount(format, count))).toBe(count);
  });

  it('is found in the middle of a larger buffer', () => {
    const frame = encodeFrameCount(format, 77);
    const larger = new Uint8Array(frame.length + 20).fill(0xff);
    larger.set(frame, 9);
    expect(readFrameCount(format, larger.subarray(9, 9 + frame.length))).toBe(77);
  });

  it('is nothing else: no beginning or end of it, nothing longer, no other code', () => {
    const frame = encodeFrameCount(format, 12_345);
    for (let length = 0; length < frame.length; length += 1) {
      expect(readFrameCount(format, frame.subarray(0, length))).toBe(-1);
      expect(readFrameCount(format, frame.subarray(frame.length - length))).toBe(-1);
    }
    expect(readFrameCount(format, Uint8Array.from([...frame, 0x20]))).toBe(-1);
    for (let at = 0; at < 5; at += 1) {
      const other = Uint8Array.from(frame);
      other[at]! ^= 1;
      expect(readFrameCount(format, other)).toBe(-1);
    }
  });
});

it('is a list of the code and the count to whoever decodes it', () => {
  expect(new TextDecoder().decode(encodeFrameCount('json', 5))).toBe('[300,5]');
  expect(msgpackr.unpack(encodeFrameCount('msgpack', 2 ** 40))).toEqual([300, 2n ** 40n]);
  expect(cborx.decode(encodeFrameCount('cbor', 2 ** 40))).toEqual([300, 2n ** 40n]);
});

it('is an unknown message to a peer that has not agreed on it', () => {
  for (const serializer of [json(), msgpack(), cbor()]) {
    expect(() => serializer.decode(encodeFrameCount(serializer.format, 5))).toThrow(/300/);
  }
});

it('is read from text as well', () => {
  expect(readFrameCount('json', '[300,5]')).toBe(5);
  expect(readFrameCount('json', '[301,5]')).toBe(-1);
  expect(readFrameCount('json', '[300,5] ')).toBe(-1);
  expect(readFrameCount('json', '[300,05555555555555555555]')).toBe(-1);
});

it('does not take numbers that are no safe integers', () => {
  expect(readFrameCount('json', new TextEncoder().encode('[300,9007199254740992]'))).toBe(-1);
  expect(readFrameCount('json', new TextEncoder().encode('[300,1.5]'))).toBe(-1);
  expect(readFrameCount('json', new TextEncoder().encode('[300,-1]'))).toBe(-1);
  const huge = encodeFrameCount('msgpack', 0);
  huge.fill(0xff, 5);
  expect(readFrameCount('msgpack', huge)).toBe(-1);
});
