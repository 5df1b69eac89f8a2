import { describe, expect, it } from 'vitest';
import {
  encodeRawSocketFrame,
  encodeRawSocketHandshake,
  encodeRawSocketRefusal,
  parseRawSocketPrefix,
  parseRawSocketReply,
  parseRawSocketRequest,
  RAWSOCKET_MAX_LIMIT,
  RawSocketError,
  RawSocketFrame,
  rawSocketLimit,
  writeRawSocketPrefix,
} from './rawsocket.js';

const isSupported = (serializer: number): boolean => serializer <= 3;
const bytes = (...octets: number[]): Uint8Array => new Uint8Array(octets);

describe('the request of the handshake', () => {
  it('RAW-001: 7F F1 00 00 asks for JSON and frames of up to 16 MiB', () => {
    expect(encodeRawSocketHandshake(1, 2 ** 24)).toEqual(bytes(0x7f, 0xf1, 0, 0));
    expect(parseRawSocketRequest(bytes(0x7f, 0xf1, 0, 0), isSupported)).toEqual({
      kind: 'accepted',
      serializer: 1,
      maxSendBytes: 2 ** 24,
    });
  });

  it('RAW-002: names MessagePack and CBOR likewise', () => {
    for (const serializer of [2, 3]) {
      const request = encodeRawSocketHandshake(serializer, 512);
      expect(request).toEqual(bytes(0x7f, serializer, 0, 0));
      expect(parseRawSocketRequest(request, isSupported)).toEqual({
        kind: 'accepted',
        serializer,
        maxSendBytes: 512,
      });
    }
  });

  it('RAW-003: is refused with 7F 10 00 00 for serializer 0 and for one that is not supported', () => {
    for (const serializer of [0, 9]) {
      const request = parseRawSocketRequest(bytes(0x7f, 0xf0 | serializer, 0, 0), isSupported);
      expect(request).toEqual({ kind: 'refused', error: RawSocketError.SerializerUnsupported });
    }
    expect(encodeRawSocketRefusal(RawSocketError.SerializerUnsupported)).toEqual(bytes(0x7f, 0x10, 0, 0));
  });

  it('RAW-004: is refused with 7F 30 00 00 if reserved octets are used', () => {
    for (const request of [bytes(0x7f, 0xf1, 1, 0), bytes(0x7f, 0xf1, 0, 0x80), bytes(0x7f, 0xf0, 0, 1)]) {
      expect(parseRawSocketRequest(request, isSupported)).toEqual({
        kind: 'refused',
        error: RawSocketError.ReservedBitsUsed,
      });
    }
    expect(encodeRawSocketRefusal(RawSocketError.ReservedBitsUsed)).toEqual(bytes(0x7f, 0x30, 0, 0));
  });

  it('RAW-005, RAW-006: can be refused for the number of connections and for the length', () => {
    expect(encodeRawSocketRefusal(RawSocketError.ConnectionLimitReached)).toEqual(bytes(0x7f, 0x40, 0, 0));
    expect(encodeRawSocketRefusal(RawSocketError.LengthUnacceptable)).toEqual(bytes(0x7f, 0x20, 0, 0));
  });

  it('RAW-007: is known to be foreign from its first octet on', () => {
    expect(parseRawSocketRequest(bytes(0x47), isSupported)).toEqual({ kind: 'foreign' });
    expect(parseRawSocketRequest(bytes(0x47, 0xf1, 0, 0), isSupported)).toEqual({ kind: 'foreign' });
  });

  it('RAW-008: is incomplete until four octets are there', () => {
    const request = bytes(0x7f, 0xf1, 0, 0);
    for (let length = 0; length < 4; length++) {
      const part = request.subarray(0, length);
      expect(parseRawSocketRequest(part, isSupported)).toEqual({ kind: 'incomplete' });
      expect(parseRawSocketReply(part, 1)).toEqual({ kind: 'incomplete' });
    }
  });

  it('RAW-009: may be followed by the first frame at once', () => {
    const stream = bytes(0x7f, 0x51, 0, 0, 0, 0, 0, 2, 0x5b, 0x5d);
    expect(parseRawSocketRequest(stream, isSupported)).toMatchObject({
      kind: 'accepted',
      maxSendBytes: 2 ** 14,
    });
    expect(parseRawSocketPrefix(stream, 4, 512)).toEqual({ kind: 'frame', type: 0, length: 2 });
  });

  it('never asks whether the illegal serializer 0 is supported', () => {
    const answer = parseRawSocketRequest(bytes(0x7f, 0xf0, 0, 0), () => true);
    expect(answer).toEqual({ kind: 'refused', error: RawSocketError.SerializerUnsupported });
  });

  it('names the largest power of two within the limit', () => {
    expect(rawSocketLimit(0)).toBe(512);
    expect(rawSocketLimit(512)).toBe(512);
    expect(rawSocketLimit(1023)).toBe(512);
    expect(rawSocketLimit(1024)).toBe(1024);
    expect(rawSocketLimit(2 ** 24 - 1)).toBe(2 ** 23);
    expect(rawSocketLimit(2 ** 24)).toBe(2 ** 24);
    expect(rawSocketLimit(Infinity)).toBe(2 ** 24);
    for (let nibble = 0; nibble < 16; nibble++) {
      const request = encodeRawSocketHandshake(1, 2 ** (9 + nibble));
      expect(request[1]).toBe((nibble << 4) | 1);
      expect(parseRawSocketRequest(request, isSupported)).toMatchObject({ maxSendBytes: 2 ** (9 + nibble) });
    }
  });
});

