/** What every transport needs to be opened. */
import type { ListCodec } from '@wamp/protocol';

export interface OpenOptions {
  /** the preferred one first; at least one */
  readonly serializers: readonly ListCodec[];
  /** ends the attempt */
  readonly signal: AbortSignal;
  /** longest message accepted, where the implementation can tell */
  readonly maxFrameBytes: number;
}
