/**
 * How WebSocket frames of a server begin: one frame per message, not masked, not compressed. The only place where frames are
 * written past ws; for a connection that needs more than this, `ws.send` does it.
 * Source: RFC 6455, section 5.2.
 */
import { Framing } from './held-frames.js';

const FINAL = 0x80;
const TEXT = 0x1;
const BINARY = 0x2;
/** Lengths from here on stand in two bytes more. */
const TWO_BYTES = 126;
/** Lengths from here on stand in eight bytes more. */
const EIGHT_BYTES = 0x1_0000;

export class WsFraming extends Framing {
  readonly #first: number;

  constructor(isBinary: boolean) {
    super();
    this.#first = FINAL | (isBinary ? BINARY : TEXT);
  }

  override headBytes(length: number): number {
    if (length < TWO_BYTES) return 2;
    return length < EIGHT_BYTES ? 4 : 10;
  }

  override writeHead(into: Uint8Array, at: number, length: number): number {
    into[at] = this.#first;
    if (length < TWO_BYTES) {
      into[at + 1] = length;
      return at + 2;
    }
    if (length < EIGHT_BYTES) {
      into[at + 1] = 126;
      into[at + 2] = length >>> 8;
      into[at + 3] = length;
      return at + 4;
    }
    into[at + 1] = 127;
    into.fill(0, at + 2, at + 6); // no frame has 4 GiB
    into[at + 6] = length >>> 24;
    into[at + 7] = length >>> 16;
    into[at + 8] = length >>> 8;
    into[at + 9] = length;
    return at + 10;
  }
}
