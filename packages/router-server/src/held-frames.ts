/**
 * The frames that wait for the end of the turn to be written to one socket, laid out in one piece of memory and written at
 * once. Used by every transport over a byte stream; the transport says how a frame begins.
 *
 * The memory is used again as soon as the system has taken all of it, which it does at once unless the peer is slow.
 */
import { copyBytes, type ByteSink, type MessageSink, type SinkOwner } from '@wamp/protocol';
import { APART_BYTES, FLUSH_BYTES } from './limits.js';
import { MAX_CHUNK_BYTES, type Flushable, type WriteBatch } from './write-batch.js';

/** The longest head, which is WebSocket's: two bytes and a length of eight. */
export const MAX_HEAD_BYTES = 10;

const NONE = Buffer.alloc(0);

/** How a frame begins on the wire. One serves all sockets that frame alike. */
export abstract class Framing {
  #frame: Uint8Array = NONE;
  #wire: Buffer = NONE;

  /** Bytes of the head of a frame of `length` bytes. */
  abstract headBytes(length: number): number;

  /** Writes the head of a frame of `length` bytes at `at`, {@link MAX_HEAD_BYTES} at most. @returns the index behind */
  abstract writeHead(into: Uint8Array, at: number, length: number): number;

  /** Head and frame in one piece; made once for the same frame if it is asked for again and again, as in a fan-out. */
  wireOf(frame: Uint8Array): Buffer {
    if (frame !== this.#frame) {
      const wire = Buffer.allocUnsafe(MAX_HEAD_BYTES + frame.length);
      const at = this.writeHead(wire, 0, frame.length);
      wire.set(frame, at);
      this.#frame = frame;
      this.#wire = wire.subarray(0, at + frame.length);
    }
    return this.#wire;
  }
}

export class HeldFrames implements MessageSink, Flushable {
  /** Bytes of all frames so far. */
  sentBytes = 0;
  readonly #stream: ByteSink;
  readonly #batch: WriteBatch;
  readonly #framing: Framing;
  readonly #owner: SinkOwner;
  #isWaiting = false;
  /** the only frame so far, which may be one that many sockets are sent */
  #lone: Uint8Array | undefined = undefined;
  #chunk: Buffer | undefined = undefined;
  /** the chunk is filled up to here */
  #filled = 0;
  /** the chunk's bytes before this stand in `pieces` already */
  #listed = 0;
  /** what is to be written before the rest of the chunk: parts of the chunk, and long payloads where they are */
  #pieces: Uint8Array[] | undefined = undefined;
  #isHolding = false;
  /** bytes of the held frames */
  #heldBytes = 0;
  /** what the stream had not got rid of when the first of the held frames came */
  #olderBytes = 0;
  /** how much of a chunk was needed last time */
  #expected = 0;

  constructor(stream: ByteSink, batch: WriteBatch, framing: Framing, owner: SinkOwner) {
    this.#stream = stream;
    this.#batch = batch;
    this.#framing = framing;
    this.#owner = owner;
  }

  get maxSendBytes(): number {
    return this.#owner.maxSendBytes;
  }

  /** Bytes that the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#isHolding ? this.#olderBytes + this.#heldBytes : this.#stream.writableLength;
  }

  /** Takes a whole frame. It may be kept, and must not be changed. */
  send(frame: Uint8Array): void {
    if (!this.#isHolding) {
      this.#begin();
      this.#lone = frame;
      this.#held(frame.length);
      return;
    }
    this.sendPieces(frame, 0, frame, 0, frame.length, -1);
  }

