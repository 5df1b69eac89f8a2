/**
 * RawSocket, from chunks of a byte stream to frames.
 * Owns what of a frame has come so far, and its memory; answers nothing. A frame within one chunk is a view of it, only one
 * that spans several is put together in memory of its own.
 * Source: advanced profile, "RawSocket Transport".
 */
import {
  parseRawSocketPrefix,
  RAWSOCKET_PREFIX_BYTES,
  RawSocketFrame,
  type RawSocketPrefix,
} from './rawsocket.js';

/** Who gets the frames. */
export interface RawSocketSink {
  /** A whole frame. The payload may be a view of the chunk. */
  frame(type: RawSocketFrame, payload: Uint8Array): void;
  /** The peer broke the framing; nothing follows. */
  broken(sentence: string): void;
}

/** Memory for a frame that spans chunks grows with what has come: a length that is only announced occupies next to nothing. */
const GROWTH = 16;
const LEAST_BYTES = 4096;

export class RawSocketReader {
  readonly #sink: RawSocketSink;
  readonly #maxReceiveBytes: number;
  readonly #allocate: (bytes: number) => Uint8Array;
  /** the beginning of a prefix that was cut */
  readonly #prefix = new Uint8Array(RAWSOCKET_PREFIX_BYTES);
  #prefixBytes = 0;
  /** the beginning of a payload that was cut; undefined between frames */
  #payload: Uint8Array | undefined = undefined;
  #payloadBytes = 0;
  #type: RawSocketFrame = RawSocketFrame.Message;
  #length = 0;
  #isStopped = false;

  /** @param maxReceiveBytes the limit that this side named in the handshake */
  constructor(
    sink: RawSocketSink,
    maxReceiveBytes: number,
    allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes),
  ) {
    this.#sink = sink;
    this.#maxReceiveBytes = maxReceiveBytes;
    this.#allocate = allocate;
  }

  /** True between frames. */
  get isAtBoundary(): boolean {
    return this.#prefixBytes === 0 && this.#payload === undefined;
  }

  /** Delivers nothing from now on, also nothing more of the chunk at work. */
  stop(): void {
    this.#isStopped = true;
    this.#payload = undefined;
  }

  read(chunk: Uint8Array): void {
    let at = this.isAtBoundary ? 0 : this.#finish(chunk);
    const end = chunk.length;
    while (end - at >= RAWSOCKET_PREFIX_BYTES && !this.#isStopped) {
      const length = this.#lengthAt(chunk, at);
      at += RAWSOCKET_PREFIX_BYTES;
      if (length < 0) return;
      if (end - at < length) {
        this.#begin(length);
        this.#append(chunk, at, end);
        return;
      }
      at += length;
      this.#sink.frame(this.#type, chunk.subarray(at - length, at));
    }
    if (!this.#isStopped) this.#keepPrefix(chunk, at);
  }

  /**
   * Reads a whole prefix; the type is kept in a field.
   * @returns the length, or -1 after a fault
   */
  #lengthAt(bytes: Uint8Array, at: number): number {
    if (bytes[at] === RawSocketFrame.Message) {
      const length = (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (length <= this.#maxReceiveBytes) {
        this.#type = RawSocketFrame.Message;
        return length;
      }
    }
    return this.#unusual(parseRawSocketPrefix(bytes, at, this.#maxReceiveBytes));
  }

  #unusual(prefix: RawSocketPrefix): number {
    if (prefix.kind === 'frame') {
      this.#type = prefix.type;
      return prefix.length;
    }
    this.stop();
    this.#sink.broken(prefix.kind === 'failed' ? prefix.sentence : 'the prefix of a frame was cut');
    return -1;
  }

  /** Takes from a chunk what belongs to the frame that began in an earlier one. @returns where the next one begins */
  #finish(chunk: Uint8Array): number {
    if (this.#isStopped) return chunk.length;
    let at = 0;
    if (this.#payload === undefined) {
      at = Math.min(RAWSOCKET_PREFIX_BYTES - this.#prefixBytes, chunk.length);
      this.#keepPrefix(chunk.subarray(0, at), 0);
      if (this.#prefixBytes < RAWSOCKET_PREFIX_BYTES) return at;
      this.#prefixBytes = 0;
      const length = this.#lengthAt(this.#prefix, 0);
      if (length < 0) return chunk.length;
      if (chunk.length - at >= length) {
        this.#sink.frame(this.#type, chunk.subarray(at, at + length));
        return at + length;
      }
      this.#begin(length);
    }
    const end = Math.min(chunk.length, at + this.#length - this.#payloadBytes);
    this.#append(chunk, at, end);
    if (this.#payloadBytes === this.#length) this.#deliver();
    return end;
  }

  #keepPrefix(bytes: Uint8Array, from: number): void {
    for (let at = from; at < bytes.length; at++) this.#prefix[this.#prefixBytes++] = bytes[at]!;
  }

  #begin(length: number): void {
    this.#length = length;
    this.#payloadBytes = 0;
    this.#payload = NOTHING;
  }

  #append(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#payloadBytes + to - from;
    let payload = this.#payload ?? NOTHING;
    if (needed > payload.length) {
      const grown = this.#allocate(Math.min(this.#length, Math.max(needed * GROWTH, LEAST_BYTES)));
      grown.set(payload.subarray(0, this.#payloadBytes));
      payload = grown;
      this.#payload = grown;
    }
    payload.set(chunk.subarray(from, to), this.#payloadBytes);
    this.#payloadBytes = needed;
  }

  #deliver(): void {
    const payload = this.#payload ?? NOTHING;
    this.#payload = undefined;
    this.#sink.frame(
      this.#type,
      payload.length === this.#length ? payload : payload.subarray(0, this.#length),
    );
  }
}

const NOTHING = new Uint8Array(0);
