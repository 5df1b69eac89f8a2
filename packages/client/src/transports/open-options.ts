/** What every transport needs to be opened. */
import type { ListCodec } from '@wamp/protocol';
import type { ClientTransport } from '../client-session.js';

/** A serializer as it is offered to a WebSocket server. */
export interface Offer extends ListCodec {
  /** Puts another transport on top of the one whose subprotocol was chosen. */
  readonly wrap?: (inner: ClientTransport) => ClientTransport;
}

export interface OpenOptions {
  /** the preferred one first; at least one */
  readonly serializers: readonly Offer[];
  /** ends the attempt */
  readonly signal: AbortSignal;
  /** longest message accepted, where the implementation can tell */
  readonly maxFrameBytes: number;
}
