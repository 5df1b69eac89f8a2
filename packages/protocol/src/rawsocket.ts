/**
 * RawSocket: the handshake and the prefix of frames, as pure functions over bytes.
 * Owns the layout; knows no sockets and keeps nothing between calls. Whoever reads from a stream collects bytes until
 * a function no longer says `incomplete`.
 * Source: advanced profile, "RawSocket Transport".
 */

/** The first octet of every handshake; no HTTP request starts with it. */
export const RAWSOCKET_MAGIC = 0x7f;
/** Length of request and reply of the handshake. */
export const RAWSOCKET_HANDSHAKE_BYTES = 4;
/** Length of what stands before every frame's payload. */
export const RAWSOCKET_PREFIX_BYTES = 4;
/** The shortest and the longest frame that a peer can name as its limit, in bytes. */
export const RAWSOCKET_MIN_LIMIT = 2 ** 9;
export const RAWSOCKET_MAX_LIMIT = 2 ** 24;

/** Codes of the error reply. */
export const RawSocketError = {
  SerializerUnsupported: 1,
  LengthUnacceptable: 2,
  ReservedBitsUsed: 3,
  ConnectionLimitReached: 4,
} as const;
export type RawSocketError = (typeof RawSocketError)[keyof typeof RawSocketError];

const ERROR_SENTENCES: ReadonlyMap<number, string> = new Map([
  [0, 'the router answered with an illegal error code'],
  [RawSocketError.SerializerUnsupported, 'the router does not support the serializer'],
  [RawSocketError.LengthUnacceptable, 'the router does not accept the maximum message length'],
  [RawSocketError.ReservedBitsUsed, 'the router says that reserved bits were used'],
  [RawSocketError.ConnectionLimitReached, 'the router has as many connections as it admits'],
]);

/**
 * The request of a client, and the reply of a router that accepts: both name the serializer and the longest frame that
 * the sender is willing to receive.
 * @param serializer id of the serializer, 1 to 15
 * @param maxReceiveBytes rounded down to a power of two between 512 and 2^24
 */
export function encodeRawSocketHandshake(serializer: number, maxReceiveBytes: number): Uint8Array {
  return new Uint8Array([RAWSOCKET_MAGIC, (limitNibble(maxReceiveBytes) << 4) | (serializer & 15), 0, 0]);
}

/** The reply of a router that refuses; it closes the connection afterwards. */
export function encodeRawSocketRefusal(error: RawSocketError): Uint8Array {
  return new Uint8Array([RAWSOCKET_MAGIC, error << 4, 0, 0]);
}

/** The largest limit of the handshake that is not above `maxBytes`, in bytes; the smallest one if there is none. */
export function rawSocketLimit(maxBytes: number): number {
  return 2 ** (9 + limitNibble(maxBytes));
}

function limitNibble(maxBytes: number): number {
  let nibble = 0;
  while (nibble < 15 && 2 ** (10 + nibble) <= maxBytes) nibble++;
  return nibble;
}

/** What a router made of the first bytes of a connection. */
export type RawSocketRequest =
  /** fewer than four bytes, no fault so far */
  | { readonly kind: 'incomplete' }
  /** does not start like a RawSocket handshake: close without a reply, or hand it to another protocol */
  | { readonly kind: 'foreign' }
  /** send {@link encodeRawSocketRefusal}, then close */
  | { readonly kind: 'refused'; readonly error: RawSocketError }
  /** `maxSendBytes`: the longest frame that the client receives */
  | { readonly kind: 'accepted'; readonly serializer: number; readonly maxSendBytes: number };

/**
 * Reads a client's request from the start of `bytes`. What follows the first four bytes belongs to the first frame.
 * @param isSupported tells whether a serializer id can be served; never asked about the illegal id 0
 */
export function parseRawSocketRequest(
  bytes: Uint8Array,
  isSupported: (serializer: number) => boolean,
): RawSocketRequest {
  if (bytes.length > 0 && bytes[0] !== RAWSOCKET_MAGIC) return { kind: 'foreign' };
  if (bytes.length < RAWSOCKET_HANDSHAKE_BYTES) return { kind: 'incomplete' };
  if (bytes[2] !== 0 || bytes[3] !== 0) return { kind: 'refused', error: RawSocketError.ReservedBitsUsed };
  const serializer = bytes[1]! & 15;
  if (serializer === 0 || !isSupported(serializer)) {
    return { kind: 'refused', error: RawSocketError.SerializerUnsupported };
  }
  return { kind: 'accepted', serializer, maxSendBytes: 2 ** (9 + (bytes[1]! >>> 4)) };
}

/** What a client made of the router's reply. */
export type RawSocketReply =
  | { readonly kind: 'incomplete' }
  /** the router refused or broke the protocol; `error` is its code if it sent one that is defined */
  | { readonly kind: 'failed'; readonly error: RawSocketError | undefined; readonly sentence: string }
  /** `maxSendBytes`: the longest frame that the router receives */
  | { readonly kind: 'accepted'; readonly maxSendBytes: number };

