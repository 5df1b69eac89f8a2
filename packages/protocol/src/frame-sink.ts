/**
 * Where a serializer puts a frame in pieces, so that whoever carries it can lay it out in memory of its own at once.
 * Knows no messages and no transport.
 */
export interface FrameSink {
  /** Longest frame that it takes, in bytes. */
  readonly maxSendBytes: number;
  /**
   * Takes one frame: the first `headLength` bytes of `head`, then the bytes `from` to `to` of `source`, then, if `closing`
   * is not negative, that one byte. `head` is lent for the time of the call; `source` may be kept, and must not be changed.
   */
  sendPieces(
    head: Uint8Array,
    headLength: number,
    source: Uint8Array,
    from: number,
    to: number,
    closing: number,
  ): void;
}

/** Stands for "no closing byte". */
export const NOTHING_BEHIND = -1;
