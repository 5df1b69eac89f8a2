/**
 * RawSocket, from frames to writes on a byte stream.
 * Owns the frames of one turn of the event loop, which leave together; when that turn ends, others say. Small frames are
 * put into one piece together with their prefixes, large ones are handed over as they are.
 */
import { RAWSOCKET_MAX_LIMIT, RAWSOCKET_PREFIX_BYTES, type RawSocketFrame } from './rawsocket.js';
import { copyBytes } from './copy-bytes.js';

/** The part of a Node stream that is written to: a TCP or Unix socket, with or without TLS. */
export interface ByteSink {
  /** bytes that the stream has taken and the network not yet */
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  /** What is written until `uncork` leaves in one system call. */
  cork(): void;
  uncork(): void;
}

/** From here on a frame is not copied: a second piece in the system call costs less. */
const LARGE_BYTES = 16 * 1024;

/** What may gather within a turn before it leaves at once: waiting saves nothing any more, and the peer can start to read. */
const FLUSH_BYTES = 64 * 1024;

export class RawSocketWriter {
  readonly #stream: ByteSink;
  readonly #allocate: (bytes: number) => Uint8Array;
  /** frames that have not left, and for each of them its prefix as a number of 32 bits */
  readonly #frames: Uint8Array[] = [];
  readonly #prefixes: number[] = [];
  #heldBytes = 0;

  constructor(stream: ByteSink, allocate: (bytes: number) => Uint8Array) {
    this.#stream = stream;
    this.#allocate = allocate;
  }

  /** Bytes that the network has not taken, prefixes included. */
  get bufferedBytes(): number {
    return this.#heldBytes + this.#stream.writableLength;
  }

  /** Bytes that wait to be written, prefixes included. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0;
  }

  /**
   * Takes a frame; the payload must not change until it has left.
   * @param payload at most 2^24 bytes
   */
  add(type: RawSocketFrame, payload: Uint8Array): void {
    const { length } = payload;
    this.#frames.push(payload);
    // The length 2^24 does not fit into 24 bits: RawSocket has bit 27 for it.
    this.#prefixes.push((type << 24) | (length === RAWSOCKET_MAX_LIMIT ? 0x0800_0000 : length));
    this.#heldBytes += RAWSOCKET_PREFIX_BYTES + length;
    if (this.#heldBytes >= FLUSH_BYTES) this.flush();
  }

  /** Writes what was held back. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    const hasLarge = this.#heldBytes >= LARGE_BYTES && frames.some(isLarge);
    if (hasLarge) this.#writePieces();
    else this.#stream.write(this.#joined(0, frames.length, this.#heldBytes));
    frames.length = 0;
    this.#prefixes.length = 0;
    this.#heldBytes = 0;
  }

  /** Runs of small frames and the prefix of the large one behind them are one piece, the large frame is the next. */
  #writePieces(): void {
    const frames = this.#frames;
    this.#stream.cork();
    for (let from = 0; from < frames.length;) {
      let to = from;
      let size = 0;
      while (to < frames.length && !isLarge(frames[to]!))
        size += RAWSOCKET_PREFIX_BYTES + frames[to++]!.length;
      const large = frames[to];
      const piece = this.#joined(from, to, large === undefined ? size : size + RAWSOCKET_PREFIX_BYTES);
      if (large !== undefined) putPrefix(this.#prefixes[to]!, piece, size);
      this.#stream.write(piece);
      if (large !== undefined) this.#stream.write(large);
      from = to + 1;
    }
    this.#stream.uncork();
  }

  #joined(from: number, to: number, size: number): Uint8Array {
    const piece = this.#allocate(size);
    let at = 0;
    for (let index = from; index < to; index++) {
      const frame = this.#frames[index]!;
      putPrefix(this.#prefixes[index]!, piece, at);
      at += RAWSOCKET_PREFIX_BYTES;
      copyBytes(frame, 0, frame.length, piece, at);
      at += frame.length;
    }
    return piece;
  }
}

function isLarge(frame: Uint8Array): boolean {
  return frame.length >= LARGE_BYTES;
}

function putPrefix(prefix: number, into: Uint8Array, at: number): void {
  into[at] = prefix >>> 24;
  into[at + 1] = prefix >>> 16;
  into[at + 2] = prefix >>> 8;
  into[at + 3] = prefix;
}