  sendPieces(
    head: Uint8Array,
    headLength: number,
    source: Uint8Array,
    from: number,
    to: number,
    closing: number,
  ): void {
    if (!this.#isHolding) this.#begin();
    else if (this.#lone !== undefined) this.#unfoldLone();
    const length = headLength + (to - from) + (closing < 0 ? 0 : 1);
    if (length >= APART_BYTES) this.#addLong(head, headLength, source, from, to, length);
    else {
      const chunk = this.#room(MAX_HEAD_BYTES + length);
      const at = this.#framing.writeHead(chunk, this.#filled, length);
      copyBytes(head, 0, headLength, chunk, at);
      copyBytes(source, from, to, chunk, at + headLength);
      this.#filled = at + headLength + (to - from);
    }
    if (closing >= 0) this.#chunk![this.#filled++] = closing;
    this.#held(length);
  }

  /** Adds a frame but for its closing byte; what is long in it is not copied. */
  #addLong(
    head: Uint8Array,
    headLength: number,
    source: Uint8Array,
    from: number,
    to: number,
    length: number,
  ): void {
    this.#filled = this.#framing.writeHead(this.#room(MAX_HEAD_BYTES), this.#filled, length);
    // The head is only lent.
    if (headLength >= APART_BYTES) this.#setApart(Buffer.from(head.subarray(0, headLength)));
    else this.#copy(head, 0, headLength);
    // A slow peer must not make the chunk stay in which a payload came, unless the payload is most of it.
    if (to - from >= (this.#olderBytes === 0 ? APART_BYTES : FLUSH_BYTES)) {
      this.#setApart(source.subarray(from, to));
    } else this.#copy(source, from, to);
    this.#room(1);
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    const chunk = this.#room(to - from);
    copyBytes(source, from, to, chunk, this.#filled);
    this.#filled += to - from;
  }

  /** Writes what is held; the write batch calls it at the end of the turn. */
  flush(): void {
    this.#isWaiting = false;
    if (this.#isHolding) this.#write();
  }

  /** Writes what is held at once, because something else is to be written behind it. */
  flushEarly(): void {
    if (this.#isHolding) this.#write();
  }

  #begin(): void {
    this.#isHolding = true;
    this.#olderBytes = this.#stream.writableLength;
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#batch.add(this);
  }

  #held(length: number): void {
    const bytes = length + this.#framing.headBytes(length);
    this.#heldBytes += bytes;
    this.sentBytes += bytes;
    if (this.#heldBytes >= FLUSH_BYTES) this.#write();
  }

  #unfoldLone(): void {
    const frame = this.#lone!;
    this.#lone = undefined;
    this.#heldBytes = 0;
    this.sentBytes -= frame.length + this.#framing.headBytes(frame.length);
    this.sendPieces(frame, 0, frame, 0, frame.length, -1);
  }

  /** A chunk with room for so many more bytes, {@link FLUSH_BYTES} at most. */
  #room(more: number): Buffer {
    const chunk = this.#chunk;
    if (chunk !== undefined && this.#filled + more <= chunk.length) return chunk;
    return this.#newChunk(chunk, more);
  }

  #newChunk(chunk: Buffer | undefined, more: number): Buffer {
    const needed = this.#filled + more;
    if (chunk === undefined || needed > MAX_CHUNK_BYTES) {
      if (chunk !== undefined) this.#list(chunk);
      this.#filled = 0;
      this.#listed = 0;
      this.#chunk = this.#batch.takeChunk(Math.max(more, this.#expected));
      return this.#chunk;
    }
    const larger = this.#batch.takeChunk(Math.max(needed, this.#expected));
    chunk.copy(larger, 0, this.#listed, this.#filled);
    if (this.#pieces === undefined) this.#batch.giveBack(chunk);
    this.#filled -= this.#listed;
    this.#listed = 0;
    this.#chunk = larger;
    return larger;
  }

  /** Lists what of the chunk is not listed yet. */
  #list(chunk: Buffer): void {
    (this.#pieces ??= []).push(chunk.subarray(this.#listed, this.#filled));
    this.#listed = this.#filled;
  }

  #setApart(piece: Uint8Array): void {
    this.#list(this.#chunk!);
    this.#pieces!.push(piece);
  }

  #write(): void {
    const chunk = this.#chunk;
    if (!this.#owner.isWritable) {
      // Nothing is written behind a close frame, or to a socket that is gone.
    } else if (this.#lone !== undefined) this.#writeLone(this.#lone);
    else if (this.#pieces !== undefined) this.#writePieces(this.#pieces, chunk!);
    else if (chunk !== undefined) this.#writeChunk(chunk);
    this.#expected = Math.min(this.#filled, MAX_CHUNK_BYTES);
    this.#chunk = undefined;
    this.#lone = undefined;
    this.#pieces = undefined;
    this.#filled = 0;
    this.#listed = 0;
    this.#heldBytes = 0;
    this.#isHolding = false;
  }

  #writeChunk(chunk: Buffer): void {
    const stream = this.#stream;
    const filled = chunk.subarray(0, this.#filled);
    if (this.#olderBytes > 0) {
      // It will wait for a slow peer, in no more memory than it needs.
      stream.write(Buffer.from(filled));
      this.#batch.giveBack(chunk);
      return;
    }
    stream.write(filled);
    if (stream.writableLength === 0) this.#batch.giveBack(chunk);
  }

  #writeLone(frame: Uint8Array): void {
    const stream = this.#stream;
    if (frame.length < APART_BYTES) {
      stream.write(this.#framing.wireOf(frame));
      return;
    }
    const head = Buffer.allocUnsafe(MAX_HEAD_BYTES);
    stream.cork();
    stream.write(head.subarray(0, this.#framing.writeHead(head, 0, frame.length)));
    stream.write(frame);
    stream.uncork();
  }

  #writePieces(pieces: readonly Uint8Array[], chunk: Buffer): void {
    const stream = this.#stream;
    stream.cork();
    for (const piece of pieces) stream.write(piece);
    if (this.#filled > this.#listed) stream.write(chunk.subarray(this.#listed, this.#filled));
    stream.uncork();
    if (stream.writableLength === 0) this.#batch.giveBack(chunk);
  }
}