/**
 * Reads a router's reply from the start of `bytes`. What follows the first four bytes belongs to the first frame.
 * @param serializer the id that was asked for
 */
export function parseRawSocketReply(bytes: Uint8Array, serializer: number): RawSocketReply {
  if (bytes.length > 0 && bytes[0] !== RAWSOCKET_MAGIC) return failed('the peer does not speak RawSocket');
  if (bytes.length < RAWSOCKET_HANDSHAKE_BYTES) return { kind: 'incomplete' };
  if (bytes[2] !== 0 || bytes[3] !== 0) return failed('the router used reserved bits in its reply');
  const high = bytes[1]! >>> 4;
  const answered = bytes[1]! & 15;
  if (answered === 0) {
    const sentence = ERROR_SENTENCES.get(high) ?? `the router refused with the undefined code ${high}`;
    return { kind: 'failed', error: isRawSocketError(high) ? high : undefined, sentence };
  }
  if (answered !== serializer) {
    return failed(`the router answered with serializer ${answered}, asked for was ${serializer}`);
  }
  return { kind: 'accepted', maxSendBytes: 2 ** (9 + high) };
}

function failed(sentence: string): RawSocketReply {
  return { kind: 'failed', error: undefined, sentence };
}

function isRawSocketError(code: number): code is RawSocketError {
  return code >= 1 && code <= 4;
}

/** What a frame is. */
export const RawSocketFrame = { Message: 0, Ping: 1, Pong: 2 } as const;
export type RawSocketFrame = (typeof RawSocketFrame)[keyof typeof RawSocketFrame];

/** Bit of the first octet that stands for the 25th bit of the length. */
const LENGTH_BIT_25 = 0x08;

/**
 * Writes the prefix of a frame at `at`; there must be room for four bytes.
 * @param length of the payload in bytes, 0 to 2^24, and not above the peer's limit
 * @throws RangeError if the length cannot be written
 */
export function writeRawSocketPrefix(
  type: RawSocketFrame,
  length: number,
  into: Uint8Array,
  at: number,
): void {
  if (!(length >= 0 && length <= RAWSOCKET_MAX_LIMIT)) {
    throw new RangeError(`A RawSocket frame cannot have ${length} bytes.`);
  }
  into[at] = length === RAWSOCKET_MAX_LIMIT ? type | LENGTH_BIT_25 : type;
  into[at + 1] = (length >>> 16) & 255;
  into[at + 2] = (length >>> 8) & 255;
  into[at + 3] = length & 255;
}

/** A whole frame: prefix and payload. The answer to a PING is `encodeRawSocketFrame(RawSocketFrame.Pong, payload)`. */
export function encodeRawSocketFrame(type: RawSocketFrame, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(RAWSOCKET_PREFIX_BYTES + payload.length);
  writeRawSocketPrefix(type, payload.length, frame, 0);
  frame.set(payload, RAWSOCKET_PREFIX_BYTES);
  return frame;
}

/** What stands before a frame's payload. */
export type RawSocketPrefix =
  | { readonly kind: 'incomplete' }
  /** the connection has to be failed */
  | { readonly kind: 'failed'; readonly fault: 'reserved' | 'too_long'; readonly sentence: string }
  | { readonly kind: 'frame'; readonly type: RawSocketFrame; readonly length: number };

const INCOMPLETE = Object.freeze({ kind: 'incomplete' });

/**
 * Reads a frame's prefix at `at`. A frame that is too long is refused here, before any of its payload is kept.
 * @param maxReceiveBytes the limit that this side named in the handshake
 */
export function parseRawSocketPrefix(
  bytes: Uint8Array,
  at: number,
  maxReceiveBytes: number,
): RawSocketPrefix {
  if (bytes.length - at < RAWSOCKET_PREFIX_BYTES) return INCOMPLETE;
  const first = bytes[at]!;
  const low = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const type = first & 7;
  if ((first & 0xf0) !== 0 || !isFrameType(type)) {
    return {
      kind: 'failed',
      fault: 'reserved',
      sentence: `the frame starts with the reserved octet ${first}`,
    };
  }
  const hasBit25 = (first & LENGTH_BIT_25) !== 0;
  if (hasBit25 && low !== 0) {
    return { kind: 'failed', fault: 'too_long', sentence: 'the frame is longer than RawSocket admits' };
  }
  const length = hasBit25 ? RAWSOCKET_MAX_LIMIT : low;
  if (length > maxReceiveBytes) {
    const sentence = `the frame has ${length} bytes, at most ${maxReceiveBytes} were admitted`;
    return { kind: 'failed', fault: 'too_long', sentence };
  }
  return { kind: 'frame', type, length };
}

function isFrameType(type: number): type is RawSocketFrame {
  return type <= RawSocketFrame.Pong;
}
