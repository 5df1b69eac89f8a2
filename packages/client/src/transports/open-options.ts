/** What every transport needs to be opened. */
import type { Serializer } from '@wamp/protocol';

export interface OpenOptions {
  /** the preferred one first; at least one */
  readonly serializers: readonly Serializer[];
  /** ends the attempt */
  readonly signal: AbortSignal;
  /** longest message accepted, where the implementation can tell */
  readonly maxFrameBytes: number;
}
