/**
 * What becomes of a message that its receiver's transport or format cannot take. Pure decisions; sends nothing.
 * Source: WAMP basic profile, `wamp.error.payload_size_exceeded` and `wamp.error.invalid_argument`.
 */
import { EMPTY_DICT, ErrorMessage, ErrorUri, MessageKind, Payload, type Message } from '@wamp/protocol';

/** Why a message could not be sent, in the words of an ERROR. */
export interface DeliveryFailure {
  readonly uri: string;
  readonly sentence: string;
}

/**
 * @param why the length of the frame that is too long, or the error of the serializer
 * @param maxBytes what the receiver accepts
 */
export function notDelivered(why: unknown, maxBytes: number): DeliveryFailure {
  return typeof why === 'number'
    ? {
        uri: ErrorUri.PayloadSizeExceeded,
        sentence: `the message has ${why} bytes, its receiver takes ${maxBytes}`,
      }
    : {
        uri: ErrorUri.InvalidArgument,
        sentence: "the payload cannot be expressed in the receiver's serialization format",
      };
}

/** The ERROR that answers a call in place of `failure`'s message. */
export function callError(request: number, failure: DeliveryFailure): ErrorMessage {
  return new ErrorMessage(MessageKind.Call, request, EMPTY_DICT, failure.uri, Payload.of([failure.sentence]));
}

/**
 * The ERROR to send instead of a final answer, whose call is over already. Undefined for messages after which something
 * has to be undone.
 */
export function replacementFor(message: Message, failure: DeliveryFailure): ErrorMessage | undefined {
  if (message.kind === MessageKind.Result) {
    return message.details.progress === true ? undefined : callError(message.request, failure);
  }
  if (message.kind === MessageKind.Error && message.requestKind === MessageKind.Call) {
    return callError(message.request, failure);
  }
  return undefined;
}
