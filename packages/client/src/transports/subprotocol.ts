/**
 * The agreement on a serializer over WebSocket, the same for every WebSocket implementation.
 * Owns the check of the server's choice; knows no sockets.
 */
import type { CloseCause, ListCodec } from '@wamp/protocol';
import { ConnectionError } from '../wamp-error.js';
import type { Offer } from './open-options.js';

/** Names for `Sec-WebSocket-Protocol`. */
export function subprotocolsOf(serializers: readonly ListCodec[]): string[] {
  return serializers.map((serializer) => serializer.subprotocol);
}

/**
 * The serializer that the server chose.
 * @throws ConnectionError if it chose none or one that was not offered. Source: basic profile, "WebSocket Transport".
 */
export function chosenSerializer(serializers: readonly Offer[], subprotocol: string): Offer {
  const chosen = serializers.find((serializer) => serializer.subprotocol === subprotocol);
  if (chosen !== undefined) return chosen;
  const said = subprotocol === '' ? 'chose no subprotocol' : `chose the subprotocol "${subprotocol}"`;
  throw new ConnectionError(`the server ${said}, offered were ${subprotocolsOf(serializers).join(', ')}`);
}

/** Close codes of RFC 6455, as far as an application may send them; browsers allow only 1000 and 3000–4999. */
export const CLOSE_CODES: Readonly<Record<CloseCause, number>> = {
  normal: 1000,
  protocol_violation: 1002,
  too_big: 1009,
  going_away: 1001,
  policy: 1008,
};

/** The longest beginning of a close reason that fits into a control frame, cut between characters. */
export function fittingReason(reason: string): string {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(123));
  return reason.slice(0, read);
}

/** The sentence for a transport whose peer sent the wrong kind of frame. */
export function wrongFrame(serializer: ListCodec): string {
  const [expected, came] = serializer.isBinary ? ['binary', 'text'] : ['text', 'binary'];
  return `${serializer.subprotocol} needs ${expected} frames, a ${came} frame came`;
}
