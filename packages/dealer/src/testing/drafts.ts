/**
 * What sessions send, in few words. A draft leaves out the ids; the peer that sends it fills them in: a new request id,
 * its last call, the last invocation that it got, its last registration.
 */
import {
  CallMessage,
  CancelMessage,
  ErrorMessage,
  MessageKind,
  Payload,
  RegisterMessage,
  UnregisterMessage,
  YieldMessage,
  type CallOptions,
  type CancelMode,
  type Dict,
  type RegisterOptions,
  type YieldOptions,
} from '@wamp/protocol';
import { EMPTY_DICT } from '@wamp/protocol';

/** The ids that a draft may take from its sender. */
export interface DraftContext {
  /** takes the next request id */
  nextRequest(): number;
  readonly lastCall: number;
  readonly lastInvocation: number;
  readonly lastRegistration: number;
}

export type DraftMessage =
  CallMessage | CancelMessage | ErrorMessage | RegisterMessage | UnregisterMessage | YieldMessage;

export type Draft = (sender: DraftContext) => DraftMessage;

interface Content {
  readonly args?: readonly unknown[];
  readonly kwargs?: Dict;
}

/** CALL. @param more `request` sends a further chunk of, or reuses, an earlier call */
export function call(
  procedure: string,
  more: Content & { readonly options?: CallOptions; readonly request?: number } = {},
): Draft {
  return (sender) =>
    new CallMessage(
      more.request ?? sender.nextRequest(),
      more.options ?? EMPTY_DICT,
      procedure,
      Payload.of(more.args, more.kwargs),
    );
}

/** CANCEL of the sender's last call, or of the given one. */
export function cancel(mode?: CancelMode, request?: number): Draft {
  return (sender) =>
    new CancelMessage(request ?? sender.lastCall, mode === undefined ? EMPTY_DICT : { mode });
}

export function register(procedure: string, options: RegisterOptions = EMPTY_DICT): Draft {
  return (sender) => new RegisterMessage(sender.nextRequest(), options, procedure);
}

/** UNREGISTER of the sender's last registration, or of the given one. */
export function unregister(registration?: number): Draft {
  return (sender) => new UnregisterMessage(sender.nextRequest(), registration ?? sender.lastRegistration);
}

/** YIELD for the last INVOCATION that the sender got, or for the given one. */
export function yields(
  args: readonly unknown[] = [],
  more: { readonly kwargs?: Dict; readonly options?: YieldOptions; readonly invocation?: number } = {},
): Draft {
  return (sender) =>
    new YieldMessage(
      more.invocation ?? sender.lastInvocation,
      more.options ?? EMPTY_DICT,
      Payload.of(args, more.kwargs),
    );
}

/** ERROR for the last INVOCATION that the sender got, or for the given one. */
export function fails(
  uri: string,
  more: Content & { readonly details?: Dict; readonly invocation?: number } = {},
): Draft {
  return (sender) =>
    new ErrorMessage(
      MessageKind.Invocation,
      more.invocation ?? sender.lastInvocation,
      more.details ?? EMPTY_DICT,
      uri,
      Payload.of(more.args, more.kwargs),
    );
}