describe('the reply of the handshake', () => {
  it('is accepted if it echoes the serializer, and brings the limit of the router (RAW-013: 0 is 512)', () => {
    expect(parseRawSocketReply(bytes(0x7f, 0x02, 0, 0), 2)).toEqual({ kind: 'accepted', maxSendBytes: 512 });
  });

  it('RAW-016: reports the error of a refusal', () => {
    for (const error of Object.values(RawSocketError)) {
      expect(parseRawSocketReply(encodeRawSocketRefusal(error), 1)).toMatchObject({ kind: 'failed', error });
    }
    for (const octet of [0x00, 0x50]) {
      expect(parseRawSocketReply(bytes(0x7f, octet, 0, 0), 1)).toMatchObject({
        kind: 'failed',
        error: undefined,
      });
    }
  });

  it('RAW-016: fails for another serializer, reserved bits and foreign octets', () => {
    for (const reply of [bytes(0x7f, 0xf2, 0, 0), bytes(0x7f, 0xf1, 0, 1), bytes(0x7f, 0xf1, 1, 0)]) {
      expect(parseRawSocketReply(reply, 1)).toMatchObject({ kind: 'failed', error: undefined });
    }
    expect(parseRawSocketReply(bytes(0x48), 1)).toMatchObject({ kind: 'failed' });
  });
});

describe('frames', () => {
  const max = RAWSOCKET_MAX_LIMIT;

  it('RAW-010: a PING of abc is 01 00 00 03 abc, its PONG 02 00 00 03 abc', () => {
    const payload = new TextEncoder().encode('abc');
    const ping = encodeRawSocketFrame(RawSocketFrame.Ping, payload);
    expect(ping).toEqual(bytes(1, 0, 0, 3, 0x61, 0x62, 0x63));
    expect(parseRawSocketPrefix(ping, 0, max)).toEqual({
      kind: 'frame',
      type: RawSocketFrame.Ping,
      length: 3,
    });
    expect(encodeRawSocketFrame(RawSocketFrame.Pong, payload)).toEqual(bytes(2, 0, 0, 3, 0x61, 0x62, 0x63));
  });

  it('RAW-011, RAW-017, RAW-018: PING, PONG and messages may be empty as far as the prefix goes', () => {
    for (const type of Object.values(RawSocketFrame)) {
      const frame = encodeRawSocketFrame(type, bytes());
      expect(frame).toEqual(bytes(type, 0, 0, 0));
      expect(parseRawSocketPrefix(frame, 0, max)).toEqual({ kind: 'frame', type, length: 0 });
    }
  });

  it('RAW-012: a frame above the own limit is refused from its prefix', () => {
    const prefix = (length: number): Uint8Array => {
      const octets = new Uint8Array(4);
      writeRawSocketPrefix(RawSocketFrame.Message, length, octets, 0);
      return octets;
    };
    expect(parseRawSocketPrefix(prefix(512), 0, 512)).toMatchObject({ kind: 'frame', length: 512 });
    expect(parseRawSocketPrefix(prefix(513), 0, 512)).toMatchObject({ kind: 'failed', fault: 'too_long' });
    expect(parseRawSocketPrefix(prefix(max), 0, max - 1)).toMatchObject({
      kind: 'failed',
      fault: 'too_long',
    });
  });

  it('RAW-014: 2^24-1 is 00 FF FF FF, exactly 2^24 is 08 00 00 00', () => {
    const octets = new Uint8Array(6);
    writeRawSocketPrefix(RawSocketFrame.Message, max - 1, octets, 1);
    expect(octets).toEqual(bytes(0, 0, 0xff, 0xff, 0xff, 0));
    expect(parseRawSocketPrefix(octets, 1, max)).toEqual({ kind: 'frame', type: 0, length: max - 1 });
    writeRawSocketPrefix(RawSocketFrame.Message, max, octets, 1);
    expect(octets).toEqual(bytes(0, 8, 0, 0, 0, 0));
    expect(parseRawSocketPrefix(octets, 1, max)).toEqual({ kind: 'frame', type: 0, length: max });
    expect(parseRawSocketPrefix(bytes(9, 0, 0, 0), 0, max)).toEqual({
      kind: 'frame',
      type: RawSocketFrame.Ping,
      length: max,
    });
  });

  it('RAW-015: types 3 to 7, reserved bits, and the 25th bit with other bits fail the connection', () => {
    for (const first of [3, 4, 5, 6, 7, 0x0b, 0x10, 0x20, 0x40, 0x80, 0xff]) {
      expect(parseRawSocketPrefix(bytes(first, 0, 0, 1), 0, max)).toMatchObject({
        kind: 'failed',
        fault: 'reserved',
      });
    }
    expect(parseRawSocketPrefix(bytes(8, 0, 0, 1), 0, max)).toMatchObject({
      kind: 'failed',
      fault: 'too_long',
    });
  });

  it('RAW-008: a prefix is incomplete until its four octets are there', () => {
    for (let length = 0; length < 4; length++) {
      expect(parseRawSocketPrefix(new Uint8Array(length + 2), 2, max)).toEqual({ kind: 'incomplete' });
    }
  });

  it('RAW-013: what is longer than RawSocket admits cannot be written', () => {
    for (const length of [max + 1, -1, NaN]) {
      expect(() => writeRawSocketPrefix(RawSocketFrame.Message, length, new Uint8Array(4), 0)).toThrow(
        RangeError,
      );
    }
  });
});
