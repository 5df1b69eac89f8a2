/**
 * Frames on a byte stream, as the load generator needs them: WebSocket from the client's side, RawSocket, and the bare
 * relay's. Owns the bytes before a message; must not know messages. Written for speed, and only for loopback: a server's
 * frames are taken as they should be, what is not breaks the run.
 */

/** What stands before a message's bytes. */
export interface Frame {
  /** bytes of the header; 0 if the buffer does not hold all of it */
  header: number;
  /** bytes of the message behind it */
  length: number;
  /** `message`, or something that the transport answers itself */
  kind: 'message' | 'ping' | 'pong' | 'close';
}

export interface Framing {
  readonly name: 'websocket' | 'rawsocket';
  /** Most bytes that {@link writeHeader} writes. */
  readonly maxHeaderBytes: number;
  /** Reads the header at `at` into `frame`. */
  readHeader(buffer: Buffer, at: number, end: number, frame: Frame): void;
  /** Writes the header of a message of that many bytes; returns where the message goes. */
  writeHeader(buffer: Buffer, at: number, length: number, isText: boolean): number;
  writePong(payload: Buffer): Buffer;
}

const FINAL = 0x80;
const MASKED = 0x80;
const KINDS: Readonly<Record<number, Frame['kind']>> = {
  1: 'message',
  2: 'message',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Client frames have a masking key of zeros, so that masking is nothing; the server has to unmask all the same. */
export const WEB_SOCKET: Framing = {
  name: 'websocket',
  maxHeaderBytes: 14,
  readHeader(buffer, at, end, frame) {
    frame.header = 0;
    if (end - at < 2) return;
    const kind = KINDS[buffer[at]! & 0x0f];
    if (kind === undefined || (buffer[at]! & FINAL) === 0)
      throw new Error(`a frame that begins with ${buffer[at]!}`);
    frame.kind = kind;
    const short = buffer[at + 1]! & 0x7f;
    if (short < 126) {
      frame.length = short;
      frame.header = 2;
    } else if (short === 126) {
      if (end - at < 4) return;
      frame.length = buffer.readUInt16BE(at + 2);
      frame.header = 4;
    } else {
      if (end - at < 10) return;
      frame.length = Number(buffer.readBigUInt64BE(at + 2));
      frame.header = 10;
    }
  },
  writeHeader(buffer, at, length, isText) {
    buffer[at] = FINAL | (isText ? 1 : 2);
    let key = at + 2;
    if (length < 126) buffer[at + 1] = MASKED | length;
    else if (length < 65_536) {
      buffer[at + 1] = MASKED | 126;
      buffer.writeUInt16BE(length, at + 2);
      key = at + 4;
    } else {
      buffer[at + 1] = MASKED | 127;
      buffer.writeBigUInt64BE(BigInt(length), at + 2);
      key = at + 10;
    }
    buffer[key] = buffer[key + 1] = buffer[key + 2] = buffer[key + 3] = 0;
    return key + 4;
  },
  writePong: (payload) =>
    Buffer.concat([Buffer.from([FINAL | 10, MASKED | payload.length, 0, 0, 0, 0]), payload]),
};

export const RAW_SOCKET: Framing = {
  name: 'rawsocket',
  maxHeaderBytes: 4,
  readHeader(buffer, at, end, frame) {
    frame.header = 0;
    if (end - at < 4) return;
    const kind = buffer[at]! & 0x07;
    frame.kind = kind === 0 ? 'message' : kind === 1 ? 'ping' : 'pong';
    frame.length = buffer.readUInt32BE(at) & 0x00ff_ffff;
    // Bit 3 of the first byte is the 25th bit of the length.
    if ((buffer[at]! & 0x08) !== 0) frame.length += 0x0100_0000;
    frame.header = 4;
  },
  writeHeader(buffer, at, length) {
    buffer.writeUInt32BE(length & 0x00ff_ffff, at);
    if (length >= 0x0100_0000) buffer[at] = 0x08;
    return at + 4;
  },
  writePong: (payload) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(payload.length);
    head[0] = 2;
    return Buffer.concat([head, payload]);
  },
};
