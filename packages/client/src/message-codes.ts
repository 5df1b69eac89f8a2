/**
 * The message codes that this package uses, one constant each, so that bundles hold no table of them. Their values are
 * those of `MessageKind`, which the compiler checks.
 */
import type { MessageKind } from '@wamp/protocol';

export const HELLO: typeof MessageKind.Hello = 1;
export const WELCOME: typeof MessageKind.Welcome = 2;
export const ABORT: typeof MessageKind.Abort = 3;
export const CHALLENGE: typeof MessageKind.Challenge = 4;
export const AUTHENTICATE: typeof MessageKind.Authenticate = 5;
export const GOODBYE: typeof MessageKind.Goodbye = 6;
export const ERROR: typeof MessageKind.Error = 8;
export const PUBLISH: typeof MessageKind.Publish = 16;
export const SUBSCRIBE: typeof MessageKind.Subscribe = 32;
export const UNSUBSCRIBE: typeof MessageKind.Unsubscribe = 34;
export const UNSUBSCRIBED: typeof MessageKind.Unsubscribed = 35;
export const EVENT: typeof MessageKind.Event = 36;
export const CALL: typeof MessageKind.Call = 48;
export const CANCEL: typeof MessageKind.Cancel = 49;
export const RESULT: typeof MessageKind.Result = 50;
export const REGISTER: typeof MessageKind.Register = 64;
export const UNREGISTER: typeof MessageKind.Unregister = 66;
export const UNREGISTERED: typeof MessageKind.Unregistered = 67;
export const INVOCATION: typeof MessageKind.Invocation = 68;
export const INTERRUPT: typeof MessageKind.Interrupt = 69;
export const YIELD: typeof MessageKind.Yield = 70;

const REQUESTS = new Map<number, string>([
  [PUBLISH, 'PUBLISH'],
  [SUBSCRIBE, 'SUBSCRIBE'],
  [UNSUBSCRIBE, 'UNSUBSCRIBE'],
  [CALL, 'CALL'],
  [REGISTER, 'REGISTER'],
  [UNREGISTER, 'UNREGISTER'],
]);

/** The specification's name of a request; other messages are called by their number. */
export function messageName(code: number): string {
  return REQUESTS.get(code) ?? `message ${code}`;
}
