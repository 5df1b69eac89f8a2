/**
 * The strict rule for request ids: 1, 2, 3, … over all requests of a session, and the one exception, further chunks of a
 * progressive call. One instance per session; knows nothing of what the requests do.
 * Source: WAMP basic profile "IDs" and "Protocol Violations"; advanced profile, "Progressive Call Invocations".
 */
import {
  IdSequence,
  isCreditGrant,
  kindName,
  MessageKind,
  nextId,
  ProtocolViolation,
  type CallMessage,
  type PublishMessage,
  type RegisterMessage,
  type SubscribeMessage,
  type UnregisterMessage,
  type UnsubscribeMessage,
} from '@wamp/protocol';

/** The requests that take an id from the client's sequence. */
export type NumberedRequest =
  CallMessage | PublishMessage | RegisterMessage | SubscribeMessage | UnregisterMessage | UnsubscribeMessage;

/**
 * Progressive calls of one session whose last chunk has not come, as far as they are remembered. A chunk of a call that
 * ended early and was forgotten counts as a violation.
 */
const MAX_STREAMS = 1_024;

export class RequestIds {
  readonly #ids: IdSequence;
  /** procedures of the progressive calls whose last chunk has not come, by request id, oldest first */
  #streams: Map<number, string> | undefined = undefined;

  /** @param last the id that counts as used last; 0 for a new session */
  constructor(last = 0) {
    this.#ids = new IdSequence(last);
  }

  /**
   * Takes note of a request.
   * @param isOpenCall whether the session has an open call with this request id
   * @returns false if the message is a late chunk of a call that is over, to be discarded without an answer
   * @throws ProtocolViolation `invalid_request_id`
   */
  accept(message: NumberedRequest, isOpenCall: boolean): boolean {
    if (message.request === nextId(this.#ids.last)) {
      this.#ids.next();
      if (message.kind === MessageKind.Call) this.#began(message);
      return true;
    }
    if (message.kind === MessageKind.Call) {
      // A grant takes no id of its own, and may cross with the answer to its call.
      if (isCreditGrant(message.options) && message.request <= this.#ids.last) return isOpenCall;
      const known = this.#continues(message);
      // A repeated id of a call without chunks is left to the dealer, which knows the call.
      if (known || isOpenCall) return isOpenCall;
    }
    throw new ProtocolViolation(
      'invalid_request_id',
      `${kindName(message.kind)} has request id ${message.request} where ${nextId(this.#ids.last)} is due`,
    );
  }

  #began(call: CallMessage): void {
    if (call.options.progress !== true) return;
    const streams = (this.#streams ??= new Map());
    streams.set(call.request, call.procedure);
    if (streams.size <= MAX_STREAMS) return;
    for (const oldest of streams.keys()) {
      streams.delete(oldest);
      break;
    }
  }

  #continues(call: CallMessage): boolean {
    const procedure = this.#streams?.get(call.request);
    if (procedure === undefined) return false;
    if (procedure !== call.procedure) {
      throw new ProtocolViolation(
        'invalid_request_id',
        `CALL ${call.request} continues a progressive call of another procedure`,
      );
    }
    if (call.options.progress !== true) this.#streams?.delete(call.request);
    return true;
  }
}
