/** How messages of RawSocket begin: one octet for the type, three for the length. Source: advanced profile, "RawSocket Transport". */
import { RAWSOCKET_MAX_LIMIT, RAWSOCKET_PREFIX_BYTES } from '@wamp/protocol';
import { Framing } from './held-frames.js';

class RawSocketFraming extends Framing {
  override headBytes(): number {
    return RAWSOCKET_PREFIX_BYTES;
  }

  override writeHead(into: Uint8Array, at: number, length: number): number {
    // The length 2^24 does not fit into 24 bits: RawSocket has bit 27 for it.
    into[at] = length === RAWSOCKET_MAX_LIMIT ? 0x08 : 0;
    into[at + 1] = length >>> 16;
    into[at + 2] = length >>> 8;
    into[at + 3] = length;
    return at + RAWSOCKET_PREFIX_BYTES;
  }
}

/** One for all sockets. */
export const RAWSOCKET_FRAMING: Framing = new RawSocketFraming();
